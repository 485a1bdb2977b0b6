// The ledger cut: matched events become numbered deliveries, inside the matcher's transaction.
import type { OpenTx } from '../../platform';
import { keyHashesOf } from '../ordering';
import { columns, statement } from '../sql';

const gate = statement('gate');
const numberAndInsert = statement('number-and-insert');

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

/** What can be read once the transaction has been committed. */
export interface Scheduled {
  /** The subscription keys that have something new, for the doorbell. */
  readonly touched: Promise<readonly number[]>;
}

/**
 * In: matched pairs in event order, each pair once. Numbers follow the order given, per subscription and without gaps; an incarnation that was deleted
 * meanwhile gets nothing. Locks runtime rows, then slices, in key order. Its statements travel with COMMIT (`OpenTx.send`): the transaction fails
 * with them, also on a repeated (subscription, event). Not a promise itself, so that nothing else can fail behind the commit's back.
 */
export function scheduleDeliveries(tx: OpenTx, now: Date, matched: readonly MatchedDelivery[]): Scheduled {
  if (matched.length === 0) return { touched: Promise.resolve([]) };
  const events = new Map<MatchedEvent, number>();
  const counts = new Map<number, number>();
  const pairs = matched.map(({ subscriptionKey, event }) => {
    if (!events.has(event)) events.set(event, events.size + 1);
    const ordinal = (counts.get(subscriptionKey) ?? 0) + 1;
    counts.set(subscriptionKey, ordinal);
    return { subscriptionKey, ordinal, event: events.get(event)! };
  });
  const keys = [...counts.keys()];
  void tx.send(gate([lowestOf(keys)]));
  const numbered = tx.send<{ subscription_key: number }>(
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
  const touched = numbered.then(({ rows }) => rows.map((row) => row.subscription_key));
  // Expected: what the transaction fails with.
  touched.catch(() => undefined);
  return { touched };
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
