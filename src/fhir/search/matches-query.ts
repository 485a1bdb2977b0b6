// Does a resource satisfy a query? The memory side of "one meaning for criteria"; the SQL side is store/search.
import type { FhirDefinitions } from '../definitions';
import type { FhirResource } from '../resource';
import { indexedParameters, type IndexedParameter, type ParameterEntries } from './indexed-parameters';
import type { SearchEntry } from './search-entry';
import type { ClauseLink, SearchClause, SearchQuery, SearchValue } from './search-query';
import { SearchSubject, type ReferencedSubjects } from './search-subject';

/** One clause, ready to be asked of many resources of its type. */
export interface CompiledClause {
  readonly parameter: IndexedParameter;
  readonly values: readonly SearchValue[];
  readonly isNegated: boolean;
  readonly isPresenceWanted: boolean | undefined;
  readonly link?: CompiledLink;
}

type CompiledLink =
  | {
      readonly kind: 'chain';
      readonly targets: ReadonlyMap<string, CompiledClause>;
      readonly logical?: CompiledClause;
    }
  | { readonly kind: 'any'; readonly clauses: readonly CompiledClause[] };

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
    ...(clause.link && { link: compileLink(definitions, type, clause.link) }),
  };
}

function compileLink(definitions: FhirDefinitions, type: string, link: ClauseLink): CompiledLink {
  switch (link.kind) {
    case 'chain': {
      const targets = link.targets.map(
        (target) => [target.type, compileClause(definitions, target.type, target.clause)] as const,
      );
      const logical = link.logical && compileClause(definitions, type, link.logical);
      return { kind: 'chain', targets: new Map(targets), ...(logical && { logical }) };
    }
    case 'any':
      return { kind: 'any', clauses: link.clauses.map((clause) => compileClause(definitions, type, clause)) };
    case 'has':
      throw new Error('Who refers to a resource cannot be told from the resource');
  }
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

function satisfiesLink(link: CompiledLink, clause: CompiledClause, subject: SearchSubject, baseUrl: string): boolean {
  if (link.kind === 'any') return link.clauses.some((each) => satisfiesClause(each, subject, baseUrl));
  if (link.logical && satisfiesClause(link.logical, subject, baseUrl)) return true;
  for (const { type, key } of subject.referencesOf(clause.parameter, baseUrl)) {
    const wanted = link.targets.get(type);
    const target = wanted && subject.targetOf(key);
    if (target && satisfiesClause(wanted, target, baseUrl)) return true;
  }
  return false;
}

/** Whether the subject satisfies this clause; queries are those of which all clauses are satisfied. `baseUrl` is the query's. */
export function satisfiesClause(clause: CompiledClause, subject: SearchSubject, baseUrl: string): boolean {
  if (clause.link) return satisfiesLink(clause.link, clause, subject, baseUrl);
  return isSatisfied(clause, subject.entriesOf(clause.parameter, baseUrl));
}

/** The same as matchesQuery, for a resource that many queries are asked about. */
export function matchesSubject(query: SearchQuery, subject: SearchSubject): boolean {
  if (subject.resource.resourceType !== query.type) return false;
  for (const clause of compiled(subject.definitions, query)) {
    if (!satisfiesClause(clause, subject, query.baseUrl)) return false;
  }
  return true;
}

/** True when the resource is of the query's type and satisfies every clause. Sort, count and page play no part.
 * Chains are asked of what `referenced` gives; without it they throw. */
export function matchesQuery(
  definitions: FhirDefinitions,
  query: SearchQuery,
  resource: FhirResource,
  referenced?: ReferencedSubjects,
): boolean {
  return matchesSubject(query, new SearchSubject(definitions, resource, referenced));
}
