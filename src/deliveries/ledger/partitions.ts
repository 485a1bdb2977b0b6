// Daily partitions of `attempt`, made ahead of time. Rows that find none go to the default partition, so nothing is lost meanwhile.
import { describeError, type Database, type Log } from '../../platform';
import { PARTITION_DAYS_AHEAD } from '../limits';

const DAY_MS = 86_400_000;

/** Makes today's partition and those of the next days, where missing. A failure is logged, not thrown: the default partition takes the rows. */
export async function ensureAttemptPartitions(database: Database, now: Date, log: Log): Promise<void> {
  const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  for (let ahead = 0; ahead <= PARTITION_DAYS_AHEAD; ahead += 1) {
    const from = new Date(today + ahead * DAY_MS);
    await ensurePartition(database, from, log);
  }
}

async function ensurePartition(database: Database, from: Date, log: Log): Promise<void> {
  const day = from.toISOString().slice(0, 10);
  const name = `attempt_${day.replaceAll('-', '')}`;
  const to = new Date(from.getTime() + DAY_MS).toISOString().slice(0, 10);
  try {
    // Asked first: even `if not exists` takes the lock that makes every insert wait.
    const { rows } = await database.query<{ known: string | null }>({
      text: 'select to_regclass($1)::text as known',
      values: [name],
    });
    if (rows[0]!.known !== null) return;
    await database.query({
      text: `create table if not exists ${name} partition of attempt for values from ('${day}T00:00:00Z') to ('${to}T00:00:00Z')`,
      values: [],
    });
  } catch (error) {
    // Expected: another process made it at the same moment, or rows of that day are in the default partition already.
    log.warn({ partition: name, reason: describeError(error) }, 'delivery.partition-not-made');
  }
}
