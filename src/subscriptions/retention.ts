// What nobody needs any more leaves the registry's log: changes that a later one of the same Subscription has overtaken, and the incarnations of
// Subscriptions deleted long ago.
import type { Database } from '../platform';
import { RETENTION_STEP_ROWS } from './limits';

export interface RegistryRetention {
  readonly changes: number;
  readonly incarnations: number;
}

/**
 * The next changes after $1, while they are older than $2. A change may go when a later one of its Subscription is there (a registry that is behind
 * re-reads the whole Subscription at any change of it), when its snapshot was cleared, and when no interval needs it: it neither opened nor closed
 * one, or a later closing is over too. Indexes: subscription_change_pkey, subscription_change_by_key.
 */
const CHANGES = `
with p as materialized (
  select change_no, subscription_key, opens, closes, snapshot from subscription_change
   where change_no > $1 and changed_at < $2::timestamptz order by change_no limit $3::int),
x as (
  delete from subscription_change c using p
   where c.change_no = p.change_no and c.snapshot is null
     and exists (select 1 from subscription_change n where n.subscription_key = p.subscription_key and n.change_no > p.change_no)
     and (not (p.opens or p.closes)
          or exists (select 1 from subscription_change n where n.subscription_key = p.subscription_key and n.change_no > p.change_no
                        and n.closes and n.snapshot is null))
  returning 1)
select (select count(*)::int from x) as deleted, (select max(change_no) from p) as last, (select count(*)::int from p) as looked`;

/** Deleted before $2 and no snapshot held: no unmatched event can need it. $1 last key, $3 rows. Index: subscription_incarnation_pkey. */
const INCARNATIONS = `
select subscription_key as k from (
  select subscription_key, alive, deleted_at from subscription_incarnation where subscription_key > $1 order by subscription_key limit $3::int) i
 where not i.alive and i.deleted_at < $2::timestamptz
   and not exists (select 1 from subscription_change c where c.subscription_key = i.subscription_key and c.snapshot is not null)`;

/** Removes what was overtaken or deleted before `cutoff`, in steps; `mayGoOn` is asked before each. */
export async function removeOldChanges(
  database: Database,
  cutoff: Date,
  mayGoOn: () => Promise<boolean>,
): Promise<RegistryRetention> {
  let changes = 0;
  for (let after = 0, looked = RETENTION_STEP_ROWS; looked === RETENTION_STEP_ROWS && (await mayGoOn());) {
    const { rows } = await database.query<{ deleted: number; last: number | null; looked: number }>({
      name: 'subscription_retention_changes',
      text: CHANGES,
      values: [after, cutoff, RETENTION_STEP_ROWS],
    });
    const step = rows[0]!;
    changes += step.deleted;
    after = step.last ?? after;
    looked = step.looked;
  }
  return { changes, incarnations: await removeIncarnations(database, cutoff, mayGoOn) };
}

async function removeIncarnations(database: Database, cutoff: Date, mayGoOn: () => Promise<boolean>): Promise<number> {
  let removed = 0;
  for (let after = 0, isMore = true; isMore && (await mayGoOn());) {
    const last = await lastOfPage(database, after);
    const { rows } = await database.query<{ k: number }>({
      name: 'subscription_retention_incarnations',
      text: INCARNATIONS,
      values: [after, cutoff, RETENTION_STEP_ROWS],
    });
    if (rows.length > 0)
      await removeAll(
        database,
        rows.map(({ k }) => k),
      );
    removed += rows.length;
    isMore = last !== undefined;
    after = last ?? after;
  }
  return removed;
}

/** The last key of a full page; undefined when the page is not full, so that it is the last one. */
async function lastOfPage(database: Database, after: number): Promise<number | undefined> {
  const { rows } = await database.query<{ k: number | null; n: number }>({
    name: 'subscription_retention_page',
    text: `select max(k) as k, count(*)::int as n from (
      select subscription_key as k from subscription_incarnation where subscription_key > $1 order by subscription_key limit $2::int) p`,
    values: [after, RETENTION_STEP_ROWS],
  });
  const { k, n } = rows[0]!;
  return n === RETENTION_STEP_ROWS && k !== null ? k : undefined;
}

async function removeAll(database: Database, keys: readonly number[]): Promise<void> {
  await database.transaction(async (tx) => {
    for (const table of ['subscription_change', 'subscription_secret', 'subscription_incarnation']) {
      await tx.query({ text: `delete from ${table} where subscription_key = any($1::bigint[])`, values: [keys] });
    }
  });
}
