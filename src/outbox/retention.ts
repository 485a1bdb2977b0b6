// Matched events are kept for some days, to answer questions; then their whole day is dropped. A day with one row that is not
// matched, or waits to be published, stays.
import { dropPartition, partitionsBefore, type Database, type Tx } from '../platform';
import { DROP_LOCK_TIMEOUT_MS, RETENTION_STEP_ROWS } from './limits';

export interface OutboxRetention {
  /** Names of the partitions that are gone. */
  readonly dropped: readonly string[];
  /** Names of those that hold an unmatched or unpublished row, or were in use for too long: they are looked at again next time. */
  readonly kept: readonly string[];
  /** Rows deleted from the default partition. */
  readonly deletedRows: number;
}

/** Drops the days that end at or before `cutoff`. Safe beside writers and matchers; a writer waits no longer than the lock timeout. */
export async function dropMatchedDays(
  database: Database,
  cutoff: Date,
  mayGoOn: () => Promise<boolean>,
): Promise<OutboxRetention> {
  const dropped: string[] = [];
  const kept: string[] = [];
  for (const { name } of await partitionsBefore(database, 'outbox', cutoff)) {
    if (!(await mayGoOn())) break;
    // Asked before anybody has to wait for us, and again when nobody can write any more.
    const isDone = await isOver(database, name);
    const outcome = isDone ? await drop(database, name) : 'kept';
    (outcome === 'dropped' ? dropped : kept).push(name);
  }
  return { dropped, kept, deletedRows: await emptyNet(database, cutoff, mayGoOn) };
}

function drop(database: Database, name: string): Promise<'dropped' | 'kept' | 'busy'> {
  return dropPartition(database, {
    parent: 'outbox',
    name,
    lockTimeoutMs: DROP_LOCK_TIMEOUT_MS,
    mayDrop: (tx) => isOver(tx, name),
  });
}

/** Counts on the partition's parts of outbox_unmatched_seq and outbox_unpublished_seq. */
async function isOver(tx: Tx, partition: string): Promise<boolean> {
  const { rows } = await tx.query<{ waiting: boolean }>({
    text: `select exists (select 1 from ${partition} where matched_at is null)
      or exists (select 1 from ${partition} where published_at = 'infinity') as waiting`,
    values: [],
  });
  return !rows[0]!.waiting;
}

/** The default partition is empty but for days that nobody made in time; reading it whole is cheap then. */
async function emptyNet(database: Database, cutoff: Date, mayGoOn: () => Promise<boolean>): Promise<number> {
  let deletedRows = 0;
  for (let step = RETENTION_STEP_ROWS; step === RETENTION_STEP_ROWS && (await mayGoOn()); deletedRows += step) {
    const { rowCount } = await database.query({
      name: 'outbox_empty_net',
      text: `delete from outbox_default where ctid = any(array(
          select ctid from outbox_default where matched_at is not null and published_at is distinct from 'infinity'
            and written_at < $1::timestamptz limit $2))
        and matched_at is not null and published_at is distinct from 'infinity'`,
      values: [cutoff, RETENTION_STEP_ROWS],
    });
    step = rowCount;
  }
  return deletedRows;
}
