// A resource that queries are asked of, and through it the resources it refers to.
import type { FhirDefinitions } from '../definitions';
import type { FhirResource } from '../resource';
import type { IndexedParameter, ParameterEntries } from './indexed-parameters';

/** What references lead to, for chains; by `Type/id`. Undefined: there is no such resource, or it was deleted. */
export type ReferencedSubjects = (key: string) => SearchSubject | undefined;

/** A reference to a resource of this server. */
export interface OwnReference {
  readonly type: string;
  /** `Type/id`. */
  readonly key: string;
}

/** A resource about to be asked many queries: each parameter is extracted once, when first asked for. */
export class SearchSubject {
  /** By base, since it decides which references are our own; nearly always there is one. */
  private readonly found = new Map<string, (ParameterEntries | undefined)[]>();

  /** The resource must not change while the subject is in use. Without `referenced` no chain can be asked. */
  constructor(
    readonly definitions: FhirDefinitions,
    readonly resource: FhirResource,
    private readonly referenced?: ReferencedSubjects,
  ) {}

  entriesOf(parameter: IndexedParameter, baseUrl: string): ParameterEntries {
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

  /** In: `Type/id`. Throws where nothing was read for chains: to take that for "no match" would lose notifications. */
  targetOf(key: string): SearchSubject | undefined {
    if (!this.referenced) throw new Error('What the resource refers to was not read');
    return this.referenced(key);
  }
}
