// One truth table for both engines: a resource, and what each query must answer about it.
import type { FhirResource } from '../../../src/fhir';

/** `name=value` of a query, percent-encoded as in a URL, and whether it finds the resource. */
export type TruthCase = readonly [query: string, isFound: boolean];

export interface TruthGroup {
  readonly why: string;
  readonly resource: Omit<FhirResource, 'id'>;
  readonly cases: readonly TruthCase[];
}

export interface Refusal {
  readonly query: string;
  /** Part of the message. */
  readonly says: RegExp;
}

export interface TruthTable {
  readonly groups: readonly TruthGroup[];
  /** What the parser refuses, with what it says. */
  readonly refusals: readonly Refusal[];
}

/** What the tables call our own base. */
export const OWN_BASE = 'http://herald.test/fhir';
/** The time that `ap` is relative to. */
export const TABLE_NOW = '2013-01-24T00:00:00Z';
