// What one FHIR version consists of, as the rest of Herald sees it: types, elements, search parameters, compartments, codes.
// The data is generated (tools/definitions) and lies under versions/<version>/.

export type TypeKind = 'resource' | 'complex' | 'primitive' | 'backbone';

export interface ElementDefinition {
  /** Name in JSON; a choice element appears under each concrete name (`valueQuantity`). */
  readonly name: string;
  readonly min: number;
  /** Infinity when the specification says `*`: the element is then always an array in JSON. */
  readonly max: number;
  /** Type name (`CodeableConcept`, `string`), or the path of a backbone (`Observation.component`). */
  readonly type: string;
  /** For a choice element its name in the specification, `value[x]`. */
  readonly choiceOf?: string;
  /** Resource types a Reference (or canonical) may point to; undefined = any. */
  readonly targets?: readonly string[];
  /** Canonical (without version) of the required value set. */
  readonly binding?: string;
  readonly isSummary?: boolean;
  readonly isModifier?: boolean;
}

export interface TypeDefinition {
  /** Type name or backbone path. */
  readonly name: string;
  readonly kind: TypeKind;
  /** Every element, inherited ones first, by its JSON name. */
  readonly elements: ReadonlyMap<string, ElementDefinition>;
  /** Type it is derived from (`Observation` → `DomainResource`, `code` → `string`). */
  readonly base?: string;
  /** True for Resource, DomainResource, Element, BackboneElement: no instance is of exactly this type. */
  readonly isAbstract?: boolean;
  /** Primitive types: what the value's text must match as a whole. */
  readonly regex?: RegExp;
}

export type SearchParameterType =
  'number' | 'date' | 'string' | 'token' | 'reference' | 'composite' | 'quantity' | 'uri' | 'special';

export interface SearchParameterComponent {
  readonly code: string;
  readonly type: SearchParameterType;
  /** FHIRPath relative to what the composite's own expression selects. */
  readonly expression: string;
}

export interface SearchParameterDefinition {
  readonly code: string;
  readonly type: SearchParameterType;
  /** Canonical URL. */
  readonly url: string;
  /** FHIRPath, cut to the branches of this resource type; casts are `ofType`. */
  readonly expression: string;
  /** Reference parameters: the resource types the selected elements may point to; undefined = any. */
  readonly targets?: readonly string[];
  readonly components?: readonly SearchParameterComponent[];
  /** Only of one that is no parameter of the standard (`search/custom-definitions.ts`). */
  readonly custom?: CustomMark;
}

/** What tells a search parameter of one's own from those of the standard. */
export interface CustomMark {
  /** As IndexedParameter.slot, the same as long as it means the same. */
  readonly slot: number;
  /** Of its last change; absent where nothing but its meaning counts. */
  readonly revision?: number;
}

/** The search parameters that are stored as resources, beside those of the standard. What is answered may change. */
export interface CustomSearchParameters {
  /** The definitions without them. */
  readonly standard: FhirDefinitions;
  /** Rises with every change. */
  revision(): number;
  /** By code; the same map until it changes; undefined when the type has none. */
  of(resourceType: string): ReadonlyMap<string, SearchParameterDefinition> | undefined;
  /** Why a parameter that is known cannot be used now, and what to do; undefined for all others. */
  refusal(resourceType: string, code: string): string | undefined;
  /** With which revision index entries of this type are marked; undefined for a type that never had any. */
  indexRevision(resourceType: string): number | undefined;
}

export type CompartmentName = 'Patient' | 'Encounter' | 'Practitioner' | 'RelatedPerson' | 'Device';

export interface FhirDefinitions {
  readonly fhirVersion: 'R4';
  readonly versionNumber: '4.0.1';
  /** Types that have an endpoint: every concrete resource type but Parameters, sorted. */
  readonly resourceTypes: readonly string[];
  /** True for every type that has an endpoint. */
  isResourceType(name: string): boolean;
  /** Resource, data type or backbone path; undefined when there is none of that name. */
  type(name: string): TypeDefinition | undefined;
  /** By code; an empty map for an unknown type. Includes `_id`, `_lastUpdated`, `_tag`, `_profile`, `_security`, `_source`. */
  searchParameters(resourceType: string): ReadonlyMap<string, SearchParameterDefinition>;
  /** Codes of the search parameters that put a resource of this type into the compartment; `{def}` = the resource itself. */
  compartmentParameters(compartment: CompartmentName, resourceType: string): readonly string[];
  /** Codes of a value set that is bound as required and can be listed; by canonical, with or without version. */
  codes(valueSet: string): ReadonlySet<string> | undefined;
  /** The code system that such a value set takes a code from: the system a bare `code` element implies. */
  systemOf(valueSet: string, code: string): string | undefined;
  /** Absent where there are none but the standard's. */
  readonly custom?: CustomSearchParameters;
}
