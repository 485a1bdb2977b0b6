// The faults of a run: which, when and how long come from the seed. One of a kind at a time, one that takes a server away at a time; different
// ones overlap.
import { SystemClock } from '../../src/platform';
import type { ChaosOptions, Profile } from './options';
import type { FaultGround, Strikes } from './strike';
import { strikesOnDatabaseLine, strikesOnServerLines } from './strikes-lines';
import { strikesOnPostgres } from './strikes-postgres';
import { strikesOnProcesses, strikesOnRoles } from './strikes-processes';
import { strikesOnServers, wipes } from './strikes-servers';

const clock = new SystemClock();

export interface Fault {
  readonly kind: string;
  /** Unix milliseconds. */
  readonly from: number;
  to: number;
  /** How much it hit: connections, processes. */
  hits: number;
  readonly excusesLate: boolean;
}

const stormOf: Readonly<Record<Profile, Strikes>> = {
  embedded: { ...strikesOnProcesses, ...strikesOnPostgres, ...strikesOnDatabaseLine },
  cluster: {
    ...strikesOnRoles,
    ...strikesOnPostgres,
    ...strikesOnDatabaseLine,
    ...strikesOnServers,
    ...strikesOnServerLines,
  },
};

export function strikesOf({ plan, profile }: Pick<ChaosOptions, 'plan' | 'profile'>): Strikes {
  return plan === 'wipes' ? wipes : stormOf[profile];
}

export class FaultMaker {
  readonly faults: Fault[] = [];
  /** What a fault itself ran into, as when two of them meet. */
  readonly missed: string[] = [];
  private readonly busy = new Map<string, Promise<void>>();
  private readonly weights: Readonly<Record<string, number>>;

  constructor(
    private readonly ground: FaultGround,
    private readonly strikes: Strikes,
  ) {
    this.weights = Object.fromEntries(Object.entries(strikes).map(([kind, { weight }]) => [kind, weight]));
  }

  /** Strikes at times from the dice until `signal` aborts; resolves when the last fault is over. */
  async run(signal: AbortSignal, pauseMs: readonly [number, number]): Promise<void> {
    const { dice, fleet } = this.ground;
    while (!signal.aborted) {
      await clock.sleep(dice.between(...pauseMs), signal);
      const kind = dice.weighted(this.weights);
      if (!signal.aborted && fleet.isLively && !this.isTaken(kind)) this.start(kind);
    }
    await Promise.all(this.busy.values());
  }

  private isTaken(kind: string): boolean {
    const { takes } = this.strikes[kind]!;
    const isSame = (other: string): boolean => takes !== undefined && this.strikes[other]!.takes === takes;
    return this.busy.has(kind) || [...this.busy.keys()].some(isSame);
  }

  private start(kind: string): void {
    const { run, excusesLate = false } = this.strikes[kind]!;
    const fault: Fault = { kind, from: now(), to: now(), hits: 0, excusesLate };
    const done = run(this.ground)
      .then((hits) => {
        fault.to = now();
        fault.hits = hits;
        if (hits > 0) this.faults.push(fault);
      })
      .catch((error: unknown) => {
        // Expected: a server that another fault has just taken away, or the line to it.
        this.missed.push(`${kind}: ${String(error)}`);
      })
      .finally(() => this.busy.delete(kind));
    this.busy.set(kind, done);
  }
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
