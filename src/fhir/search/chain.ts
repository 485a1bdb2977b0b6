// Chains as matching sees them: a path from a resource to others, used by many criteria, and what is found at its end as a parameter
// of the resource it starts from.
import type { FhirDefinitions } from '../definitions';
import { indexedParameters, type IndexedParameter } from './indexed-parameters';
import type { SearchClause } from './search-query';
import type { ChainEnds, SearchSubject } from './search-subject';

/** Where references of one parameter lead, and from there further ones. */
export interface ChainPath {
  readonly parameter: IndexedParameter;
  /** By resource type; undefined: the chain ends there. */
  readonly targets: ReadonlyMap<string, ChainPath | undefined>;
  /** Equal text, equal path. */
  readonly text: string;
}

/** The path of a clause of this type, without what it asks at its end; undefined when it follows no reference. */
export function chainPathOf(definitions: FhirDefinitions, type: string, clause: SearchClause): ChainPath | undefined {
  if (clause.link?.kind !== 'chain') return undefined;
  const { code } = clause.parameter;
  const parameter = indexedParameters(definitions, type).get(code);
  if (!parameter) throw new Error(`${type} has no indexed search parameter ${code}`);
  const targets = new Map(
    clause.link.targets.map((target) => [target.type, chainPathOf(definitions, target.type, target.clause)] as const),
  );
  const ends = [...targets].map(([target, further]) => (further ? `${target}.${further.text}` : target));
  return { parameter, targets, text: `${code}(${ends.sort().join(' ')})` };
}

/**
 * In: a path, a resource it starts from, and which keys (`Type/id`) are read already. Out: the keys that must be read before it can be
 * followed one step further; none: it can be followed to its end.
 */
export function unreadTargets(
  path: ChainPath,
  subject: SearchSubject,
  baseUrl: string,
  isRead: (key: string) => boolean,
): readonly string[] {
  return subject.referencesOf(path.parameter, baseUrl).flatMap(({ type, key }) => {
    if (!path.targets.has(type)) return [];
    if (!isRead(key)) return [key];
    const further = path.targets.get(type);
    const target = further && subject.targetOf(key);
    return target ? unreadTargets(further, target, baseUrl, isRead) : [];
  });
}

/** What a chain finds at its ends, as a parameter of the resource it starts from. */
export interface ChainedParameter extends IndexedParameter {
  readonly ends: ChainEnds;
}

/** Where a chain leads, and what it asks there: one clause for each way that its types give it. */
export interface FollowedChain {
  readonly ends: ChainEnds;
  readonly asked: readonly AskedEnd[];
}

/** What is asked at one end, of a resource of the type that this way leads to. */
export interface AskedEnd {
  readonly clause: SearchClause;
  readonly end: IndexedParameter;
}

/** In: a clause of this type. Out: every way of its chain with what is asked at its end; undefined for what is no chain all the way. */
export function followedChain(
  definitions: FhirDefinitions,
  type: string,
  clause: SearchClause,
): FollowedChain | undefined {
  const parameter = indexedParameters(definitions, type).get(clause.parameter.code);
  if (clause.link?.kind !== 'chain' || !parameter) return undefined;
  const targets = new Map<string, ChainEnds | IndexedParameter>();
  const asked: AskedEnd[] = [];
  const texts: string[] = [];
  for (const target of clause.link.targets) {
    const end = indexedParameters(definitions, target.type).get(target.clause.parameter.code);
    const further = target.clause.link ? followedChain(definitions, target.type, target.clause) : undefined;
    if (!end || (target.clause.link && !further)) return undefined;
    targets.set(target.type, further?.ends ?? end);
    asked.push(...(further?.asked ?? [{ clause: target.clause, end }]));
    texts.push(`${target.type}.${further?.ends.text ?? end.definition.code}`);
  }
  const isLogical = clause.link.logical !== undefined;
  const text = `${clause.parameter.code}${isLogical ? ' or its identifier' : ''}(${texts.sort().join(' ')})`;
  return { ends: { parameter, isLogical, targets, text }, asked };
}

/** In: a chain, and a number that no other parameter of the type has. What all its ends have in common is taken from the first of them. */
export function chainedParameter({ ends, asked }: FollowedChain, slot: number): ChainedParameter {
  return {
    ...asked[0]!.end,
    slot,
    isSingle: false,
    leafPaths: [],
    ends,
    extract: () => {
      throw new Error('What a chain finds is not in the resource itself');
    },
  };
}

export function isChained(parameter: IndexedParameter): parameter is ChainedParameter {
  return 'ends' in parameter;
}
