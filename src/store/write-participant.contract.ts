// The socket that higher rooms plug into: a room may veto a write of its types, change the body, add rows of its own to the
// transaction, and hide parts of what is read. Types with participants take the longer road, one transaction of several statements.
import type { FhirResource, Issue, ParsedResource } from '../fhir';
import type { Tx } from '../platform';
import type { StoredInteraction, StoredVersion, WriteContext } from './resource-version';

/** One change under way. The resource row is locked (or about to be inserted) while participants see it. */
export interface ResourceChange {
  readonly context: WriteContext;
  readonly type: string;
  readonly id: string;
  readonly interaction: StoredInteraction;
  /** The version before, as stored; absent when the resource never existed. A tombstone when it is being revived. */
  readonly previous?: StoredVersion;
  /** What will be stored; absent for a delete. Replaced by what `prepare` returns. */
  resource?: ParsedResource;
  /** Set before `commit`. */
  version?: number;
  /** Set before `commit`. */
  lastUpdated?: Date;
  /** Participants add what the client should know although the write succeeds. */
  readonly warnings: Issue[];
}

/**
 * After a deadlock or a race the whole transaction runs again, `prepare` included: no effects outside the transaction before `committed`.
 * Lock order (deliveries.md, end of section 3): the resource row is held; further locks in that order only.
 */
export interface WriteParticipant {
  readonly types: readonly string[];
  /** Reads at once, for all changes of a transaction, what the calls of `prepare` will need; the first thing that happens. */
  load?(tx: Tx, changes: readonly ResourceChange[]): Promise<void>;
  /** Throws FhirError to veto; returns the body to store instead, or undefined to leave it. */
  prepare(tx: Tx, change: ResourceChange): Promise<ParsedResource | undefined>;
  /** The version is written, not yet committed: add rows of your own. Absent where `commitAll` does it. */
  commit?(tx: Tx, change: ResourceChange): Promise<void>;
  /** The same for all changes of its types in a transaction, in entry order, so that 500 need not cost 500 round trips. Must not veto one of them. */
  commitAll?(tx: Tx, changes: readonly ResourceChange[]): Promise<void>;
  /** What readers and event consumers may see of a stored resource; the same object when there is nothing to hide. */
  redact?(resource: FhirResource): FhirResource;
  /** What the client that wrote is answered, when that is to show more than `redact` leaves; undefined = as for everybody. */
  answer?(change: ResourceChange, resource: FhirResource): FhirResource | undefined;
  /** After the commit, for doorbells. Must not throw. */
  committed?(change: ResourceChange): void;
}
