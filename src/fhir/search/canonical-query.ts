// One text for all ways of writing a query: what groups equal subscriptions and ties page links to their search.
import type { SearchClause, SearchQuery } from './search-query';

const needsEncoding = /[%&+#=\s\p{Cc}]/gu;

function encoded(text: string): string {
  return text.replace(needsEncoding, (character) => encodeURIComponent(character));
}

function sortedUnique(texts: readonly string[]): readonly string[] {
  if (texts.length === 1) return texts;
  return [...new Set(texts)].sort();
}

function clauseText({ parameter, modifier, values }: SearchClause): string {
  const name = modifier === undefined ? parameter.code : `${parameter.code}:${modifier}`;
  return `${name}=${sortedUnique(values.map((value) => value.text))
    .map(encoded)
    .join(',')}`;
}

export interface CanonicalClause {
  /** Equal meaning, equal text. */
  readonly text: string;
  readonly clause: SearchClause;
}

/** The clauses of a query, each once, in the order of their texts. */
export function canonicalClauses(query: SearchQuery): readonly CanonicalClause[] {
  if (query.clauses.length === 1) return [{ text: clauseText(query.clauses[0]!), clause: query.clauses[0]! }];
  const byText = new Map(query.clauses.map((clause) => [clauseText(clause), clause]));
  return [...byText.keys()].sort().map((text) => ({ text, clause: byText.get(text)! }));
}

/**
 * In: a query. Out: its filters as `Type?name=value&…`, clauses and values sorted, each once. Queries that mean the same
 * give the same text (for what can be told without knowing data), and parsing the text gives the same query again.
 * Sort, count and page are left out.
 */
export function canonicalQuery(query: SearchQuery): string {
  const clauses = canonicalClauses(query).map(({ text }) => text);
  return clauses.length === 0 ? query.type : `${query.type}?${clauses.join('&')}`;
}
