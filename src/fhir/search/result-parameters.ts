// Parameters that shape the answer of a search instead of filtering: http://hl7.org/fhir/R4/search.html#modifyingresults
import type { FhirDefinitions } from '../definitions';
import { errorIssue, type Issue } from '../outcome/outcome';
import { readInclude } from './includes';
import { indexedParameters } from './indexed-parameters';
import { searchLimits } from './limits';
import { nearestHint } from './nearest-name';
import type { SearchInclude, SearchSort, SearchSummary } from './search-query';

/** Name of the parameter that carries the opaque token of a page link. */
export const PAGE_PARAMETER = '_page';

/** Content negotiation has read these already; they mean nothing to the search itself. */
const negotiated = new Set(['_format', '_pretty']);

/** What to do instead of each result parameter that is not offered. */
const notOffered: Readonly<Record<string, string>> = {
  _contained: 'Contained resources are not searched; leave it out.',
  _containedType: 'Contained resources are not searched; leave it out.',
  _score: 'Matches have no score; leave it out.',
  _maxresults: 'Use _count.',
};

export interface ResultShape {
  count?: number;
  sort?: readonly SearchSort[];
  page?: string;
  includes?: readonly SearchInclude[];
  summary?: SearchSummary;
  elements?: readonly string[];
  total?: 'none' | 'accurate';
}

export interface ShapeContext {
  readonly definitions: FhirDefinitions;
  /** What is searched; never empty. */
  readonly types: readonly string[];
}

type Reader = (value: string, shape: ResultShape, context: ShapeContext) => Issue | undefined;

function readCount(value: string, shape: ResultShape): Issue | undefined {
  if (!/^\d{1,9}$/.test(value)) {
    return errorIssue('value', `_count takes a whole number of matches per page, 0 or more, not "${value}".`);
  }
  shape.count = Math.min(Number(value), searchLimits.countMax);
  return undefined;
}

/** What values of a composite or special parameter would be ordered by is not said anywhere. */
const unsortable: readonly string[] = ['composite', 'special'];

function sortIssue(code: string, { definitions, types }: ShapeContext): Issue | undefined {
  const kinds = types.map((type) => indexedParameters(definitions, type).get(code)?.definition.type);
  const missing = kinds.indexOf(undefined);
  if (missing >= 0) {
    const type = types[missing]!;
    const refusal = definitions.custom?.refusal(type, code);
    if (refusal !== undefined) return errorIssue('not-supported', refusal);
    const hint = nearestHint(code, indexedParameters(definitions, type).keys());
    return errorIssue(
      'not-supported',
      `_sort=${code} cannot be used: ${type} has no search parameter "${code}".${hint}`,
    );
  }
  if (new Set(kinds).size === 1 && !unsortable.includes(kinds[0]!)) return undefined;
  return errorIssue(
    'not-supported',
    `_sort=${code} cannot be used: its values have no order. Sort by another parameter.`,
  );
}

function readSort(value: string, shape: ResultShape, context: ShapeContext): Issue | undefined {
  const keys = value.split(',').map((key) => key.trim());
  if (keys.length > searchLimits.sortKeysMax) {
    return errorIssue('too-costly', `_sort takes at most ${searchLimits.sortKeysMax} keys, not ${keys.length}.`);
  }
  const sort = keys.map((key) => ({ code: key.replace(/^-/, ''), isDescending: key.startsWith('-') }));
  const issue = sort.map(({ code }) => sortIssue(code, context)).find((each) => each !== undefined);
  if (!issue) shape.sort = sort;
  return issue;
}

function readSummary(value: string, shape: ResultShape): Issue | undefined {
  if (value === 'false') return undefined;
  if (value !== 'true' && value !== 'text' && value !== 'data' && value !== 'count') {
    return errorIssue('value', `_summary takes true, text, data, count or false, not "${value}".`);
  }
  shape.summary = value;
  return undefined;
}

/** Out: the first of the types that has the element; a choice is named without its type. */
function hasElement({ definitions, types }: ShapeContext, name: string): boolean {
  return types.some((type) =>
    [...(definitions.type(type)?.elements.values() ?? [])].some(
      (element) => element.name === name || element.choiceOf === `${name}[x]`,
    ),
  );
}

/** `Type.element` asks for the element of one of the types; this server keeps it in all that have it. */
function readElements(value: string, shape: ResultShape, context: ShapeContext): Issue | undefined {
  const names = value.split(',').map((name) => name.trim().replace(/^[A-Z][A-Za-z]*\./, ''));
  const unknown = names.find((name) => !hasElement(context, name));
  if (unknown !== undefined) {
    const elements = context.types.flatMap((type) => [...(context.definitions.type(type)?.elements.keys() ?? [])]);
    const text = `_elements names "${unknown}", which is no element here.${nearestHint(unknown, elements)}`;
    return errorIssue('value', text);
  }
  shape.elements = names;
  return undefined;
}

function readTotal(value: string, shape: ResultShape): Issue | undefined {
  if (value !== 'none' && value !== 'estimate' && value !== 'accurate') {
    return errorIssue('value', `_total takes none, estimate or accurate, not "${value}".`);
  }
  // Counting is what an estimate would be checked against: the exact number is given for both.
  shape.total = value === 'none' ? 'none' : 'accurate';
  return undefined;
}

const readers: Readonly<Record<string, Reader>> = {
  _count: readCount,
  _sort: readSort,
  _summary: readSummary,
  _elements: readElements,
  _total: readTotal,
  [PAGE_PARAMETER]: (value, shape) => {
    shape.page = value;
    return undefined;
  },
};

const fields: Readonly<Record<string, keyof ResultShape>> = {
  _count: 'count',
  _sort: 'sort',
  _summary: 'summary',
  _elements: 'elements',
  _total: 'total',
  [PAGE_PARAMETER]: 'page',
};

const includeNames: readonly string[] = ['_include', '_revinclude'];

function baseName(name: string): string {
  return name.split(':', 1)[0]!;
}

/** True for every parameter that shapes results, offered or not; with or without a modifier (`_include:iterate`). */
export function isResultParameter(name: string): boolean {
  const base = baseName(name);
  return (
    negotiated.has(base) ||
    includeNames.includes(base) ||
    Object.hasOwn(notOffered, base) ||
    Object.hasOwn(readers, base)
  );
}

/** True for those that lenient handling may leave out: the answer then has another order or size, never other matches. */
export function isDispensable(name: string): boolean {
  const base = baseName(name);
  return base === '_sort' || base === '_elements' || includeNames.includes(base) || Object.hasOwn(notOffered, base);
}

function addInclude(name: string, value: string, shape: ResultShape, context: ShapeContext): Issue | undefined {
  const found = readInclude(name, value, context);
  if ('severity' in found) return found;
  const includes = [...(shape.includes ?? []), found];
  if (includes.length > searchLimits.includesMax) {
    return errorIssue('too-costly', `A search takes at most ${searchLimits.includesMax} includes.`);
  }
  shape.includes = includes;
  return undefined;
}

/** In: a result parameter. Out: nothing, having noted it in `shape`; or what is wrong with it. */
export function readResultParameter(
  name: string,
  value: string,
  shape: ResultShape,
  context: ShapeContext,
): Issue | undefined {
  const base = baseName(name);
  if (negotiated.has(base)) return undefined;
  if (includeNames.includes(base)) return addInclude(name, value, shape, context);
  const read = Object.hasOwn(readers, base) ? readers[base] : undefined;
  if (!read) return errorIssue('not-supported', `${name} cannot be used. ${notOffered[base] ?? ''}`.trim());
  if (name !== base) return errorIssue('not-supported', `${base} takes no modifier; write ${base}=${value}.`);
  if (fields[base]! in shape) return errorIssue('invalid', `${base} is given twice. Give it once.`);
  return read(value, shape, context);
}

/** What is wrong with the shape as a whole, each parameter being right. */
export function shapeIssues({ summary, elements, includes }: ResultShape): readonly Issue[] {
  const issues: Issue[] = [];
  if (includes && summary !== undefined && summary !== 'data') {
    const text = `_summary=${summary} does not go with _include or _revinclude; use _summary=data or false.`;
    issues.push(errorIssue('invalid', text));
  }
  if (elements && summary !== undefined) {
    issues.push(errorIssue('invalid', '_summary and _elements both choose what is shown; give one of them.'));
  }
  return issues;
}
