// Does a resource satisfy a query? The memory side of "one meaning for criteria"; the SQL side is store/search.
import type { FhirDefinitions } from '../definitions';
import type { FhirResource } from '../resource';
import { indexedParameters, type IndexedParameter, type ParameterEntries } from './indexed-parameters';
import type { SearchEntry } from './search-entry';
import type { SearchClause, SearchQuery, SearchValue } from './search-query';

/** A resource about to be asked many queries: each parameter is extracted once, when first asked for. */
export class SearchSubject {
  /** By base, since it decides which references are our own; nearly always there is one. */
  private readonly found = new Map<string, (ParameterEntries | undefined)[]>();

  /** The resource must not change while the subject is in use. */
  constructor(
    readonly definitions: FhirDefinitions,
    readonly resource: FhirResource,
  ) {}

  entriesOf(parameter: IndexedParameter, baseUrl: string): ParameterEntries {
    let found = this.found.get(baseUrl);
    if (!found) this.found.set(baseUrl, (found = []));
    return (found[parameter.slot] ??= parameter.extract(this.resource, baseUrl));
  }
}

/** One clause, ready to be asked of many resources of its type. */
export interface CompiledClause {
  readonly parameter: IndexedParameter;
  readonly values: readonly SearchValue[];
  readonly isNegated: boolean;
  readonly isPresenceWanted: boolean | undefined;
}

const compiledQueries = new WeakMap<SearchQuery, readonly CompiledClause[]>();

/** Throws when the type has no such parameter: parsing should have refused it. */
export function compileClause(definitions: FhirDefinitions, type: string, clause: SearchClause): CompiledClause {
  const parameter = indexedParameters(definitions, type).get(clause.parameter.code);
  if (!parameter) throw new Error(`${type} has no indexed search parameter ${clause.parameter.code}`);
  const [first] = clause.values;
  return {
    parameter,
    values: clause.values,
    isNegated: clause.modifier === 'not',
    isPresenceWanted: first?.kind === 'missing' ? !first.isMissing : undefined,
  };
}

function compiled(definitions: FhirDefinitions, query: SearchQuery): readonly CompiledClause[] {
  let clauses = compiledQueries.get(query);
  if (!clauses) {
    clauses = query.clauses.map((clause) => compileClause(definitions, query.type, clause));
    compiledQueries.set(query, clauses);
  }
  return clauses;
}

function hasMatch(entries: readonly SearchEntry[], { parameter, values }: CompiledClause): boolean {
  for (const entry of entries) {
    for (const value of values) if (parameter.searchType.matches(entry, value)) return true;
  }
  return false;
}

function isSatisfied(clause: CompiledClause, { isPresent, entries }: ParameterEntries): boolean {
  if (clause.isPresenceWanted !== undefined) return clause.isPresenceWanted === isPresent;
  return hasMatch(entries, clause) !== clause.isNegated;
}

/** Whether the subject satisfies this clause; queries are those of which all clauses are satisfied. `baseUrl` is the query's. */
export function satisfiesClause(clause: CompiledClause, subject: SearchSubject, baseUrl: string): boolean {
  return isSatisfied(clause, subject.entriesOf(clause.parameter, baseUrl));
}

/** The same as matchesQuery, for a resource that many queries are asked about. */
export function matchesSubject(query: SearchQuery, subject: SearchSubject): boolean {
  if (subject.resource.resourceType !== query.type) return false;
  for (const clause of compiled(subject.definitions, query)) {
    if (!isSatisfied(clause, subject.entriesOf(clause.parameter, query.baseUrl))) return false;
  }
  return true;
}

/** True when the resource is of the query's type and satisfies every clause. Sort, count and page play no part. */
export function matchesQuery(definitions: FhirDefinitions, query: SearchQuery, resource: FhirResource): boolean {
  return matchesSubject(query, new SearchSubject(definitions, resource));
}
