// Daily partitions of the outbox: made ahead of time, so that a write never has to wait for one. The default partition is the net;
// what fell into it moves over when its day is made.
import type { Database, Tx } from '../platform';
import { PARTITION_DAYS_AHEAD, PARTITION_LOCK_TIMEOUT_MS } from './limits';

const DAY_MS = 24 * 60 * 60 * 1000;

/** One day of the outbox: the table's name and its bounds in UTC. */
export interface DayPartition {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** The partitions that should exist at `now`: yesterday (late lastUpdated, other clocks), today and some days ahead. */
export function partitionsFor(now: Date): DayPartition[] {
  const today = Math.floor(now.getTime() / DAY_MS);
  return Array.from({ length: PARTITION_DAYS_AHEAD + 2 }, (_, index) => {
    const from = new Date((today - 1 + index) * DAY_MS).toISOString();
    const to = new Date((today + index) * DAY_MS).toISOString();
    return { name: `outbox_p${from.slice(0, 10).replaceAll('-', '')}`, from, to };
  });
}

/** Until midnight UTC. */
export function msToNextDay(now: Date): number {
  return DAY_MS - (now.getTime() % DAY_MS);
}

/**
 * Makes the missing partitions, one transaction each, and returns their names. Safe beside writers, matchers and other processes doing the
 * same. Throws lock_timeout (55P03) when running transactions held the default partition too long: try again later.
 */
export async function ensurePartitions(database: Database, now: Date): Promise<string[]> {
  const made: string[] = [];
  for (const day of await missingPartitions(database, partitionsFor(now))) {
    const isMade = await database.transaction((tx) => makePartition(tx, day, new Date(day.from) > now));
    if (isMade) made.push(day.name);
  }
  return made;
}

/** Fresh statistics for the partition that is being written now; without any, claims cost several times as much. */
export async function analyzeCurrentPartition(database: Database, now: Date): Promise<void> {
  const today = partitionsFor(now)[1]!;
  const missing = await missingPartitions(database, [today]);
  if (missing.length === 0) await database.query({ text: `analyze ${today.name}`, values: [] });
}

async function missingPartitions(tx: Tx, days: readonly DayPartition[]): Promise<DayPartition[]> {
  const { rows } = await tx.query<{ name: string }>({
    text: `select name from unnest($1::text[]) name where to_regclass(name) is null`,
    values: [days.map((day) => day.name)],
  });
  const missing = new Set(rows.map((row) => row.name));
  return days.filter((day) => missing.has(day.name));
}

async function makePartition(tx: Tx, day: DayPartition, isFuture: boolean): Promise<boolean> {
  await tx.query({ text: `set local lock_timeout = ${PARTITION_LOCK_TIMEOUT_MS}`, values: [] });
  // A writer that chose the net for its row and then met the new partition would fail: while the day may be written, writers wait at the door
  // of the parent table, before they choose. For a day to come, the lock that attaching takes anyway is enough: one maker at a time.
  const mode = isFuture ? 'share update exclusive' : 'exclusive';
  await tx.query({ text: `lock table only outbox in ${mode} mode`, values: [] });
  if ((await missingPartitions(tx, [day])).length === 0) return false;
  await tx.query({
    text: `create table ${day.name} (like outbox including defaults including constraints including indexes)`,
    values: [],
  });
  // From here until the commit nobody can put a row of this day into the net behind our back.
  await tx.query({ text: `lock table outbox_default in access exclusive mode`, values: [] });
  await tx.query({
    text: `with moved as (delete from outbox_default where written_at >= $1 and written_at < $2 returning *)
      insert into ${day.name} select * from moved`,
    values: [day.from, day.to],
  });
  await tx.query({
    text: `alter table outbox attach partition ${day.name} for values from ('${day.from}') to ('${day.to}')`,
    values: [],
  });
  return true;
}
