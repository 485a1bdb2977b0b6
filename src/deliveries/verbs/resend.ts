// Resends: ended deliveries sent once more, with the same number and bytes. What is asked for is sorted into what can be sent again, what is a
// dead letter (redriven instead, so that a success ends it), and what waits anyway.
import { errorIssue, FhirError } from '../../fhir';
import type { Tx } from '../../platform';
import { statement } from '../sql';
import type { LaneKey } from './locks';
import type { Order } from './operator-log';
import { ORDER_ROWS_MAX } from './limits';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const addResendsSql = statement('add-resends');

/** Which deliveries of a subscription; both times are of the write, `until` excluded. */
export interface ResendFilter {
  readonly eventId?: string;
  readonly since?: Date;
  readonly until?: Date;
  /** Dead letters only. */
  readonly failedOnly?: boolean;
}

export interface Candidate extends LaneKey {
  readonly eventNumber: number;
  readonly state: string;
  readonly isDismissed: boolean;
}

/** In event-number order. @throws FhirError 422 when there are more than one order may touch. Indexes: delivery_event, delivery_dead_letter, delivery_pkey */
export async function candidates(tx: Tx, subscriptionKey: number, filter: ResendFilter): Promise<Candidate[]> {
  const { eventId, since, until, failedOnly } = filter;
  if (eventId !== undefined && !UUID.test(eventId)) return [];
  const { rows } = await tx.query<{
    slice_no: number;
    key_hash: number;
    event_no: number;
    state: string;
    is_dismissed: boolean;
  }>({
    text: `select slice_no, key_hash, event_no, state, discarded_at is not null as is_dismissed from delivery
            where subscription_key = $1
              and ${eventId === undefined ? '$2::uuid is null' : 'event_id = $2::uuid'}
              and ${failedOnly ? "state = 'dead' and discarded_at is null" : 'true'}
              and ($3::timestamptz is null or written_at >= $3) and ($4::timestamptz is null or written_at < $4)
            order by event_no limit $5::int`,
    values: [subscriptionKey, eventId ?? null, since ?? null, until ?? null, ORDER_ROWS_MAX + 1],
  });
  if (rows.length > ORDER_ROWS_MAX) throw tooMany();
  return rows.map((row) => ({
    subscriptionKey,
    sliceNo: row.slice_no,
    keyHash: row.key_hash,
    eventNumber: row.event_no,
    state: row.state,
    isDismissed: row.is_dismissed,
  }));
}

export interface Sorted {
  readonly again: readonly Candidate[];
  readonly dead: readonly Candidate[];
  readonly waiting: readonly Candidate[];
}

/** Pure. A dismissed dead letter was dealt with: it is left alone. */
export function sortCandidates(found: readonly Candidate[]): Sorted {
  return {
    again: found.filter(({ state }) => state === 'delivered' || state === 'cancelled'),
    dead: found.filter(({ state, isDismissed }) => state === 'dead' && !isDismissed),
    waiting: found.filter(({ state }) => ['pending', 'held', 'behind'].includes(state)),
  };
}

/** The slices are locked. Out: how many were added; those that wait to be sent again already are not. */
export async function addResends(
  tx: Tx,
  order: Order,
  now: Date,
  ended: { readonly subscriptionKey: number; readonly eventNumbers: readonly number[] },
): Promise<number> {
  if (ended.eventNumbers.length === 0) return 0;
  const { rowCount } = await tx.query(
    addResendsSql([ended.subscriptionKey, ended.eventNumbers, order.who, order.reason, now]),
  );
  return rowCount;
}

export function tooMany(): FhirError {
  const text = `That is more than the ${ORDER_ROWS_MAX} deliveries one request may touch; narrow it, and repeat for the rest.`;
  return new FhirError(422, errorIssue('too-costly', text));
}
