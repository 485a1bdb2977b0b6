// The definitions of a server on which SearchParameters of one's own are stored: those of the standard, and the stored ones in two views. What may be asked
// now, and what everything stored means (index entries, criteria of Subscriptions). ADR 21.
import type { CustomSearchParameters, FhirDefinitions, SearchParameterDefinition } from '../definitions';

/** What a parameter means on one resource type. Two with equal meanings find the same in every resource. */
export type CustomMeaning = Pick<SearchParameterDefinition, 'code' | 'type' | 'expression' | 'targets'>;

/**
 * `waiting`: new entries are written, the old ones are not complete yet. `ended`: retired or deleted, and kept because Subscriptions used it: their criteria,
 * and the events that waited for them, must mean for ever what they meant.
 */
export type CustomState = 'waiting' | 'searchable' | 'ended';

export interface CustomParameter {
  /** Resource type. */
  readonly type: string;
  readonly meaning: CustomMeaning;
  /** Canonical URL of the SearchParameter. */
  readonly url: string;
  readonly state: CustomState;
  /** Of its last change. */
  readonly revision: number;
  /** Since which it means this, and new index entries have it. */
  readonly since: number;
}

/** Everything known at one revision. */
export interface CustomKnowledge {
  readonly revision: number;
  readonly parameters: readonly CustomParameter[];
  /** Per resource type the revision that entries must have at least. */
  readonly fences: ReadonlyMap<string, number>;
}

type ByCode = ReadonlyMap<string, SearchParameterDefinition>;

/** Above the slots of the standard's parameters (a type has some 60), below those of chains. */
const FIRST_SLOT = 256;

export function isSameMeaning(one: CustomMeaning, other: CustomMeaning): boolean {
  return meaningText(one) === meaningText(other);
}

function meaningText({ code, type, expression, targets }: CustomMeaning): string {
  return JSON.stringify([code, type, expression, targets ?? null]);
}

export class CustomDefinitions {
  /** For what clients ask: the standard's, and those that are searchable. */
  readonly searched: FhirDefinitions;
  /** For what is stored: all that are known. */
  readonly stored: FhirDefinitions;
  private known: CustomKnowledge = { revision: 0, parameters: [], fences: new Map() };
  private searchable = new Map<string, ByCode>();
  private all = new Map<string, ByCode>();
  private revisions: ReadonlyMap<string, number> = new Map();
  private refusals: ReadonlyMap<string, string> = new Map();
  /** By type and meaning: the same object as long as it is known, since match indexes hold on to it. */
  private meanings: ReadonlyMap<string, SearchParameterDefinition> = new Map();
  private nextSlot = FIRST_SLOT;

  constructor(readonly standard: FhirDefinitions) {
    this.searched = this.view((type) => this.searchable.get(type));
    this.stored = this.view((type) => this.all.get(type));
  }

  get revision(): number {
    return this.known.revision;
  }

  /** False when nothing differs from the standard. */
  get hasAny(): boolean {
    return this.known.parameters.length > 0;
  }

  /** Takes over what is known now, unless something newer is known already. Out: whether it did. */
  take(knowledge: CustomKnowledge): boolean {
    if (knowledge.revision <= this.known.revision) return false;
    const { parameters, fences } = knowledge;
    const defined = parameters.map((parameter) => ({ parameter, definition: this.definitionOf(parameter) }));
    this.known = knowledge;
    this.meanings = new Map(defined.map(({ parameter, definition }) => [nameOf(parameter), definition]));
    this.all = byType(defined.map(({ parameter: { type }, definition }) => ({ type, definition })));
    this.searchable = byType(
      defined.flatMap(({ parameter: { type, url, state, revision }, definition }) => {
        const custom = { slot: definition.custom!.slot, revision };
        return state === 'searchable' ? [{ type, definition: { ...definition, url, custom } }] : [];
      }),
    );
    this.refusals = new Map(parameters.map(refusalOf).filter((each) => each !== undefined));
    const revisions = new Map(fences);
    for (const { type, since } of parameters) revisions.set(type, Math.max(since, revisions.get(type) ?? 0));
    this.revisions = revisions;
    return true;
  }

  private definitionOf(parameter: CustomParameter): SearchParameterDefinition {
    const known = this.meanings.get(nameOf(parameter));
    if (known) return known;
    const { meaning, url } = parameter;
    return { ...meaning, url, custom: { slot: this.nextSlot++ } };
  }

  private view(of: CustomSearchParameters['of']): FhirDefinitions {
    const { standard } = this;
    const merged = new WeakMap<ByCode, ByCode>();
    return Object.freeze({
      ...standard,
      searchParameters: (type: string) => {
        const own = of(type);
        if (own === undefined) return standard.searchParameters(type);
        const found = merged.get(own) ?? new Map([...standard.searchParameters(type), ...own]);
        merged.set(own, found);
        return found;
      },
      custom: {
        standard,
        revision: () => this.revision,
        of,
        refusal: (type: string, code: string) =>
          of(type)?.has(code) ? undefined : this.refusals.get(`${type}.${code}`),
        indexRevision: (type: string) => this.revisions.get(type),
      },
    });
  }
}

function nameOf({ type, meaning }: CustomParameter): string {
  return `${type} ${meaningText(meaning)}`;
}

function byType(
  list: readonly { readonly type: string; readonly definition: SearchParameterDefinition }[],
): Map<string, ByCode> {
  const types = new Map<string, Map<string, SearchParameterDefinition>>();
  for (const { type, definition } of list) {
    const codes = types.get(type) ?? new Map<string, SearchParameterDefinition>();
    types.set(type, codes.set(definition.code, definition));
  }
  return types;
}

function refusalOf({ type, meaning: { code }, url, state }: CustomParameter): readonly [string, string] | undefined {
  const name = `The search parameter "${code}" of ${type} (${url})`;
  if (state === 'waiting') {
    const text = `${name} is known, but what was stored before it is not indexed by it yet. POST /admin/$reindex for ${type} and wait until it is done.`;
    return [`${type}.${code}`, text];
  }
  return state === 'ended' ? [`${type}.${code}`, `${name} is not active any more. Search without it.`] : undefined;
}
