// What _include and _revinclude add to a page: every resource once, what cannot be found is left out.
// https://hl7.org/fhir/R4/search.html#include
import { indexedParameters, referenceParameters } from '../fhir';
import type { FhirDefinitions, FhirResource, IndexedParameter, SearchInclude, SearchQuery } from '../fhir';
import type { StoredVersion } from '../store';
import type { FhirRequest, RestDeps } from './exchange';
import { INCLUDED_MAX, INCLUDE_ROUNDS_MAX } from './limits';

export interface Included {
  readonly resources: readonly StoredVersion[];
  /** There is more than a page takes. */
  readonly isCut: boolean;
}

type Deps = Pick<RestDeps, 'store' | 'definitions'>;

const nameOf = ({ type, id }: { readonly type: string; readonly id: string }): string => `${type}/${id}`;

/** The parameters of `type` that an include means. */
function parametersOf(definitions: FhirDefinitions, type: string, include: SearchInclude): readonly IndexedParameter[] {
  if (include.parameter === '*') return referenceParameters(definitions, type);
  const parameter = indexedParameters(definitions, type).get(include.parameter);
  return parameter ? [parameter] : [];
}

class Including {
  private readonly known: Set<string>;
  private readonly resources: StoredVersion[] = [];
  private isCut = false;

  constructor(
    private readonly deps: Deps,
    private readonly request: FhirRequest,
    matches: readonly StoredVersion[],
  ) {
    this.known = new Set(matches.map(nameOf));
  }

  async run(matches: readonly StoredVersion[], includes: readonly SearchInclude[]): Promise<Included> {
    let from = matches;
    let wanted = includes;
    // What is included by one round is followed by the next, as far as it is asked to iterate.
    for (let round = 0; from.length > 0 && wanted.length > 0; round += 1) {
      if (round === INCLUDE_ROUNDS_MAX) {
        this.isCut = true;
        break;
      }
      const before = this.resources.length;
      for (const include of wanted) await this.add(include, from);
      from = this.resources.slice(before);
      wanted = includes.filter(({ isIterative }) => isIterative);
    }
    return { resources: this.resources, isCut: this.isCut };
  }

  private async add(include: SearchInclude, from: readonly StoredVersion[]): Promise<void> {
    if (include.direction === 'include') await this.addReferred(include, from);
    else await this.addReferring(include, from);
  }

  private take(found: Iterable<StoredVersion>): void {
    for (const version of found) {
      if (version.body === null || this.known.has(nameOf(version))) continue;
      if (this.resources.length >= INCLUDED_MAX) {
        this.isCut = true;
        return;
      }
      this.known.add(nameOf(version));
      this.resources.push(version);
    }
  }

  private async addReferred(include: SearchInclude, from: readonly StoredVersion[]): Promise<void> {
    const { definitions, store } = this.deps;
    const { baseUrl, tenant } = this.request.context;
    const keys = new Map<string, { readonly type: string; readonly id: string }>();
    for (const { type, body } of from) {
      if (body === null || (include.source !== '*' && include.source !== type)) continue;
      const resource = JSON.parse(body) as FhirResource;
      const entries = parametersOf(definitions, type, include).flatMap(
        (parameter) => parameter.extract(resource, baseUrl).entries,
      );
      for (const entry of entries) {
        if (entry.kind !== 'reference' || entry.type === undefined || entry.id === undefined) continue;
        if (include.target !== undefined && include.target !== entry.type) continue;
        if (!this.known.has(entry.key)) keys.set(entry.key, { type: entry.type, id: entry.id });
      }
    }
    const wanted = [...keys.values()].slice(0, INCLUDED_MAX + 1);
    if (wanted.length > 0) this.take((await store.readAll(tenant, wanted)).values());
  }

  private async addReferring(include: SearchInclude, from: readonly StoredVersion[]): Promise<void> {
    const targets = from.filter(({ type }) => include.target === undefined || include.target === type);
    for (const { definition } of parametersOf(this.deps.definitions, include.source, include)) {
      const able = targets.filter(({ type }) => definition.targets === undefined || definition.targets.includes(type));
      const left = INCLUDED_MAX - this.resources.length;
      if (able.length === 0 || this.isCut) continue;
      const values = able.map(nameOf).map((key) => ({ kind: 'reference', key, text: key }) as const);
      const query: SearchQuery = {
        type: include.source,
        clauses: [{ parameter: definition, values }],
        baseUrl: this.request.context.baseUrl,
        count: left + 1,
        total: 'none',
      };
      const page = await this.deps.store.search(this.request.context, query);
      if (page.next !== undefined) this.isCut = true;
      this.take(page.resources);
    }
  }
}

/** In: the matches of one page. Out: what is to be added to them. */
export async function included(
  deps: Deps,
  request: FhirRequest,
  matches: readonly StoredVersion[],
  includes: readonly SearchInclude[],
): Promise<Included> {
  return new Including(deps, request, matches).run(matches, includes);
}
