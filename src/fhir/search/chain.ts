// Chains as matching sees them: a path from a resource to others, used by many criteria, and what is found at its end as a parameter
// of the resource it starts from.
import type { FhirDefinitions } from '../definitions';
import { indexedParameters, type IndexedParameter } from './indexed-parameters';
import type { SearchClause } from './search-query';
import type { SearchSubject } from './search-subject';

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

/** What the only way of a chain finds at its end, as a parameter of the resource it starts from. */
export interface ChainedParameter extends IndexedParameter {
  /** The reference parameters on the way and the type that each leads to. */
  readonly steps: readonly { readonly parameter: IndexedParameter; readonly type: string }[];
  readonly end: IndexedParameter;
  /** Identifiers that references of the last step only name are found too. */
  readonly isLogical: boolean;
}

export interface ChainEnd {
  readonly steps: ChainedParameter['steps'];
  readonly isLogical: boolean;
  /** What is asked at the end, of a resource of the last step's type. */
  readonly clause: SearchClause;
  readonly end: IndexedParameter;
}

/** The way and the end of a chain that has one way only; undefined for one that branches into several types. */
export function chainEndOf(definitions: FhirDefinitions, type: string, clause: SearchClause): ChainEnd | undefined {
  const steps: ChainEnd['steps'][number][] = [];
  let asked = clause;
  let isLogical = false;
  let from = type;
  while (asked.link) {
    const parameter = indexedParameters(definitions, from).get(asked.parameter.code);
    if (asked.link.kind !== 'chain' || asked.link.targets.length !== 1 || !parameter) return undefined;
    const [target] = asked.link.targets;
    steps.push({ parameter, type: target!.type });
    isLogical = asked.link.logical !== undefined;
    from = target!.type;
    asked = target!.clause;
  }
  const end = indexedParameters(definitions, from).get(asked.parameter.code);
  return end && { steps, isLogical, clause: asked, end };
}

/** In: a way, and a number that no other parameter of the type has. */
export function chainedParameter({ steps, end, isLogical }: ChainEnd, slot: number): ChainedParameter {
  return {
    ...end,
    slot,
    isSingle: false,
    leafPaths: [],
    steps,
    end,
    isLogical,
    extract: () => {
      throw new Error('What a chain finds is not in the resource itself');
    },
  };
}

export function isChained(parameter: IndexedParameter): parameter is ChainedParameter {
  return 'steps' in parameter;
}
