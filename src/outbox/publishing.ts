// The relay's side of the commit cut: which committed events are to be published, which are, and how many wait.
import type { Database, Tx } from '../platform';
import { PARTITION_LOCK_TIMEOUT_MS, RETENTION_STEP_ROWS, UNPUBLISHED_COUNT_MAX } from './limits';
import { eventOf, type OutboxRow, type ResourceEvent } from './resource-event';
import { markPublishedSql, readUnpublishedSql, unpublishedStatsSql } from './sql/unpublished.sql';

/** The oldest events that wait to be published, in seq order: order per resource and per ordering root. Locks nothing. */
export async function readUnpublished(db: Tx, limit: number): Promise<ResourceEvent[]> {
  const { rows } = await db.query<OutboxRow>({ ...readUnpublishedSql, values: [limit] });
  return rows.map(eventOf);
}

/** Marks events as published at `now`. What is marked already, or gone, is left alone. */
export async function markPublished(db: Tx, seqs: readonly number[], now: Date): Promise<void> {
  if (seqs.length > 0) await db.query({ ...markPublishedSql, values: [seqs, now.toISOString()] });
}

/** The relay's lag: how many events wait (counted up to a limit), and since when the oldest does. */
export async function unpublishedStats(db: Tx): Promise<{ count: number; oldestWrittenAt?: Date }> {
  const { rows } = await db.query<{ count: number; oldest: Date | null }>({
    ...unpublishedStatsSql,
    values: [UNPUBLISHED_COUNT_MAX],
  });
  const { count, oldest } = rows[0]!;
  return oldest === null ? { count } : { count, oldestWrittenAt: oldest };
}

/**
 * From now on every event, whichever process writes it, waits to be published; events written before are not. One change of the table's
 * definition, made once. Answers whether it was made now. Throws lock_timeout (55P03) when running transactions held the table too long.
 */
export function beginPublishing(database: Database): Promise<boolean> {
  return setDefault(database, `set default 'infinity'`, true);
}

/** The opposite, for whoever gives the bus up: later events do not wait, and those that waited will never be published. Answers how many. */
export async function endPublishing(database: Database): Promise<number> {
  await setDefault(database, 'drop default', false);
  let released = 0;
  for (let step = RETENTION_STEP_ROWS; step === RETENTION_STEP_ROWS; released += step) {
    const { rowCount } = await database.query({
      name: 'outbox_release_unpublished',
      // Counts on outbox_unpublished_seq.
      text: `with waiting as materialized (
          select seq from outbox where published_at = 'infinity' order by seq limit $1 for update)
        update outbox o set published_at = null from waiting w where o.seq = w.seq and o.published_at = 'infinity'`,
      values: [RETENTION_STEP_ROWS],
    });
    step = rowCount;
  }
  return released;
}

/** Whether new events wait to be published. */
export async function isPublishing(db: Tx): Promise<boolean> {
  const { rows } = await db.query<{ publishing: boolean }>({
    name: 'outbox_is_publishing',
    text: `select atthasdef as publishing from pg_attribute where attrelid = 'outbox'::regclass and attname = 'published_at'`,
    values: [],
  });
  return rows[0]!.publishing;
}

function setDefault(database: Database, change: string, isPublished: boolean): Promise<boolean> {
  return database.transaction(async (tx) => {
    if ((await isPublishing(tx)) === isPublished) return false;
    await tx.query({ text: `set local lock_timeout = ${PARTITION_LOCK_TIMEOUT_MS}`, values: [] });
    await tx.query({ text: `alter table outbox alter column published_at ${change}`, values: [] });
    return true;
  });
}
