// The faults of a run: which, when and how long come from the seed. One at a time per process and per database; different ones overlap.
import fs from 'node:fs';
import path from 'node:path';
import { FAILPOINTS, SystemClock, type Database } from '../../src/platform';
import type { DatabaseLine } from './database-line';
import type { Dice } from './dice';
import type { Fleet } from './fleet';

const clock = new SystemClock();

export interface Fault {
  readonly kind: string;
  /** Unix milliseconds. */
  readonly from: number;
  to: number;
  /** How much it hit: connections, processes. */
  hits: number;
}

export interface FaultGround {
  readonly fleet: Fleet;
  readonly line: DatabaseLine;
  /** Past the line, so that it works while the line is cut. */
  readonly database: Database;
  /** Folder of the Postgres, with the file that names its process. */
  readonly postgresFolder: string;
  readonly leaseMs: number;
  readonly dice: Dice;
}

type Strike = (ground: FaultGround) => Promise<number>;

const weights = {
  'kill -9 of a process': 16,
  'kill -9 of all processes': 3,
  'exit at a failpoint': 14,
  'freeze longer than a lease': 9,
  'freeze for a moment': 8,
  'crash of Postgres': 5,
  'crash of a backend': 3,
  'backends terminated': 16,
  'connections cut': 14,
  'connections held up': 12,
} as const;
export type FaultKind = keyof typeof weights;

const strikes: Readonly<Record<FaultKind, Strike>> = {
  'kill -9 of a process': async ({ fleet, dice }) => {
    const place = fleet.target(dice);
    if (!place) return 0;
    await fleet.kill(place, dice.between(0, 2_000));
    return 1;
  },
  'kill -9 of all processes': async ({ fleet, dice }) => {
    const downMs = dice.between(0, 2_000);
    const places = fleet.target(dice) ? fleet.allUp() : [];
    await Promise.all(places.map((place) => fleet.kill(place, downMs)));
    return places.length;
  },
  'exit at a failpoint': async ({ fleet, dice }) => {
    const place = fleet.target(dice);
    if (!place) return 0;
    // The process that comes back dies at a step of the road, some visits later.
    const visits = Math.ceil(dice.next() ** 2 * 60);
    await fleet.kill(place, 0, `${dice.pick(FAILPOINTS)}=exit@${visits}`);
    return 1;
  },
  'freeze longer than a lease': ({ fleet, dice, leaseMs }) => freeze(fleet, dice, leaseMs + dice.between(500, 3_000)),
  'freeze for a moment': ({ fleet, dice }) => freeze(fleet, dice, dice.between(100, 1_800)),
  // Immediate shutdown: no checkpoint, no farewell; it recovers from its log and comes back on the same port.
  'crash of Postgres': async ({ postgresFolder, database }) => {
    process.kill(postmasterPid(postgresFolder), 'SIGQUIT');
    await untilBack(database);
    return 1;
  },
  'crash of a backend': async ({ dice, database }) => {
    const pids = await backends(database);
    if (pids.length === 0) return 0;
    process.kill(dice.pick(pids), 'SIGKILL');
    await untilBack(database);
    return 1;
  },
  'backends terminated': async ({ dice, database }) => {
    const pids = await backends(database);
    const share = dice.between(0.1, 1);
    const chosen = pids.filter(() => dice.chance(share));
    await database.query({ text: 'select pg_terminate_backend(pid) from unnest($1::int[]) pid', values: [chosen] });
    return chosen.length;
  },
  'connections cut': ({ line }) => Promise.resolve(line.cut()),
  'connections held up': async ({ line, dice }) => {
    line.hold();
    await clock.sleep(dice.between(200, 4_000));
    line.release();
    return 1;
  },
};

async function freeze(fleet: Fleet, dice: Dice, ms: number): Promise<number> {
  const place = fleet.target(dice);
  if (!place) return 0;
  await fleet.freeze(place, ms);
  return 1;
}

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

const backMsMax = 120_000;

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

export class FaultMaker {
  readonly faults: Fault[] = [];
  /** What a fault itself ran into, as when two of them meet. */
  readonly missed: string[] = [];
  private readonly busy = new Map<FaultKind, Promise<void>>();

  constructor(private readonly ground: FaultGround) {}

  /** Strikes at times from the dice until `signal` aborts; resolves when the last fault is over. */
  async run(signal: AbortSignal, pauseMs: readonly [number, number]): Promise<void> {
    const { dice } = this.ground;
    while (!signal.aborted) {
      await clock.sleep(dice.between(...pauseMs), signal);
      const kind = dice.weighted<FaultKind>(weights);
      if (!signal.aborted && !this.isTaken(kind)) this.start(kind);
    }
    await Promise.all(this.busy.values());
  }

  /** One of a kind at a time, and nothing else is done to a database that is down. */
  private isTaken(kind: FaultKind): boolean {
    if (this.busy.has(kind)) return true;
    const isDatabase = /Postgres|backend/.test(kind);
    return isDatabase && [...this.busy.keys()].some((other) => /crash/.test(other));
  }

  private start(kind: FaultKind): void {
    const fault: Fault = { kind, from: now(), to: now(), hits: 0 };
    const done = strikes[kind](this.ground)
      .then((hits) => {
        fault.to = now();
        fault.hits = hits;
        if (hits > 0) this.faults.push(fault);
      })
      .catch((error: unknown) => {
        // Expected: a database that another fault has just taken away.
        this.missed.push(`${kind}: ${String(error)}`);
        this.ground.line.release();
      })
      .finally(() => this.busy.delete(kind));
    this.busy.set(kind, done);
  }
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
