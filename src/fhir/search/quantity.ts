// Search type quantity: numbers with units. http://hl7.org/fhir/R4/search.html#quantity
import { errorIssue, type Issue } from '../outcome/outcome';
import type { LeafElement } from '../path/compile-path';
import { parseDecimal } from './decimal';
import { escapeValue, splitUnescaped, unescapeValue } from './escapes';
import { isInRange, numberText, wantedRange, type NumberRange } from './number-range';
import { prefixHint, splitPrefix } from './prefixes';
import { quantityCollectors } from './quantity-entries';
import type { QuantityEntry } from './search-entry';
import type { QuantityValue } from './search-query';
import type { SearchType, ValueContext } from './search-type.contract';
import { unitScale } from './units';

function syntaxIssue(raw: string, code: string): Issue {
  return errorIssue(
    'value',
    `"${raw}" is not a quantity that ${code} understands. Write 5.4, 5.4|http://unitsofmeasure.org|mg or 5.4||mg, ${prefixHint}`,
  );
}

function parse(raw: string, { parameter }: ValueContext): QuantityValue | Issue {
  const [numberPart = '', system, code, ...more] = splitUnescaped(raw, '|').map(unescapeValue);
  const { prefix, rest } = splitPrefix(numberPart);
  const decimal = parseDecimal(rest);
  const isComplete = system === undefined || (code !== undefined && code !== '' && more.length === 0);
  if (!decimal || !isComplete) return syntaxIssue(raw, parameter.code);
  const number = numberText(prefix, decimal);
  if (system === undefined || code === undefined)
    return { kind: 'quantity', prefix, text: number, ...wantedRange(prefix, decimal) };
  const text = `${number}|${escapeValue(system)}|${escapeValue(code)}`;
  if (system === '') return { kind: 'quantity', prefix, text, code, ...wantedRange(prefix, decimal) };
  const { key, toBase } = unitScale(system, code);
  return { kind: 'quantity', prefix, text, unit: key, ...wantedRange(prefix, decimal, toBase) };
}

/** The numbers of an entry that a value of this form is compared with; undefined when their units differ. */
export function comparedRange(
  entry: QuantityEntry,
  { code, unit }: Pick<QuantityValue, 'code' | 'unit'>,
): NumberRange | undefined {
  if (unit !== undefined) return entry.unit?.key === unit ? entry.unit : undefined;
  if (code !== undefined) return entry.code === code || entry.label === code ? entry : undefined;
  return entry;
}

function matches(entry: QuantityEntry, value: QuantityValue): boolean {
  const range = comparedRange(entry, value);
  return range !== undefined && isInRange(range, value.prefix, value);
}

export const quantityType: SearchType<QuantityValue, QuantityEntry> = {
  modifiers: [],
  parse,
  entries: (element: LeafElement) => quantityCollectors[element.type],
  matches,
};
