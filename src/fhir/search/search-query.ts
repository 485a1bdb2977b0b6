// What a parsed search is: clauses joined by AND, values of a clause joined by OR. Plain data, made by parse-search.ts.
import type { SearchParameterDefinition } from '../definitions';

/** Of values that are compared by order: dates, numbers, quantities. */
export type SearchPrefix = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap';

export interface TokenValue {
  readonly kind: 'token';
  /** Canonical text: equal meaning, equal text. Every value kind has it. */
  readonly text: string;
  /** undefined = any system; '' = elements without a system. */
  readonly system?: string;
  /** undefined = any code of the system. */
  readonly code?: string;
}

export interface StringValue {
  readonly kind: 'string';
  readonly text: string;
  readonly mode: 'prefix' | 'contains' | 'exact';
  /** Folded for `prefix` and `contains`; as written for `exact`. */
  readonly value: string;
}

export interface ReferenceValue {
  readonly kind: 'reference';
  readonly text: string;
  /** `Type/id`, `Type/id/_history/v`, an absolute URL, or a canonical; undefined when only an id was given. */
  readonly key?: string;
  /** Given alone: any of `types`. */
  readonly id?: string;
  readonly types?: readonly string[];
  /** Of versions of a canonical. */
  readonly hierarchy?: Hierarchy;
}

/** `reference:identifier=system|value`. */
export interface ReferenceIdentifierValue {
  readonly kind: 'reference-identifier';
  readonly text: string;
  readonly identifier: TokenValue;
}

/** The interval [low, high) in milliseconds since 1970, UTC. */
export interface DateValue {
  readonly kind: 'date';
  readonly text: string;
  readonly prefix: SearchPrefix;
  readonly low: number;
  readonly high: number;
}

export interface UriValue {
  readonly kind: 'uri';
  readonly text: string;
  readonly uri: string;
  readonly hierarchy?: Hierarchy;
}

/** `:above` and `:below`: not the value alone, but what stands over it or under it. */
export type Hierarchy =
  /** Any of these. */
  | { readonly kind: 'above'; readonly texts: readonly string[] }
  /** The value itself, and what begins with this. */
  | { readonly kind: 'below'; readonly beginning: string };

/** `token:text`: a beginning of what people read of the code, folded. */
export interface TokenTextValue {
  readonly kind: 'token-text';
  readonly text: string;
  readonly folded: string;
}

/** `identifier:of-type=system|code|value`. */
export interface TypedIdentifierValue {
  readonly kind: 'typed-identifier';
  readonly text: string;
  readonly system: string;
  readonly code: string;
  readonly value: string;
}

/** What a number must be in, or beyond: closed, in doubles. */
export interface NumberValue {
  readonly kind: 'number';
  readonly text: string;
  readonly prefix: SearchPrefix;
  readonly low: number;
  readonly high: number;
}

/** The same in a unit. Without `code` and `unit` it is asked of quantities of any unit. */
export interface QuantityValue {
  readonly kind: 'quantity';
  readonly text: string;
  readonly prefix: SearchPrefix;
  readonly low: number;
  readonly high: number;
  /** `||code`: the code or the unit as it is written, of any system. */
  readonly code?: string;
  /** `|system|code`: key of the unit; `low` and `high` are in its base units. */
  readonly unit?: string;
}

/** `v1$v2`: a value for each part, in order. */
export interface CompositeValue {
  readonly kind: 'composite';
  readonly text: string;
  readonly parts: readonly SearchValue[];
}

export interface MissingValue {
  readonly kind: 'missing';
  readonly text: string;
  readonly isMissing: boolean;
}

export type SearchValue =
  | TokenValue
  | StringValue
  | ReferenceValue
  | ReferenceIdentifierValue
  | DateValue
  | UriValue
  | TokenTextValue
  | TypedIdentifierValue
  | CompositeValue
  | NumberValue
  | QuantityValue
  | MissingValue;

export type SearchModifier =
  'not' | 'missing' | 'exact' | 'contains' | 'identifier' | 'text' | 'of-type' | 'above' | 'below';

export interface SearchClause {
  readonly parameter: SearchParameterDefinition;
  /** A `:Type` modifier is not kept: it is part of its values (`subject:Patient=1` is `subject=Patient/1`). */
  readonly modifier?: SearchModifier;
  /** Joined by OR; empty only with a `link`. A clause with the modifier `missing` has exactly one. */
  readonly values: readonly SearchValue[];
  /** The question is asked of other resources, or in other words; `parameter` then only says where it starts. */
  readonly link?: ClauseLink;
}

/** `subject:Patient.name=x`: satisfied when `parameter` refers to a resource of one of these types that satisfies its clause. */
export interface ChainLink {
  readonly kind: 'chain';
  readonly targets: readonly { readonly type: string; readonly clause: SearchClause }[];
  /**
   * `patient.identifier=x` also finds a reference that only names the identifier. Not where a type was chosen among several: which type such a
   * reference is of, nobody knows.
   */
  readonly logical?: SearchClause;
  /** The name after the dot, and the value, as the client wrote them. */
  readonly written: readonly [name: string, value: string];
}

/** `_has:Observation:patient:code=x`: satisfied when a resource of that type that satisfies the clause refers to this one. */
export interface ReverseLink {
  readonly kind: 'has';
  readonly type: string;
  readonly reference: SearchParameterDefinition;
  readonly clause: SearchClause;
}

/** Satisfied when one of the clauses is: to be in a compartment is to have it named by any of some parameters. */
export interface AnyLink {
  readonly kind: 'any';
  readonly clauses: readonly SearchClause[];
}

export type ClauseLink = ChainLink | ReverseLink | AnyLink;

export interface SearchSort {
  /** Code of an indexed parameter of every type that is searched. */
  readonly code: string;
  readonly isDescending: boolean;
}

/** `_include=Observation:subject:Patient`, `_revinclude:iterate=Provenance:target`. */
export interface SearchInclude {
  readonly direction: 'include' | 'revinclude';
  /** The type that refers; `*`: every one (of includes only). */
  readonly source: string;
  /** Code of the reference parameter; `*`: every one. */
  readonly parameter: string;
  /** Only targets of this type. */
  readonly target?: string;
  /** Followed from what was included too. */
  readonly isIterative: boolean;
}

/** What is left out of each resource of the answer. `count`: all of it. */
export type SearchSummary = 'true' | 'text' | 'data' | 'count';

export interface SearchQuery {
  readonly type: string;
  /** Joined by AND; none means every resource of the type. */
  readonly clauses: readonly SearchClause[];
  /** The server's own FHIR base without trailing slash: absolute references below it equal relative ones. */
  readonly baseUrl: string;
  /** Matches per page, 0 … `searchLimits.countMax`. */
  readonly count?: number;
  /** By the first key, equal ones by the second, and so on. */
  readonly sort?: readonly SearchSort[];
  readonly includes?: readonly SearchInclude[];
  readonly summary?: SearchSummary;
  /** Names of the elements asked for, in each type that has them. */
  readonly elements?: readonly string[];
  /** `none`: nobody wants to know how many match. */
  readonly total?: 'none' | 'accurate';
  /** The opaque token of a page link (`_page`). */
  readonly page?: string;
}
