// How much waits in the ledger as a whole, and since when: counted up to a limit, by partial indexes over waiting rows.
import type { Tx } from '../../platform';
import { OLDEST_WAITING_SLICES_MAX } from '../limits';

/** Deliveries that wait in any way (pending, held, behind), counted up to about `limit`. Indexes: delivery_pending, delivery_behind, delivery_held. */
export async function countWaiting(tx: Tx, limit: number): Promise<number> {
  const { rows } = await tx.query<{ n: number }>({
    name: 'deliveries.count-waiting',
    text: `select (select count(*) from (select 1 from delivery where state = 'pending' limit $1::bigint) p)
                + (select count(*) from (select 1 from delivery where state = 'behind' limit $1::bigint) b)
                + (select count(*) from (select 1 from delivery where state = 'held' limit $1::bigint) h) as n`,
    values: [limit],
  });
  return rows[0]!.n;
}

/**
 * When the oldest delivery that is to be sent was numbered; undefined when nothing is. What is paused or off does not count: nobody sends it.
 * Indexes: slice_due, delivery_pending, held_key_next, delivery_pkey.
 */
export async function oldestWaiting(tx: Tx): Promise<Date | undefined> {
  const { rows } = await tx.query<{ oldest: Date | null }>({
    name: 'deliveries.oldest-waiting',
    text: `select min(least(p.numbered_at, h.numbered_at)) as oldest
             from (select subscription_key, slice_no from slice where due_at < 'infinity' order by due_at limit $1::int) s
             left join lateral (
               select numbered_at from delivery d where d.subscription_key = s.subscription_key and d.slice_no = s.slice_no and d.state = 'pending'
                order by d.event_no limit 1) p on true
             left join lateral (
               select min(d.numbered_at) as numbered_at
                 from (select subscription_key, head_event_no from held_key q
                        where q.subscription_key = s.subscription_key and q.slice_no = s.slice_no order by q.next_at limit 100) q
                 join delivery d on d.subscription_key = q.subscription_key and d.event_no = q.head_event_no) h on true`,
    values: [OLDEST_WAITING_SLICES_MAX],
  });
  return rows[0]?.oldest ?? undefined;
}

/**
 * How many living Subscriptions have failed since their last success and have something waiting, or say that they are in error. One whose last
 * failure has become a dead letter, with nothing behind it, keeps nobody waiting: that letter is counted where letters are.
 * Reads the runtime rows: for a page, not for a hot path. Indexes: delivery_pending, held_key_next.
 */
export async function countFailing(tx: Tx): Promise<number> {
  const { rows } = await tx.query<{ n: number }>({
    text: `select count(*) as n from subscription_runtime r
            where r.alive and r.sending and r.failing_since is not null
              and (r.status = 'error'
                   or exists (select 1 from held_key q where q.subscription_key = r.subscription_key)
                   or exists (select 1 from delivery d where d.subscription_key = r.subscription_key and d.state = 'pending'))`,
    values: [],
  });
  return rows[0]!.n;
}

/**
 * Since when the slice that has been claimable longest waits for a worker; undefined when none does. A subscription that may lease fewer slices
 * than it has lets the others wait by right. Indexes: slice_due, subscription_runtime_pkey.
 */
export async function oldestUnclaimed(tx: Tx, before: Date): Promise<Date | undefined> {
  const { rows } = await tx.query<{ due_at: Date }>({
    name: 'deliveries.oldest-unclaimed',
    text: `select s.due_at from (select subscription_key, due_at from slice where due_at < $1::timestamptz order by due_at limit $2::int) s
             join subscription_runtime r on r.subscription_key = s.subscription_key
            where r.alive and r.sending and not r.paused and least(r.cap, r.send_limit) >= r.slices
            order by s.due_at limit 1`,
    values: [before, OLDEST_WAITING_SLICES_MAX],
  });
  return rows[0]?.due_at;
}
