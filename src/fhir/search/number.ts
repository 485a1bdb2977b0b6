// Search type number: decimals, integers and ranges of them. http://hl7.org/fhir/R4/search.html#number
import { errorIssue, type Issue } from '../outcome/outcome';
import type { LeafElement } from '../path/compile-path';
import { parseDecimal } from './decimal';
import { unescapeValue } from './escapes';
import { isInRange, numberText, wantedRange } from './number-range';
import { prefixHint, splitPrefix } from './prefixes';
import type { NumberEntry } from './search-entry';
import type { NumberValue } from './search-query';
import type { EntryCollector, SearchType, ValueContext } from './search-type.contract';

function collectNumber(node: unknown, into: NumberEntry[]): void {
  if (typeof node === 'number' && Number.isFinite(node)) into.push({ kind: 'number', low: node, high: node });
}

function valueOf(quantity: unknown, open: number): number {
  const value = (quantity as { value?: unknown } | undefined)?.value;
  return typeof value === 'number' ? value : open;
}

/** An end that is not given is infinite. */
function collectRange(node: unknown, into: NumberEntry[]): void {
  const range = node as { low?: unknown; high?: unknown };
  const [low, high] = [valueOf(range.low, -Infinity), valueOf(range.high, Infinity)];
  if (low <= high && (Number.isFinite(low) || Number.isFinite(high))) into.push({ kind: 'number', low, high });
}

const collectors: Readonly<Record<string, EntryCollector<NumberEntry>>> = {
  decimal: collectNumber,
  integer: collectNumber,
  positiveInt: collectNumber,
  unsignedInt: collectNumber,
  Range: collectRange,
};

function parse(raw: string, { parameter }: ValueContext): NumberValue | Issue {
  const { prefix, rest } = splitPrefix(unescapeValue(raw));
  const decimal = parseDecimal(rest);
  if (!decimal) {
    return errorIssue(
      'value',
      `"${raw}" is not a number that ${parameter.code} understands. Write 100, 5.4 or 1e2, ${prefixHint}`,
    );
  }
  return { kind: 'number', prefix, text: numberText(prefix, decimal), ...wantedRange(prefix, decimal) };
}

export const numberType: SearchType<NumberValue, NumberEntry> = {
  modifiers: [],
  parse,
  entries: (element: LeafElement) => collectors[element.type],
  matches: (entry, value) => isInRange(entry, value.prefix, value),
};
