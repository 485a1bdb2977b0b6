// The ledger cut: matched events become numbered deliveries, inside the matcher's transaction.
import type { OpenTx } from '../../platform';
import { keyHashesOf } from '../ordering';
import { columns, statement } from '../sql';

const gate = statement('gate');
const numberAndInsert = statement('number-and-insert');
const makeDue = statement('make-due');

/** What a delivery copies of its event. */
export interface MatchedEvent {
  readonly eventId: string;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly interaction: 'create' | 'update' | 'delete';
  readonly label?: string | null;
  readonly requestId: string;
  /** The ordering root: the event's patient, else `Type/id`. */
  readonly root: string;
  readonly writtenAt: Date;
}

/** One event for one subscription. The ordering key is not here: it is read where the number is given. */
export interface MatchedDelivery {
  readonly subscriptionKey: number;
  readonly event: MatchedEvent;
}

/**
 * In: matched pairs in event order, each pair once. Out: the subscription keys that have something new, for the doorbell after commit.
 * Numbers follow the order given, per subscription and without gaps; an incarnation that was deleted meanwhile gets nothing. Locks runtime rows, then
 * slices, in key order. Throws on a repeated (subscription, event).
 */
export async function scheduleDeliveries(
  tx: OpenTx,
  now: Date,
  matched: readonly MatchedDelivery[],
): Promise<number[]> {
  if (matched.length === 0) return [];
  const events = new Map<MatchedEvent, number>();
  const counts = new Map<number, number>();
  const pairs = matched.map(({ subscriptionKey, event }) => {
    if (!events.has(event)) events.set(event, events.size + 1);
    const ordinal = (counts.get(subscriptionKey) ?? 0) + 1;
    counts.set(subscriptionKey, ordinal);
    return { subscriptionKey, ordinal, event: events.get(event)! };
  });
  const keys = [...counts.keys()];
  const gated = tx.query(gate([lowestOf(keys)]));
  const numbered = tx.query<{ subscription_key: number; slice_no: number }>(
    numberAndInsert([
      keys,
      [...counts.values()],
      ...columns(
        pairs,
        (p) => p.subscriptionKey,
        (p) => p.ordinal,
        (p) => p.event,
      ),
      ...eventColumns([...events.keys()]),
      now,
    ]),
  );
  const [, { rows }] = await Promise.all([gated, numbered]);
  if (rows.length === 0) return [];
  tx.send(
    makeDue([
      ...columns(
        rows,
        (row) => row.subscription_key,
        (row) => row.slice_no,
      ),
      now,
    ]),
  );
  return [...new Set(rows.map((row) => row.subscription_key))];
}

/** Not Math.min: a fan-out has more keys than fit on its stack. */
function lowestOf(keys: readonly number[]): number {
  return keys.reduce((lowest, key) => (key < lowest ? key : lowest));
}

function eventColumns(events: readonly MatchedEvent[]): unknown[][] {
  const hashed = events.map((event) => ({ event, hashes: keyHashesOf(event) }));
  return columns(
    hashed,
    ({ event }) => event.eventId,
    ({ event }) => event.type,
    ({ event }) => event.id,
    ({ event }) => event.version,
    ({ event }) => event.interaction,
    ({ event }) => event.label ?? null,
    ({ event }) => event.requestId,
    ({ event }) => event.writtenAt,
    ({ hashes }) => hashes.none,
    ({ hashes }) => hashes.focus,
    ({ hashes }) => hashes.patient,
  );
}
