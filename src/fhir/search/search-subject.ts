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

/** Where a chain leads from a resource (`chain.ts`). */
export interface ChainEnds {
  /** The reference that is followed. */
  readonly parameter: IndexedParameter;
  /** By type of what is referred to: what is asked of it, or where the chain leads from there. */
  readonly targets: ReadonlyMap<string, ChainEnds | IndexedParameter>;
  /** Identifiers that the references only name are found too. */
  readonly isLogical: boolean;
  /** Equal text, equal ends. */
  readonly text: string;
}

interface Chained {
  readonly ends: ChainEnds;
}

/** A resource about to be asked many queries: each parameter is extracted once, when first asked for. */
export class SearchSubject {
  /** By base, since it decides which references are our own; nearly always there is one. */
  private readonly found = new Map<string, (ParameterEntries | undefined)[]>();

  /** What is found through references, by the chain's parameter. */
  private readonly chained = new Map<Chained, ParameterEntries>();

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

  entriesOf(parameter: IndexedParameter | Chained, baseUrl: string): ParameterEntries {
    if ('ends' in parameter) return this.chainedEntries(parameter, baseUrl);
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

  /** Of several resources at the ends, what any of them holds. */
  private chainedEntries(chain: Chained, baseUrl: string): ParameterEntries {
    let found = this.chained.get(chain);
    if (!found) {
      const entries: SearchEntry[] = [];
      const isPresent = this.takeEnds(chain.ends, baseUrl, entries);
      this.chained.set(chain, (found = { isPresent, entries }));
    }
    return found;
  }

  /** Answers whether the element is there at any of them. */
  private takeEnds(ends: ChainEnds, baseUrl: string, into: SearchEntry[]): boolean {
    const { parameter, targets, isLogical } = ends;
    if (isLogical) into.push(...this.identifiersOf(parameter, baseUrl));
    let isPresent = into.length > 0;
    for (const { type, key } of this.referencesOf(parameter, baseUrl)) {
      const asked = targets.get(type);
      const target = asked && this.targetOf(key);
      if (!target) continue;
      if ('targets' in asked) {
        isPresent = target.takeEnds(asked, baseUrl, into) || isPresent;
        continue;
      }
      const found = target.entriesOf(asked, baseUrl);
      into.push(...found.entries);
      isPresent ||= found.isPresent;
    }
    return isPresent;
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
