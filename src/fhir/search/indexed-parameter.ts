// A search parameter of a resource type, made ready to take its entries from resources.
import type { SearchParameterDefinition } from '../definitions';
import type { FhirResource } from '../resource';
import type { CompositePart } from './composite';
import type { SearchEntry } from './search-entry';
import type { SearchType } from './search-type.contract';

/** What one parameter finds in one resource. */
export interface ParameterEntries {
  /** An element is there (one that has only extensions is not): the opposite of `:missing=true`. */
  readonly isPresent: boolean;
  readonly entries: readonly SearchEntry[];
}

export interface IndexedParameter {
  readonly definition: SearchParameterDefinition;
  readonly searchType: SearchType;
  /** Position among the parameters of its resource type. */
  readonly slot: number;
  /** It can find one element at most. */
  readonly isSingle: boolean;
  /** FHIR types of the elements it finds. */
  readonly leafTypes: readonly string[];
  /** JSON paths of these elements: two parameters with the same paths see the same elements, but for their filters. */
  readonly leafPaths: readonly string[];
  /** Of composites only. `isSingle` then says that each part is a parameter of its own, and any two of their values are a pair. */
  readonly parts?: readonly CompositePart[];
  extract(resource: FhirResource, baseUrl: string): ParameterEntries;
}
