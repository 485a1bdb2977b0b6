// From a query to what the index can do with each of its clauses: find groups by keys, sort them by a bound, or only verify.
import { canonicalClauses, followedChain, indexedParameters } from '../../fhir';
import type { FhirDefinitions, IndexedParameter, SearchClause, SearchQuery, SearchValue } from '../../fhir';
import { keysOfValue, type ValueKeys } from './access-keys';
import type { ChainParameters } from './chain-parameters';
import { boundOfValue } from './orders';
import type { PlannedClause } from './planned-clause';
import { withWindows } from './windows';

/** The kinds of value that a parameter of a type takes; others mean something that only the language knows. */
const plainKinds: Readonly<Record<string, readonly SearchValue['kind'][]>> = {
  token: ['token', 'typed-identifier', 'missing'],
  reference: ['reference', 'reference-identifier', 'missing'],
  string: ['string', 'missing'],
  uri: ['uri', 'missing'],
  date: ['date', 'missing'],
  number: ['number', 'missing'],
  quantity: ['quantity', 'missing'],
  composite: ['composite', 'missing'],
};

/** Modifiers under which a value is still compared with the parameter's entries, one by one. */
const plainModifiers: readonly unknown[] = [undefined, 'exact', 'contains', 'identifier', 'of-type', 'missing'];

function isPlain({ parameter, modifier, values }: SearchClause): boolean {
  const kinds = plainKinds[parameter.type] ?? [];
  return plainModifiers.includes(modifier) && values.every((value) => kinds.includes(value.kind));
}

function planClause(text: string, clause: SearchClause, parameter: IndexedParameter): PlannedClause {
  const verified = { text, clause, parameter, isExact: false };
  if (!isPlain(clause)) return verified;
  const values = clause.values.map(keysOfValue);
  const bound = clause.values.length === 1 ? boundOfValue(clause.values[0]!, parameter) : undefined;
  const ordered = bound ? { ...verified, bound } : verified;
  if (!values.every((value) => value !== undefined)) return ordered;
  return { ...ordered, values, isExact: values.every(({ form }) => form.isExact) };
}

function areEqual(one: ValueKeys, other: ValueKeys | undefined): boolean {
  return one.form === other?.form && one.keys.join() === other.keys.join();
}

/** Whether what is found at either end satisfies both clauses alike, so that the ends may be thrown together. */
function isAlike(one: PlannedClause, other: PlannedClause): boolean {
  const { type } = one.clause.parameter;
  if (type !== other.clause.parameter.type || type === 'composite') return false;
  const [keys = [], otherKeys = []] = [one.values, other.values];
  return (
    keys.length === otherKeys.length &&
    keys.every((each, index) => areEqual(each, otherKeys[index])) &&
    one.bound?.order.name === other.bound?.order.name &&
    one.bound?.at === other.bound?.at
  );
}

/**
 * A chain is filed by what is asked at its end, as if that stood in the event itself. One that branches too, where its ends are asked alike
 * (`subject.identifier`); else it is verified.
 */
function planLink(
  text: string,
  clause: SearchClause,
  parameter: IndexedParameter,
  chains: ChainParameters,
): PlannedClause {
  const verified = { text, clause, parameter, isExact: false };
  const chain = followedChain(chains.definitions, chains.type, clause);
  // What is absent at one of several ends may be there at another: only a value found is found at any of them.
  if (!chain || chain.asked.some((end) => end.clause.modifier === 'missing')) return verified;
  const parameterThere = chains.parameterOf(chain);
  const [planned, ...others] = chain.asked.map((end) => planClause(text, end.clause, parameterThere));
  return others.every((other) => isAlike(planned!, other)) ? { ...planned!, clause } : verified;
}

/** The clauses of a query, each once, in the order of their texts. Throws for a parameter that the type does not have. */
export function planQuery(
  definitions: FhirDefinitions,
  query: SearchQuery,
  chains: ChainParameters,
): readonly PlannedClause[] {
  const parameters = indexedParameters(definitions, query.type);
  const planned = canonicalClauses(query).map(({ text, clause }) => {
    const parameter = parameters.get(clause.parameter.code);
    if (!parameter) throw new Error(`${query.type} has no indexed search parameter ${clause.parameter.code}`);
    return clause.link ? planLink(text, clause, parameter, chains) : planClause(text, clause, parameter);
  });
  return withWindows(planned);
}
