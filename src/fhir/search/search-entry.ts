// What a search parameter finds in a resource: the left-hand side of a match, and the content of the search index.

export interface TokenEntry {
  readonly kind: 'token';
  readonly system: string | undefined;
  readonly code: string;
  /** A bare `code` element: its system is implied by the binding, so it also counts as having none. */
  readonly isImplied: boolean;
}

export interface StringEntry {
  readonly kind: 'string';
  readonly value: string;
  readonly folded: string;
}

export interface ReferenceEntry {
  readonly kind: 'reference';
  /** `Type/id` for a resource of ours, else the URL; without version. */
  readonly key: string;
  /** The same with its version (`…/_history/v` or `…|v`), when the reference names one. */
  readonly versionKey: string | undefined;
  /** Both undefined for a URL. */
  readonly type: string | undefined;
  readonly id: string | undefined;
}

/** The logical identifier of a Reference. */
export interface ReferenceIdentifierEntry {
  readonly kind: 'reference-identifier';
  readonly identifier: TokenEntry;
}

/** [low, high) in milliseconds since 1970, UTC; an open end is ± Infinity. */
export interface DateEntry {
  readonly kind: 'date';
  readonly low: number;
  readonly high: number;
}

export interface UriEntry {
  readonly kind: 'uri';
  readonly uri: string;
}

/** Both ends belong to it; a number is one point, an open end is ± Infinity. */
export interface NumberEntry {
  readonly kind: 'number';
  readonly low: number;
  readonly high: number;
}

export interface QuantityEntry {
  readonly kind: 'quantity';
  /** As written, whatever the unit; closed as in NumberEntry. */
  readonly low: number;
  readonly high: number;
  readonly code: string | undefined;
  /** The unit for human readers. */
  readonly label: string | undefined;
  /** Key of the unit and the numbers in its base units; undefined without a system and code. */
  readonly unit: { readonly key: string; readonly low: number; readonly high: number } | undefined;
}

/** What people read of a code: CodeableConcept.text, Coding.display, the text of an Identifier's type. */
export interface TokenTextEntry {
  readonly kind: 'token-text';
  readonly text: string;
}

/** An Identifier by one of the codings of its type. */
export interface TypedIdentifierEntry {
  readonly kind: 'typed-identifier';
  readonly system: string;
  readonly code: string;
  readonly value: string;
}

/** One element that a composite parameter finds, with the entries of each of its parts; none is empty. */
export interface CompositeEntry {
  readonly kind: 'composite';
  readonly parts: readonly (readonly SearchEntry[])[];
}

export type SearchEntry =
  | TokenEntry
  | StringEntry
  | ReferenceEntry
  | ReferenceIdentifierEntry
  | DateEntry
  | UriEntry
  | TokenTextEntry
  | TypedIdentifierEntry
  | CompositeEntry
  | NumberEntry
  | QuantityEntry;
