// The shapes in which the ledger's rows travel inside this room.
// Spelled as http://hl7.org/fhir/R4/valueset-subscription-status.html spells it.
export type SubscriptionStatus = 'requested' | 'active' | 'error' | 'off';

export interface SliceId {
  readonly subscriptionKey: number;
  readonly sliceNo: number;
}

/** A slice under the epoch its owner holds it. */
export interface OwnedSlice extends SliceId {
  readonly epoch: number;
}

/** Whether a subscription may send, as its runtime row said at one moment. */
export interface Reading {
  readonly alive: boolean;
  readonly sending: boolean;
  readonly paused: boolean;
  readonly endsAt?: Date;
  readonly configVersion: number;
  readonly status: SubscriptionStatus;
  /** Slices of the incarnation, and concurrent requests allowed. */
  readonly slices: number;
  readonly cap: number;
  /** Milliseconds without sending so far; they do not age what waits. */
  readonly stoppedMs: number;
  readonly isFailing: boolean;
  readonly hasBarrier: boolean;
  /** Concurrent requests allowed now: the cap, or less (a probe, slow start, the adaptive limit). Absent: the cap. */
  readonly limit?: number;
  /** The breaker is open: only a probe may be sent. */
  readonly isOpen?: boolean;
  /** Event number of the latest probe. */
  readonly probed?: number;
  /** Something in this slice is to be sent again. */
  readonly hasResends?: boolean;
}

/** The part of a reading that the breaker decides. */
export type Gate = Pick<Reading, 'limit' | 'isOpen' | 'probed'>;

export interface HeldHead {
  readonly kind: 'retry' | 'blocked' | 'busy';
  readonly attempts: number;
  readonly firstFailedAt?: Date;
  readonly class?: string;
}

/** One waiting delivery, as its slice's owner sees it. */
export interface WaitingDelivery extends SliceId {
  readonly eventNo: number;
  readonly keyHash: number;
  readonly eventId: string;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly interaction: 'create' | 'update' | 'delete';
  readonly label?: string;
  readonly requestId: string;
  /** Requests made so far. */
  readonly attempts: number;
  readonly writtenAt: Date;
  readonly numberedAt: Date;
  readonly stoppedBeforeMs: number;
  /** Present on the head of a held key, and on what follows it. */
  readonly held?: HeldHead;
  /** Present on an ended delivery that is sent once more on someone's wish: it changes no state. */
  readonly resendNo?: number;
}

/** One request made, or refused before it was made. */
export interface AttemptNote {
  readonly number: number;
  readonly trigger: 'auto' | 'probe' | 'manual';
  readonly configVersion: number;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly remoteAddress?: string;
  readonly status?: number;
  readonly class: string;
  readonly reason: string;
  readonly excerpt?: string;
}

/** What an owner finds to do in a slice. */
export interface Window extends SliceId {
  readonly rows: readonly WaitingDelivery[];
  /** True when there may be more than was read: look again before going idle. */
  readonly hasMore: boolean;
}

export type ReadingRow = {
  alive: boolean;
  sending: boolean;
  paused: boolean;
  ends_at: Date | null;
  config_version: number;
  status: SubscriptionStatus;
  slices: number;
  cap: number;
  stopped_ms: number;
  failing_since: Date | null;
  failures: number;
  has_barrier: boolean;
  limit: number;
  is_open: boolean | null;
  probed: number;
  has_resends: boolean;
  is_counting: boolean;
};

export function readingOf(row: ReadingRow): Reading {
  return {
    alive: row.alive,
    sending: row.sending,
    paused: row.paused,
    endsAt: row.ends_at ?? undefined,
    configVersion: row.config_version,
    status: row.status,
    slices: row.slices,
    cap: row.cap,
    stoppedMs: row.stopped_ms,
    isFailing: row.failing_since !== null || row.status === 'error' || row.is_counting,
    hasBarrier: row.has_barrier,
    limit: row.limit,
    isOpen: row.is_open === true,
    probed: row.probed,
    hasResends: row.has_resends,
  };
}

export type DeliveryRow = {
  subscription_key: number;
  slice_no: number;
  event_no: number;
  key_hash: number;
  event_id: string;
  type: string;
  id: string;
  version: number;
  interaction: WaitingDelivery['interaction'];
  label: string | null;
  request_id: string;
  attempts: number;
  written_at: Date;
  numbered_at: Date;
  stopped_before_ms: number;
};

export function waitingOf(row: DeliveryRow, held?: HeldHead): WaitingDelivery {
  return {
    subscriptionKey: row.subscription_key,
    sliceNo: row.slice_no,
    eventNo: row.event_no,
    keyHash: row.key_hash,
    eventId: row.event_id,
    type: row.type,
    id: row.id,
    version: row.version,
    interaction: row.interaction,
    label: row.label ?? undefined,
    requestId: row.request_id,
    attempts: row.attempts,
    writtenAt: row.written_at,
    numberedAt: row.numbered_at,
    stoppedBeforeMs: row.stopped_before_ms,
    held,
  };
}

/** A text key for maps. */
export function sliceKey(slice: SliceId): string {
  return `${slice.subscriptionKey}/${slice.sliceNo}`;
}
