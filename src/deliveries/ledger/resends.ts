// Ended deliveries sent once more on someone's wish: what an owner finds of them in its slices, and how they end. No delivery changes its state.
import type { Tx } from '../../platform';
import { RESENDS_PER_LOOK } from '../limits';
import { columns, statement } from '../sql';
import {
  sliceKey,
  waitingOf,
  type AttemptNote,
  type DeliveryRow,
  type OwnedSlice,
  type SliceId,
  type WaitingDelivery,
} from './rows';

const loadResendsSql = statement('load-resends');
const finishResendsSql = statement('finish-resends');

/** What is to be sent again in one slice. */
export interface FoundResends {
  readonly rows: readonly WaitingDelivery[];
  /** Keys that have more of it than was read: nothing of theirs may leave before that. */
  readonly laterKeys: ReadonlySet<number>;
}

/** In: locked slices. Out: by slice, the first ones in event-number order; slices without any are left out. */
export async function loadResends(
  tx: Tx,
  slices: readonly SliceId[],
  now: Date,
): Promise<ReadonlyMap<string, FoundResends>> {
  if (slices.length === 0) return new Map();
  const [keys, numbers] = columns(
    slices,
    (s) => s.subscriptionKey,
    (s) => s.sliceNo,
  ) as [unknown[], unknown[]];
  const { rows } = await tx.query<DeliveryRow & { resend_no: number }>(
    loadResendsSql([keys, numbers, now, RESENDS_PER_LOOK]),
  );
  const found = new Map<string, WaitingDelivery[]>();
  for (const row of rows) {
    const delivery = { ...waitingOf(row), resendNo: row.resend_no };
    const list = found.get(sliceKey(delivery));
    if (list) list.push(delivery);
    else found.set(sliceKey(delivery), [delivery]);
  }
  const full = [...found.values()].filter((list) => list.length >= RESENDS_PER_LOOK);
  const later = await laterKeys(
    tx,
    full.map((list) => list.at(-1)!),
  );
  return new Map([...found].map(([key, list]) => [key, { rows: list, laterKeys: later.get(key) ?? new Set() }]));
}

/** In: the last one read of each slice that may have more. Out: by slice, the keys of those after it. Index: resend_waiting. */
async function laterKeys(tx: Tx, last: readonly WaitingDelivery[]): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
  if (last.length === 0) return new Map();
  const { rows } = await tx.query<{ subscription_key: number; slice_no: number; keys: number[] }>({
    name: 'deliveries.later-resends',
    text: `select c.k as subscription_key, c.s as slice_no,
                  array(select distinct r.key_hash from resend r
                         where r.subscription_key = c.k and r.slice_no = c.s and r.done_at is null and r.event_no > c.n) as keys
             from unnest($1::bigint[], $2::int[], $3::bigint[]) c(k, s, n)`,
    values: columns(
      last,
      (one) => one.subscriptionKey,
      (one) => one.sliceNo,
      (one) => one.eventNo,
    ),
  });
  return new Map(
    rows.map((row) => [
      sliceKey({ subscriptionKey: row.subscription_key, sliceNo: row.slice_no }),
      new Set(row.keys.map(Number)),
    ]),
  );
}

export interface ResentResult extends OwnedSlice {
  readonly eventNo: number;
  readonly resendNo: number;
  readonly isSent: boolean;
  readonly attempt?: Omit<AttemptNote, 'trigger'>;
}

/** In: how resends ended. Out: whether each was accepted, in the same order; under an older epoch it is left to the next owner. */
export async function finishResends(tx: Tx, results: readonly ResentResult[], now: Date): Promise<boolean[]> {
  if (results.length === 0) return [];
  const { rows } = await tx.query<{ i: number; accepted: boolean }>(
    finishResendsSql([
      results.map((_, index) => index),
      ...columns(
        results,
        (r) => r.subscriptionKey,
        (r) => r.sliceNo,
        (r) => r.epoch,
        (r) => r.eventNo,
        (r) => r.resendNo,
        (r) => r.attempt?.number,
        (r) => r.attempt?.configVersion,
        (r) => r.attempt?.startedAt,
        (r) => r.attempt?.endedAt,
        (r) => r.isSent,
        (r) => r.attempt?.remoteAddress ?? null,
        (r) => r.attempt?.status ?? null,
        (r) => r.attempt?.class ?? 'O',
        (r) => r.attempt?.reason ?? null,
        (r) => r.attempt?.excerpt ?? null,
      ),
      now,
    ]),
  );
  const accepted = new Array<boolean>(results.length).fill(false);
  for (const row of rows) accepted[row.i] = row.accepted;
  return accepted;
}
