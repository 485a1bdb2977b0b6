// Search type composite: `v1$v2`, every part of the same element. http://hl7.org/fhir/R4/search.html#combining
import type { SearchParameterDefinition } from '../definitions';
import { errorIssue, type Issue } from '../outcome/outcome';
import { splitUnescaped } from './escapes';
import type { CompositeEntry, SearchEntry } from './search-entry';
import type { CompositeValue, SearchValue } from './search-query';
import type { SearchType, ValueContext } from './search-type.contract';

/** One part: the parameter that it is written as, and the type by which it is read and compared. */
export interface CompositePart {
  readonly definition: SearchParameterDefinition;
  readonly searchType: SearchType;
  readonly leafTypes: readonly string[];
}

function isIssue(value: SearchValue | Issue): value is Issue {
  return 'severity' in value;
}

function parse(raw: string, context: ValueContext, parts: readonly CompositePart[]): CompositeValue | Issue {
  const texts = splitUnescaped(raw, '$');
  const names = parts.map(({ definition }) => definition.code);
  if (texts.length !== parts.length || texts.includes('')) {
    const form = names.join('$');
    return errorIssue(
      'value',
      `"${raw}" does not have the parts of ${context.parameter.code}. Write ${form}, each with a value.`,
    );
  }
  const values: SearchValue[] = [];
  for (const [index, { definition, searchType, leafTypes }] of parts.entries()) {
    const value = searchType.parse(texts[index]!, {
      ...context,
      parameter: definition,
      leafTypes,
      modifier: undefined,
    });
    if (isIssue(value)) return value;
    values.push(value);
  }
  return { kind: 'composite', parts: values, text: values.map(({ text }) => text).join('$') };
}

function hasMatch(entries: readonly SearchEntry[], value: SearchValue, { searchType }: CompositePart): boolean {
  for (const entry of entries) if (searchType.matches(entry, value)) return true;
  return false;
}

/** The search type of one composite parameter. */
export function compositeType(parts: readonly CompositePart[]): SearchType {
  const type: SearchType<CompositeValue, CompositeEntry> = {
    modifiers: [],
    parse: (raw, context) => parse(raw, context, parts),
    entries: () => undefined,
    matches: (entry, value) => parts.every((part, index) => hasMatch(entry.parts[index]!, value.parts[index]!, part)),
  };
  return type as unknown as SearchType;
}
