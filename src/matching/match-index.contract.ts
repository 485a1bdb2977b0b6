// What answers "who wants to hear of this event?". Today every distinct criteria of the type is evaluated; a predicate index takes
// this place later, behind the same contract.
import type { ChainPath, FhirResource, ReferencedSubjects } from '../fhir';
import type { RegistryEntry } from '../subscriptions';

/** One event, with what it is judged by. */
export interface MatchInput {
  readonly tenant: string;
  readonly type: string;
  readonly id: string;
  /** Number of the transaction that wrote it. */
  readonly xid: number;
  /** The version's lastUpdated. */
  readonly writtenAt: Date;
  readonly isDelete: boolean;
  /** The event's own version; of a delete the version before. */
  readonly resource: FhirResource;
  /** What its references led to when the event was written; absent where no chain is asked of the type. */
  readonly referenced?: ReferencedSubjects;
}

/** A path that criteria of a type follow. */
export interface AskedChain {
  readonly path: ChainPath;
  readonly baseUrl: string;
}

/** Criteria that threw: nobody who asks this can be served. */
export interface BrokenCriteria {
  readonly entries: readonly RegistryEntry[];
  readonly reason: string;
}

export interface MatchAnswer {
  /** Each subscription at most once, in order of subscription key. */
  readonly matched: readonly RegistryEntry[];
  readonly broken: readonly BrokenCriteria[];
}

export interface MatchIndex {
  /** False when no subscription can match, so that the body need not be read. */
  mayMatch(tenant: string, type: string, isDelete: boolean): boolean;
  /** The paths that must be read for events of this type before they can be matched. */
  chainsOf(tenant: string, type: string): readonly AskedChain[];
  /** Never throws for one subscription's sake. */
  match(input: MatchInput): MatchAnswer;
}
