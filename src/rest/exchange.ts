// The shapes that pass between HTTP (or a Bundle entry) and the interactions: one request, one answer, and what the interactions need.
import type { FhirDefinitions, ParsedResource } from '../fhir';
import type { Clock, HeraldConfig, Log, Metrics } from '../platform';
import type { ResourceStore, WriteContext } from '../store';
import type { FhirOperation } from './operation.contract';
import type { Parameter } from './parameters';
import type { WriteGate } from './write-gate';
import type { WriteNote } from './write-note';
import type { Route } from './route';

/** What every interaction is given. */
export interface RestDeps {
  readonly store: ResourceStore;
  readonly definitions: FhirDefinitions;
  readonly config: HeraldConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** What is plugged in beside the interactions. */
  readonly operations?: readonly FhirOperation[];
  readonly writeNotes?: readonly WriteNote[];
  /** Absent: every write is taken. */
  readonly writeGate?: WriteGate;
}

/** The conditional headers, or the elements of Bundle.entry.request that stand for them. */
export interface Conditions {
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
  readonly ifModifiedSince?: string;
  readonly ifNoneExist?: string;
}

/** The `Prefer` header, parsed. Absent `return` means: answer with the resource. */
export interface Preferences {
  readonly returns: 'minimal' | 'representation' | 'OperationOutcome';
  readonly isLenient: boolean;
}

export interface FhirRequest {
  readonly route: Route;
  readonly parameters: readonly Parameter[];
  readonly conditions: Conditions;
  readonly preferences: Preferences;
  readonly context: WriteContext;
  /** Bytes of the HTTP body, or the slice of a Bundle; undefined when nothing was sent. */
  readonly payload?: Buffer | ParsedResource;
  /** The header of that name, for operations. */
  readonly idempotencyKey?: string;
}

/** What an interaction answers, before it is written as HTTP or as Bundle.entry.response. */
export interface FhirAnswer {
  readonly status: number;
  /** FHIR JSON text, sent as it is. */
  readonly body?: string;
  /** The body is an OperationOutcome about the interaction, not the resource itself. */
  readonly isOutcome?: boolean;
  readonly etag?: string;
  readonly lastModified?: Date;
  /** Absolute URL. */
  readonly location?: string;
  readonly headers?: Readonly<Record<string, string>>;
}
