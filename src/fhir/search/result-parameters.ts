// Parameters that shape the answer of a search instead of filtering: http://hl7.org/fhir/R4/search.html#modifyingresults
import { errorIssue, type Issue } from '../outcome/outcome';
import { searchLimits } from './limits';
import type { SearchQuery, SearchSort } from './search-query';

/** Name of the parameter that carries the opaque token of a page link. */
export const PAGE_PARAMETER = '_page';

/** Content negotiation has read these already; they mean nothing to the search itself. */
const negotiated = new Set(['_format', '_pretty']);

/** What to do instead of each result parameter that is not offered. */
const notOffered: Readonly<Record<string, string>> = {
  _include: 'Includes are not supported; read the referenced resources by their references.',
  _revinclude: 'Reverse includes are not supported; search the other resource type by its reference.',
  _summary: 'Summaries are not supported; leave it out to get whole resources (_count=0 gives the total alone).',
  _elements: 'Choosing elements is not supported; leave it out to get whole resources.',
  _total: 'The total is always exact; leave it out.',
  _contained: 'Contained resources are not searched; leave it out.',
  _containedType: 'Contained resources are not searched; leave it out.',
  _score: 'Matches have no score; leave it out.',
  _maxresults: 'Use _count.',
};

export interface ResultShape {
  count?: number;
  sort?: SearchSort;
  page?: string;
}

function readCount(value: string, shape: ResultShape): Issue | undefined {
  if (!/^\d{1,9}$/.test(value)) {
    return errorIssue('value', `_count takes a whole number of matches per page, 0 or more, not "${value}".`);
  }
  shape.count = Math.min(Number(value), searchLimits.countMax);
  return undefined;
}

function readSort(value: string, shape: ResultShape): Issue | undefined {
  if (value !== '_lastUpdated' && value !== '-_lastUpdated') {
    return errorIssue('not-supported', `_sort=${value} is not supported. Sort by _lastUpdated or -_lastUpdated.`);
  }
  shape.sort = value;
  return undefined;
}

const readers: Readonly<Record<string, (value: string, shape: ResultShape) => Issue | undefined>> = {
  _count: readCount,
  _sort: readSort,
  [PAGE_PARAMETER]: (value, shape) => {
    shape.page = value;
    return undefined;
  },
};

function baseName(name: string): string {
  return name.split(':', 1)[0]!;
}

/** True for every parameter that shapes results, offered or not; with or without a modifier (`_include:iterate`). */
export function isResultParameter(name: string): boolean {
  const base = baseName(name);
  return negotiated.has(base) || Object.hasOwn(notOffered, base) || Object.hasOwn(readers, base);
}

/** In: a result parameter. Out: nothing, having noted it in `shape`; or what is wrong with it. */
export function readResultParameter(name: string, value: string, shape: ResultShape): Issue | undefined {
  const base = baseName(name);
  if (negotiated.has(base)) return undefined;
  const read = Object.hasOwn(readers, base) ? readers[base] : undefined;
  if (!read) return errorIssue('not-supported', `${name} cannot be used. ${notOffered[base] ?? ''}`.trim());
  if (name !== base) return errorIssue('not-supported', `${base} takes no modifier; write ${base}=${value}.`);
  const field = ({ _count: 'count', _sort: 'sort', [PAGE_PARAMETER]: 'page' } as const)[base] as keyof SearchQuery;
  if (field in shape) return errorIssue('invalid', `${base} is given twice. Give it once.`);
  return read(value, shape);
}
