// The search parameter types Herald speaks, one line each. A type that is not listed is refused by name.
import type { SearchParameterType } from '../definitions';
import { dateType } from './date';
import { numberType } from './number';
import { quantityType } from './quantity';
import { referenceType } from './reference';
import type { SearchEntry } from './search-entry';
import type { SearchValue } from './search-query';
import type { SearchType } from './search-type.contract';
import { stringType } from './string';
import { tokenType } from './token';
import { uriType } from './uri';

export const searchTypes: Readonly<Partial<Record<SearchParameterType, SearchType>>> = Object.freeze({
  date: asSearchType(dateType),
  number: asSearchType(numberType),
  quantity: asSearchType(quantityType),
  reference: asSearchType(referenceType),
  string: asSearchType(stringType),
  token: asSearchType(tokenType),
  uri: asSearchType(uriType),
});

/** A type is only ever given the values and entries that it made itself. */
function asSearchType<V extends SearchValue, E extends SearchEntry>(type: SearchType<V, E>): SearchType {
  return type as unknown as SearchType;
}

/** Parameters of a listed type whose meaning Herald nevertheless does not have, each with what to do instead. */
export const refusedParameters: Readonly<Record<string, string>> = Object.freeze({
  near: 'Of the type special: distances are not computed here; search by address, or by name.',
  phonetic: 'Names are not compared by sound here; search by name, family or given.',
});
