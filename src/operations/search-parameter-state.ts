// What a SearchParameter that was just written has come to: whether it can be searched by, or what is left to do, for clients that ask for an OperationOutcome.
import { readSearchParameter, type FhirDefinitions, type FhirResource } from '../fhir';
import type { WriteNote } from '../rest';
import type { ResourceStore, StoredVersion } from '../store';

export class SearchParameterState implements WriteNote {
  readonly type = 'SearchParameter';

  constructor(
    private readonly deps: { readonly asked: FhirDefinitions; readonly store: Pick<ResourceStore, 'learn'> },
  ) {}

  async about({ body }: StoredVersion): Promise<readonly string[]> {
    const { asked, store } = this.deps;
    if (body === null || asked.custom === undefined) return [];
    await store.learn();
    const { meanings } = readSearchParameter(asked.custom.standard, JSON.parse(body) as FhirResource);
    if (meanings.length === 0) return ['It is not active, or one of the standard, so it changes nothing.'];
    return meanings.flatMap(({ type, meaning: { code } }) => {
      const isSearchable = asked.custom!.of(type)?.has(code);
      return isSearchable ? `${type} can be searched by "${code}".` : (asked.custom!.refusal(type, code) ?? []);
    });
  }
}
