// subscription_change: the log that every registry follows, and the home of the snapshots that open and close intervals.
import type { Tx } from '../platform';

export interface ChangeRecord {
  readonly subscriptionKey: number;
  readonly opens: boolean;
  readonly closes: boolean;
  /** Of the interval that opens; stored only then. */
  readonly criteria: string;
  readonly baseUrl: string;
  readonly at: Date;
}

/**
 * Appends changes in the writer's transaction, in their order. Two statements on purpose: the first waits for the counter row, so that the second
 * takes its snapshot as late as possible. Until commit the counter row is held: nothing slow may follow in the transaction.
 */
export async function appendChanges(tx: Tx, changes: readonly ChangeRecord[]): Promise<void> {
  if (changes.length === 0) return;
  const { rows } = await tx.query<{ last_change_no: number }>({
    name: 'subscription_next_change_no',
    text: `update subscription_change_counter set last_change_no = last_change_no + $1 returning last_change_no`,
    values: [changes.length],
  });
  const first = rows[0]!.last_change_no - changes.length + 1;
  await tx.query({
    name: 'subscription_append_changes',
    text: `insert into subscription_change (change_no, subscription_key, opens, closes, criteria, base_url, snapshot, xid, changed_at)
      select $1::bigint + c.place - 1, c.key, c.opens, c.closes, case when c.opens then c.criteria end, case when c.opens then c.base_url end,
        case when c.opens or c.closes then pg_current_snapshot() end, pg_current_xact_id(), c.changed_at
      from unnest($2::bigint[], $3::boolean[], $4::boolean[], $5::text[], $6::text[], $7::timestamptz[])
          with ordinality c(key, opens, closes, criteria, base_url, changed_at, place)`,
    values: [
      first,
      changes.map((change) => change.subscriptionKey),
      changes.map((change) => change.opens),
      changes.map((change) => change.closes),
      changes.map((change) => change.criteria),
      changes.map((change) => change.baseUrl),
      changes.map((change) => change.at.toISOString()),
    ],
  });
}

/** The newest committed change: where a registry stands after loading everything. */
export async function lastChangeNo(tx: Tx): Promise<number> {
  const { rows } = await tx.query<{ last_change_no: number }>({
    name: 'subscription_last_change_no',
    text: `select last_change_no from subscription_change_counter`,
    values: [],
  });
  return rows[0]!.last_change_no;
}

/** Who changed after `changeNo`, and up to where that was read; at most `limit` changes. */
export async function changesSince(
  tx: Tx,
  changeNo: number,
  limit: number,
): Promise<{ keys: number[]; upTo: number; isAll: boolean }> {
  const { rows } = await tx.query<{ change_no: number; subscription_key: number }>({
    name: 'subscription_changes_since',
    // Counts on the primary key.
    text: `select change_no, subscription_key from subscription_change where change_no > $1 order by change_no limit $2`,
    values: [changeNo, limit],
  });
  const upTo = rows.at(-1)?.change_no ?? changeNo;
  return { keys: [...new Set(rows.map((row) => row.subscription_key))], upTo, isAll: rows.length < limit };
}

/**
 * Clears snapshots (as Postgres printed them) that no unmatched event lies before: what they opened then reaches back to the beginning,
 * what they closed is over. Repeatable; whoever asks must have made sure of the condition. Answers how many rows it cleared.
 */
export async function clearSnapshots(tx: Tx, snapshots: readonly string[]): Promise<number> {
  if (snapshots.length === 0) return 0;
  const { rowCount } = await tx.query({
    name: 'subscription_clear_snapshots',
    // Counts on subscription_change_held.
    text: `update subscription_change set snapshot = null where snapshot is not null and snapshot::text = any($1::text[])`,
    values: [snapshots],
  });
  return rowCount;
}
