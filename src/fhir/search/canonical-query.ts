// One text for all ways of writing a query: what groups equal subscriptions and ties page links to their search.
import type { ChainLink, ClauseLink, SearchClause, SearchQuery } from './search-query';

const needsEncoding = /[%&+#=\s\p{Cc}]/gu;

function encoded(text: string): string {
  return text.replace(needsEncoding, (character) => encodeURIComponent(character));
}

function sortedUnique(texts: readonly string[]): readonly string[] {
  if (texts.length === 1) return texts;
  return [...new Set(texts)].sort();
}

type NameAndValue = readonly [name: string, value: string];

/** Where the types of an untyped chain read the rest alike, in the canonical form; else as it was written. */
function chainText(code: string, { targets, written, logical }: ChainLink): NameAndValue {
  const texts = targets.map(({ clause }) => textOf(clause));
  const [first] = texts;
  if (texts.length === 1 && !logical) return [`${code}:${targets[0]!.type}.${first![0]}`, first![1]];
  const areAlike = texts.every(([name, value]) => name === first![0] && value === first![1]);
  const [name, value] = areAlike ? first! : [written[0], written[1]];
  return [`${code}.${name}`, areAlike ? value : encoded(value)];
}

function linkText(code: string, link: ClauseLink): NameAndValue {
  switch (link.kind) {
    case 'chain':
      return chainText(code, link);
    case 'has': {
      const [name, value] = textOf(link.clause);
      return [`_has:${link.type}:${link.reference.code}:${name}`, value];
    }
    case 'any':
      return ['', link.clauses.map((clause) => textOf(clause).join('=')).join(' or ')];
  }
}

/** The value is encoded already. */
function textOf({ parameter, modifier, values, link }: SearchClause): NameAndValue {
  if (link) return linkText(parameter.code, link);
  const name = modifier === undefined ? parameter.code : `${parameter.code}:${modifier}`;
  return [
    name,
    sortedUnique(values.map((value) => value.text))
      .map(encoded)
      .join(','),
  ];
}

function clauseText(clause: SearchClause): string {
  return textOf(clause).join('=');
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
