// Why does a resource satisfy a query, or not? The same clauses and comparisons as matches-query.ts, told one by one with both sides.
import type { FhirDefinitions } from '../definitions';
import type { FhirResource } from '../resource';
import { canonicalClauses } from './canonical-query';
import { chainedParameter, followedChain, type FollowedChain } from './chain';
import type { IndexedParameter } from './indexed-parameters';
import { explainLimits } from './limits';
import { compileClause, satisfiesClause, type CompiledClause } from './matches-query';
import type { SearchEntry } from './search-entry';
import type { SearchClause, SearchQuery } from './search-query';
import { SearchSubject, type ReferencedSubjects } from './search-subject';

/** One clause: what it asks for, what the resource holds, and whether that satisfies it. */
export interface ExplainedClause {
  /** As it stands in a search: `code=http://loinc.org|2823-3`. */
  readonly criterion: string;
  readonly isSatisfied: boolean;
  /** Any of these satisfies it (with the modifier `not`: none may). */
  readonly wanted: readonly string[];
  /** What the parameter finds in the resource, the first ones; long texts are cut. */
  readonly found: readonly string[];
  /** How many it finds. */
  readonly foundCount: number;
  /** The whole in one sentence. */
  readonly sentence: string;
}

export interface Explanation {
  readonly isMatch: boolean;
  /** False: the resource is of another type, and no clause was compared. */
  readonly isOfType: boolean;
  readonly clauses: readonly ExplainedClause[];
}

/** In: a query and a resource. Out: `matchesQuery` of the same, with its reasons in the order of the canonical query. Never asks less than all clauses. */
export function explainQuery(
  definitions: FhirDefinitions,
  query: SearchQuery,
  resource: FhirResource,
  referenced?: ReferencedSubjects,
): Explanation {
  if (resource.resourceType !== query.type) return { isMatch: false, isOfType: false, clauses: [] };
  const subject = new SearchSubject(definitions, resource, referenced);
  const clauses = canonicalClauses(query).map(({ text, clause }) => {
    const compiled = compileClause(definitions, query.type, clause);
    const criterion = decoded(text);
    const asking = clause.link
      ? askingChain(criterion, followedChain(definitions, query.type, clause), compiled)
      : askingOf(clause, compiled);
    return explained(criterion, asking, compiled, { subject, baseUrl: query.baseUrl });
  });
  return { isMatch: clauses.every(({ isSatisfied }) => isSatisfied), isOfType: true, clauses };
}

interface Asked {
  readonly subject: SearchSubject;
  readonly baseUrl: string;
}

/** What a clause asks for, and of whom. */
interface Asking {
  readonly wish: string;
  readonly wanted: readonly string[];
  readonly wantedCount: number;
  readonly parameter: IndexedParameter;
  readonly holder: string;
}

function askingOf({ modifier }: SearchClause, { parameter, values }: CompiledClause): Asking {
  const { code } = parameter.definition;
  const wanted = values.slice(0, explainLimits.shownMax).map(({ text }) => cut(text));
  const wish = modifier === undefined ? code : `${code}:${modifier}`;
  return { wish, wanted, wantedCount: values.length, parameter, holder: 'the resource holds' };
}

/** Told by what stands at the ends of the chain. */
function askingChain(criterion: string, chain: FollowedChain | undefined, { parameter }: CompiledClause): Asking {
  const equals = criterion.indexOf('=');
  return {
    wish: criterion.slice(0, equals),
    wanted: [criterion.slice(equals + 1)],
    wantedCount: 1,
    parameter: chain ? chainedParameter(chain, 0) : parameter,
    holder: chain ? 'what it refers to holds' : 'it refers to',
  };
}

function explained(
  criterion: string,
  asking: Asking,
  clause: CompiledClause,
  { subject, baseUrl }: Asked,
): ExplainedClause {
  const { wish, wanted, wantedCount, parameter, holder } = asking;
  const { isPresent, entries } = subject.entriesOf(parameter, baseUrl);
  const isSatisfied = satisfiesClause(clause, subject, baseUrl);
  const texts = [...new Set(entries.map(entryText))];
  const found = texts.slice(0, explainLimits.shownMax).map(cut);
  const asked = `${wish} asks for ${listed(wanted, wantedCount)}`;
  const holds = `${holder} ${holdsText(isPresent, found, texts.length)}`;
  const sentence = `${isSatisfied ? 'Satisfied' : 'Not satisfied'}: ${asked}; ${holds}.`;
  return { criterion, isSatisfied, wanted, found, foundCount: texts.length, sentence };
}

function holdsText(isPresent: boolean, found: readonly string[], count: number): string {
  if (count > 0) return listed(found, count);
  return isPresent ? 'the element, but nothing in it to search by' : 'nothing there';
}

function listed(texts: readonly string[], count: number): string {
  return count > texts.length ? `${texts.join(', ')} and ${count - texts.length} more` : texts.join(', ');
}

/** What an entry holds, in the form in which a search would ask for it. */
function entryText(entry: SearchEntry): string {
  switch (entry.kind) {
    case 'token':
      return tokenText(entry);
    case 'reference-identifier':
      return `identifier ${tokenText(entry.identifier)}`;
    case 'reference':
      return entry.versionKey ?? entry.key;
    case 'string':
      return entry.value;
    case 'uri':
      return entry.uri;
    case 'date':
      return `[${timeText(entry.low)}, ${timeText(entry.high)})`;
    default:
      return plainText(entry);
  }
}

function tokenText({ system, code, isImplied }: { system?: string; code: string; isImplied: boolean }): string {
  if (system === undefined) return code;
  return `${system}|${code}${isImplied ? ' (system implied by the element)' : ''}`;
}

function timeText(ms: number): string {
  if (ms === Infinity) return 'open';
  return ms === -Infinity ? 'open' : new Date(ms).toISOString();
}

/** Of a kind without a form of its own: its members as they are. */
function plainText(entry: object): string {
  return Object.entries(entry)
    .filter(([name, value]) => name !== 'kind' && value !== undefined)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(', ');
}

function cut(text: string): string {
  return text.length <= explainLimits.charactersMax ? text : `${text.slice(0, explainLimits.charactersMax)}…`;
}

function decoded(text: string): string {
  return cut(decodeURIComponent(text));
}
