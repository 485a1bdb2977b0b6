// What has ended long ago leaves the ledger: deliveries step by step along their primary key, attempts by whole days, and at last the rows of
// Subscriptions that were deleted. What waits is never touched, and the event counter never goes back.
import { dropPartition, partitionsBefore, type Database, type Tx } from '../../platform';
import { DROP_LOCK_TIMEOUT_MS, RETENTION_PAGE_SUBSCRIPTIONS, RETENTION_STEP_ROWS } from '../limits';

/** Subscriptions after $1 whose first row is old enough for $3. Indexes: subscription_runtime_pkey, delivery_pkey. */
const CANDIDATES = `
select p.k, f.numbered_at < $3::timestamptz as is_due
  from (select subscription_key as k from subscription_runtime where subscription_key > $1 order by subscription_key limit $2::int) p
  left join lateral (
    select numbered_at from delivery d where d.subscription_key = p.k order by d.event_no limit 1) f on true
 order by p.k`;

/**
 * One step of one subscription: the next rows after $2 that were numbered before $3. Those that ended before it go; those that still wait,
 * ended later, or are to be sent again stay until their own time. The watermark says up to where numbers may be missing. $4 rows, $5 now. Indexes: delivery_pkey, resend_of.
 */
const STEP = `
with p as materialized (
  select event_no, numbered_at, state, ended_at from delivery
   where subscription_key = $1 and event_no > $2 order by event_no limit $4::int),
o as materialized (
  select * from p where event_no < coalesce((select min(event_no) from p where numbered_at >= $3::timestamptz), 9223372036854775807)),
x as (
  delete from delivery d
   where d.subscription_key = $1 and d.event_no > $2 and d.event_no <= (select max(event_no) from o)
     and d.state in ('delivered', 'dead', 'cancelled') and d.ended_at < $3::timestamptz
     and not exists (select 1 from resend q where q.subscription_key = $1 and q.event_no = d.event_no and q.done_at is null)
  returning d.state, d.event_no),
q as (delete from resend q using x where q.subscription_key = $1 and q.event_no = x.event_no),
s as (select count(*) as n, max(event_no) as last, count(*) filter (where state = 'dead') as dead, count(*) filter (where state = 'cancelled') as cancelled from x),
w as (
  insert into delivery_watermark as w (subscription_key, pass_started_at, removed_up_to, removed_dead, removed_cancelled)
  select $1, $5::timestamptz, s.last, s.dead, s.cancelled from s where s.n > 0
  on conflict (subscription_key) do update
     set removed_up_to = greatest(w.removed_up_to, excluded.removed_up_to), removed_dead = w.removed_dead + excluded.removed_dead,
         removed_cancelled = w.removed_cancelled + excluded.removed_cancelled)
select (select n from s) as deleted, (select max(event_no) from o) as last, (select count(*)::int from o) as looked`;

/**
 * Deletes deliveries that ended before `cutoff`, of every subscription, in steps of a bounded number of rows, each a transaction of its own.
 * `mayGoOn` is asked before every step. Out: how many are gone.
 */
export async function removeOldDeliveries(
  database: Database,
  now: Date,
  cutoff: Date,
  mayGoOn: () => Promise<boolean>,
): Promise<number> {
  let deleted = 0;
  for (let after = 0, isMore = true; isMore;) {
    if (!(await mayGoOn())) break;
    const { rows } = await database.query<{ k: number; is_due: boolean | null }>({
      name: 'deliveries.retention-candidates',
      text: CANDIDATES,
      values: [after, RETENTION_PAGE_SUBSCRIPTIONS, cutoff],
    });
    for (const row of rows) {
      if (row.is_due) deleted += await removeOf(database, row.k, { now, cutoff }, mayGoOn);
    }
    after = rows.at(-1)?.k ?? after;
    isMore = rows.length === RETENTION_PAGE_SUBSCRIPTIONS;
  }
  return deleted;
}

async function removeOf(
  database: Database,
  subscriptionKey: number,
  times: { now: Date; cutoff: Date },
  mayGoOn: () => Promise<boolean>,
): Promise<number> {
  let deleted = 0;
  for (let after = 0, isMore = true; isMore && (await mayGoOn());) {
    const { rows } = await database.query<{ deleted: number; last: number | null; looked: number }>({
      name: 'deliveries.retention-step',
      text: STEP,
      values: [subscriptionKey, after, times.cutoff, RETENTION_STEP_ROWS, times.now],
    });
    const step = rows[0]!;
    deleted += step.deleted;
    after = step.last ?? after;
    isMore = step.looked === RETENTION_STEP_ROWS;
  }
  return deleted;
}

/** Drops the days of attempts that end at or before `cutoff`. Out: names of the partitions that are gone, and rows deleted from the net. */
export async function dropOldAttempts(
  database: Database,
  cutoff: Date,
  mayGoOn: () => Promise<boolean>,
): Promise<{ dropped: string[]; deletedRows: number }> {
  const dropped: string[] = [];
  for (const { name } of await partitionsBefore(database, 'attempt', cutoff)) {
    if (!(await mayGoOn())) break;
    const options = { parent: 'attempt', name, lockTimeoutMs: DROP_LOCK_TIMEOUT_MS, mayDrop: async () => true };
    if ((await dropPartition(database, options)) === 'dropped') dropped.push(name);
  }
  let deletedRows = 0;
  for (let step = RETENTION_STEP_ROWS; step === RETENTION_STEP_ROWS && (await mayGoOn()); deletedRows += step) {
    step = await emptyNet(database, cutoff);
  }
  return { dropped, deletedRows };
}

/** The default partition holds rows only of days that nobody made in time. */
async function emptyNet(tx: Tx, cutoff: Date): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'deliveries.retention-attempt-net',
    text: `delete from attempt_default where ctid = any(array(
             select ctid from attempt_default where started_at < $1::timestamptz limit $2)) and started_at < $1::timestamptz`,
    values: [cutoff, RETENTION_STEP_ROWS],
  });
  return rowCount;
}

/** Deleted Subscriptions that nobody can ask about any more: everything cancelled, long ago, and no delivery left. Index: delivery_pkey. */
const TOMBSTONES = `
with t as materialized (
  select r.subscription_key as k from subscription_runtime r
   where not r.alive and r.cleared_at < $1::timestamptz
     and not exists (select 1 from delivery d where d.subscription_key = r.subscription_key)
     and not exists (select 1 from held_key q where q.subscription_key = r.subscription_key)
   order by 1 limit $2::int for update of r),
s as (delete from slice s using t where s.subscription_key = t.k),
w as (delete from delivery_watermark w using t where w.subscription_key = t.k)
delete from subscription_runtime r using t where r.subscription_key = t.k`;

/** Removes tombstones that were cleared before `cutoff` and have no deliveries left. Out: how many. */
export async function removeTombstones(
  database: Database,
  cutoff: Date,
  mayGoOn: () => Promise<boolean>,
): Promise<number> {
  let removed = 0;
  for (let step = RETENTION_STEP_ROWS; step === RETENTION_STEP_ROWS && (await mayGoOn()); removed += step) {
    const { rowCount } = await database.query({
      name: 'deliveries.retention-tombstones',
      text: TOMBSTONES,
      values: [cutoff, RETENTION_STEP_ROWS],
    });
    step = rowCount;
  }
  return removed;
}
