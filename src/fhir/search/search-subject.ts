// A resource that queries are asked of, and through it the resources it refers to.
import type { FhirDefinitions } from '../definitions';
import type { FhirResource } from '../resource';
import type { SearchEntry } from './search-entry';
import type { IndexedParameter, ParameterEntries } from './indexed-parameters';

/** What references lead to, for chains; by `Type/id`. Undefined: there is no such resource, or it was deleted. */
export type ReferencedSubjects = (key: string) => SearchSubject | undefined;

/** A reference to a resource of this server. */
export interface OwnReference {
  readonly type: string;
  /** `Type/id`. */
  readonly key: string;
}

/** The way through references to a parameter of what they lead to (`chain.ts`). */
interface ChainedEnd {
  readonly steps: readonly { readonly parameter: IndexedParameter; readonly type: string }[];
  readonly end: IndexedParameter;
  readonly isLogical: boolean;
}

/** A resource about to be asked many queries: each parameter is extracted once, when first asked for. */
export class SearchSubject {
  /** By base, since it decides which references are our own; nearly always there is one. */
  private readonly found = new Map<string, (ParameterEntries | undefined)[]>();

  /** What is found through references, by the chain's parameter. */
  private readonly chained = new Map<ChainedEnd, ParameterEntries>();

  /** The resource must not change while the subject is in use. Without `referenced` no chain can be asked. */
  constructor(
    readonly definitions: FhirDefinitions,
    readonly resource: FhirResource,
    private readonly referenced?: ReferencedSubjects,
  ) {}

  /** Whether chains can be asked. */
  get canFollow(): boolean {
    return this.referenced !== undefined;
  }

  entriesOf(parameter: IndexedParameter | ChainedEnd, baseUrl: string): ParameterEntries {
    if ('steps' in parameter) return this.chainedEntries(parameter, baseUrl);
    let found = this.found.get(baseUrl);
    if (!found) this.found.set(baseUrl, (found = []));
    return (found[parameter.slot] ??= parameter.extract(this.resource, baseUrl));
  }

  /** The resources of this server that the parameter's elements refer to, each once. */
  referencesOf(parameter: IndexedParameter, baseUrl: string): readonly OwnReference[] {
    const keys = new Map<string, OwnReference>();
    for (const entry of this.entriesOf(parameter, baseUrl).entries) {
      if (entry.kind === 'reference' && entry.type !== undefined)
        keys.set(entry.key, { type: entry.type, key: entry.key });
    }
    return [...keys.values()];
  }

  /** Of several resources at the end, what any of them holds. */
  private chainedEntries(chain: ChainedEnd, baseUrl: string): ParameterEntries {
    let found = this.chained.get(chain);
    if (!found) this.chained.set(chain, (found = this.atEnd(chain, baseUrl)));
    return found;
  }

  private atEnd({ steps, end, isLogical }: ChainedEnd, baseUrl: string): ParameterEntries {
    let subjects: readonly SearchSubject[] = [this];
    let named: readonly SearchEntry[] = [];
    for (const { parameter, type } of steps) {
      named = isLogical ? subjects.flatMap((subject) => subject.identifiersOf(parameter, baseUrl)) : [];
      const next = subjects.flatMap((subject) => subject.referencesOf(parameter, baseUrl));
      subjects = next.flatMap((reference) => (reference.type === type ? (this.targetOf(reference.key) ?? []) : []));
    }
    const found = subjects.map((subject) => subject.entriesOf(end, baseUrl));
    const entries = [...named, ...found.flatMap((each) => each.entries)];
    return { isPresent: entries.length > 0 || found.some(({ isPresent }) => isPresent), entries };
  }

  /** The identifiers that the parameter's references name instead of a resource, or beside it. */
  private identifiersOf(parameter: IndexedParameter, baseUrl: string): readonly SearchEntry[] {
    const { entries } = this.entriesOf(parameter, baseUrl);
    return entries.flatMap((entry) => (entry.kind === 'reference-identifier' ? [entry.identifier] : []));
  }

  /** In: `Type/id`. Throws where nothing was read for chains: to take that for "no match" would lose notifications. */
  targetOf(key: string): SearchSubject | undefined {
    if (!this.referenced) throw new Error('What the resource refers to was not read');
    return this.referenced(key);
  }
}
