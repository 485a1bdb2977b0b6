// Daily partitions that have had their time: found by their bounds, dropped without holding up whoever writes.
import { isLockTimeout } from './database-errors';
import type { Database, Tx } from './database';

/** A partition of a table that is partitioned by time. */
export interface AgedPartition {
  readonly name: string;
  /** Nothing in it is as young as this. */
  readonly until: Date;
}

// Bounds are printed as `FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2026-01-02 00:00:00+00')`; the default partition has none.
const boundsSql = `
select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bounds
  from pg_inherits i join pg_class c on c.oid = i.inhrelid
 where i.inhparent = $1::regclass order by c.relname`;
const UPPER_BOUND = / TO \('([^']+)'\)$/;

/** Partitions of `parent` that end at or before `cutoff`, oldest first. The default partition is never among them. */
export async function partitionsBefore(tx: Tx, parent: string, cutoff: Date): Promise<AgedPartition[]> {
  const { rows } = await tx.query<{ name: string; bounds: string }>({ text: boundsSql, values: [parent] });
  return rows
    .flatMap(({ name, bounds }) => {
      const until = new Date(UPPER_BOUND.exec(bounds)?.[1] ?? NaN);
      return until <= cutoff ? [{ name, until }] : [];
    })
    .sort((a, b) => a.until.getTime() - b.until.getTime());
}

export interface DropOptions {
  readonly parent: string;
  readonly name: string;
  /** How long writers may be held up behind us while we wait for running transactions; then we give way. */
  readonly lockTimeoutMs: number;
  /** Asked once nobody else can write any more: false leaves the partition as it is. */
  readonly mayDrop: (tx: Tx) => Promise<boolean>;
}

/**
 * Drops one partition. Out: `dropped`; `kept` when it may not go; `busy` when running transactions held the table for too long: try again later.
 * The parent is locked first, as everybody does who uses it, so that no transaction can hold a partition and wait for the parent.
 */
export async function dropPartition(database: Database, options: DropOptions): Promise<'dropped' | 'kept' | 'busy'> {
  const { parent, name, lockTimeoutMs, mayDrop } = options;
  try {
    return await database.transaction(async (tx) => {
      await tx.query({ text: `set local lock_timeout = ${lockTimeoutMs}`, values: [] });
      await tx.query({ text: `lock table only ${parent} in access exclusive mode`, values: [] });
      if (!(await mayDrop(tx))) return 'kept';
      await tx.query({ text: `drop table ${name}`, values: [] });
      return 'dropped';
    });
  } catch (error) {
    // Expected: a long transaction on the table.
    if (isLockTimeout(error)) return 'busy';
    throw error;
  }
}
