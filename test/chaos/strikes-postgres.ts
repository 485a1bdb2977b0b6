// Strikes on Postgres: the server crashes, one of its backends does, sessions are ended.
import fs from 'node:fs';
import path from 'node:path';
import { SystemClock, type Database } from '../../src/platform';
import type { Strikes } from './strike';

const clock = new SystemClock();
const backMsMax = 120_000;

export const strikesOnPostgres: Strikes = {
  // Immediate shutdown: no checkpoint, no farewell; it recovers from its log and comes back on the same port.
  'crash of Postgres': {
    weight: 5,
    takes: 'Postgres',
    run: async ({ postgresFolder, database }) => {
      process.kill(postmasterPid(postgresFolder), 'SIGQUIT');
      await untilBack(database);
      return 1;
    },
  },
  'crash of a backend': {
    weight: 3,
    takes: 'Postgres',
    run: async ({ dice, database }) => {
      const pids = await backends(database);
      if (pids.length === 0) return 0;
      process.kill(dice.pick(pids), 'SIGKILL');
      await untilBack(database);
      return 1;
    },
  },
  'backends terminated': {
    weight: 16,
    takes: 'Postgres',
    run: async ({ dice, database }) => {
      const pids = await backends(database);
      const share = dice.between(0.1, 1);
      const chosen = pids.filter(() => dice.chance(share));
      await database.query({ text: 'select pg_terminate_backend(pid) from unnest($1::int[]) pid', values: [chosen] });
      return chosen.length;
    },
  },
};

function postmasterPid(folder: string): number {
  return Number(fs.readFileSync(path.join(folder, 'postmaster.pid'), 'utf8').split('\n')[0]);
}

async function backends(database: Database): Promise<number[]> {
  const { rows } = await database.query<{ pid: number }>({
    text: `select pid from pg_stat_activity where application_name like 'herald %' order by backend_start, pid`,
    values: [],
  });
  return rows.map((row) => row.pid);
}

async function untilBack(database: Database): Promise<void> {
  const end = performance.now() + backMsMax;
  // Not asked at once: the crash needs a moment to be one.
  for (await clock.sleep(300); ; await clock.sleep(100)) {
    try {
      await database.ping();
      return;
    } catch (error) {
      // Expected: until it has recovered.
      if (performance.now() > end) throw error;
    }
  }
}
