// What one committed resource change is called and carries on its way to the matcher. No body: that is the stored version.

export type EventInteraction = 'create' | 'update' | 'delete';
export type EventLabel = 'merge';

/** One row of the outbox. Several versions of one resource always have rising `seq`. */
export interface ResourceEvent {
  /** Drawn after the resource row was locked; rises with the version of a resource, says nothing about commit order of others. */
  readonly seq: number;
  /** UUIDv7; the same for every repeat of every delivery of this event. */
  readonly eventId: string;
  readonly tenant: string;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly interaction: EventInteraction;
  /** `merge`: a Patient update that newly says it was replaced by another patient. */
  readonly label?: EventLabel;
  /** Ordering root: `Patient/x` of the event's patient, else `Type/id`. */
  readonly root: string;
  readonly rootHash: number;
  /** Set where the version before had another root. */
  readonly prevRootHash?: number;
  /** Size of the stored body in bytes; 0 for a delete. */
  readonly bodyBytes: number;
  readonly requestId: string;
  /** The writing transaction's xid8, as text. */
  readonly xid: string;
  /** The version's lastUpdated. */
  readonly writtenAt: Date;
}

/** The row as the claim statement returns it. */
export interface OutboxRow {
  seq: number;
  event_id: string;
  tenant: string;
  type: string;
  id: string;
  version: number;
  interaction: EventInteraction;
  label: EventLabel | null;
  root: string;
  root_hash: number;
  prev_root_hash: number | null;
  body_bytes: number;
  request_id: string;
  xid: string;
  written_at: Date;
}

export function eventOf(row: OutboxRow): ResourceEvent {
  return {
    seq: row.seq,
    eventId: row.event_id,
    tenant: row.tenant,
    type: row.type,
    id: row.id,
    version: row.version,
    interaction: row.interaction,
    ...(row.label !== null && { label: row.label }),
    root: row.root,
    rootHash: row.root_hash,
    ...(row.prev_root_hash !== null && { prevRootHash: row.prev_root_hash }),
    bodyBytes: row.body_bytes,
    requestId: row.request_id,
    xid: row.xid,
    writtenAt: row.written_at,
  };
}
