// Transactions that take too long: one that writes holds locks others wait for, one that only reads keeps dead index entries alive, which
// makes every claim slower (a backup, for example).
import { LONG_TRANSACTIONS_MAX } from '../limits';
import type { Tx } from './database';

export interface LongTransaction {
  readonly kind: 'writes' | 'reads';
  readonly application: string;
  readonly processId: number;
  readonly ageMs: number;
  /** What it does now, as Postgres calls it: `active`, `idle in transaction`, … */
  readonly state: string;
}

// A view over the sessions, no table. A role that is no superuser sees the transactions of its own sessions only.
const sessionsSql = `
select case when backend_xid is not null then 'writes' else 'reads' end as kind, application_name as application, pid as process_id,
       xact_start as started_at, coalesce(state, '') as state
  from pg_stat_activity
 where datname = current_database() and pid <> pg_backend_pid()
   and ((backend_xid is not null and xact_start < $1::timestamptz) or (backend_xmin is not null and xact_start < $2::timestamptz))
 order by xact_start limit $3::int`;

/** In: from which age on, in milliseconds, for transactions that have written and for those that only read. Out: the oldest first. */
export async function longTransactions(
  tx: Tx,
  now: Date,
  ages: { readonly writesMs: number; readonly readsMs: number },
): Promise<LongTransaction[]> {
  const before = (ms: number): Date => new Date(now.getTime() - ms);
  const { rows } = await tx.query<{
    kind: LongTransaction['kind'];
    application: string;
    process_id: number;
    started_at: Date;
    state: string;
  }>({ text: sessionsSql, values: [before(ages.writesMs), before(ages.readsMs), LONG_TRANSACTIONS_MAX] });
  return rows.map((row) => ({
    kind: row.kind,
    application: row.application,
    processId: row.process_id,
    ageMs: now.getTime() - row.started_at.getTime(),
    state: row.state,
  }));
}
