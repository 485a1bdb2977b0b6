// npm run chaos -- --minutes 5 --seed n: Herald under everything that machines and third parties do to it, and a report from three books at
// the end. Exit code 0 only when nothing was lost, nothing out of order, no number missing and no audit finding; 1 when something was;
// 2 when the run itself broke.
import fs from 'node:fs';
import path from 'node:path';
import { auditLedger } from '../../src/deliveries';
import { SystemClock } from '../../src/platform';
import { Ledger } from '../support/ledger';
import { seat, type Listener } from './audience';
import { Dice } from './dice';
import { readFacts, type Facts } from './facts';
import { FaultMaker, type Fault } from './faults';
import { Fleet } from './fleet';
import { readOptions, type ChaosOptions } from './options';
import { isWell, reportText, type RunReport } from './report';
import { Stage } from './stage';
import { faultFigures, moodFigures, waysTo } from './stalls';
import { judge } from './verdict';
import { Writer } from './writers';

const clock = new SystemClock();
const minute = 60_000;
const deadlineMs = 1_000;
const leaseMs = 3_000;
const faultPauseMs = [1_500, 6_000] as const;
/** Beyond the minutes and the drain: start, stop, report. */
const reserveMs = 4 * minute;

/** Kinds of audit alarms that are no damage: something took long, or was given up, which is an allowed end. */
const harmless = /"kind":"(unclaimed-slice|unmatched-event|long-writes|long-reads|dead-letters)"/;

/** Everything that waits, waits less: so that a minute holds many leases, retries and sweeps. */
const env = {
  HERALD_TEST_MODE: 'true',
  HERALD_DELIVERY_DEADLINE: `${deadlineMs}ms`,
  HERALD_DELIVERY_LEASE: `${leaseMs}ms`,
  HERALD_DELIVERY_RENEW: '200ms',
  HERALD_DELIVERY_SWEEP: '300ms',
  HERALD_MATCH_SWEEP: '300ms',
  HERALD_RETRY_BASE: '100ms',
  HERALD_RETRY_FACTOR: '2',
  HERALD_RETRY_MAX: '2s',
  HERALD_DELIVERY_WINDOW: '40',
  HERALD_DELIVERY_BUSY: '10',
  HERALD_AUDIT_INTERVAL: '10s',
};

class Run {
  private readonly auditLines: string[] = [];
  private readonly writers: Writer[];
  private readonly fleet: Fleet;
  private readonly maker: FaultMaker;
  private seated = new Map<string, Listener>();
  private drainMs = 0;

  constructor(
    private readonly options: ChaosOptions,
    private readonly stage: Stage,
  ) {
    const { seed, processes } = options;
    const onLine = (line: string, place: number): void => {
      if (options.keep) fs.appendFileSync(path.join(stage.folder, `herald-${place}.log`), `${line}\n`);
      if (/"audit\.(repaired|alarm|check-failed)"|"herald\.broken"/.test(line)) this.auditLines.push(line);
    };
    this.fleet = new Fleet({ databaseUrl: stage.line.url, env, processes, onPid: stage.onPid, onLine });
    this.writers = Array.from(
      { length: options.writers },
      (_, number) => new Writer(number, this.fleet, new Dice(seed, `writer ${number}`)),
    );
    const { line, database, postgresFolder } = stage;
    const dice = new Dice(seed, 'faults');
    this.maker = new FaultMaker({ fleet: this.fleet, line, database, postgresFolder, leaseMs, dice });
  }

  async play(): Promise<RunReport> {
    const { stage, fleet } = this;
    await fleet.start();
    this.seated = await seat(fleet.any(new Dice(0))!, stage.receiverUrl);
    await this.storm();
    await stage.tellReceiver({ order: 'heal' });
    await fleet.heal();
    const drained = await this.drain();
    const codes = await fleet.stop();
    return this.report(drained, codes);
  }

  async end(): Promise<void> {
    await this.fleet.killAll();
    await this.stage.clear(this.options.keep, this.fleet.dataDirs);
  }

  private async storm(): Promise<void> {
    const over = new AbortController();
    const totalMs = this.options.minutes * minute;
    const all = Promise.all([
      ...this.writers.map((writer) => writer.run(over.signal)),
      this.maker.run(over.signal, faultPauseMs),
      this.deadForAWhile(totalMs, over.signal),
      this.tell(over.signal),
    ]);
    // A part that breaks ends the storm.
    await Promise.race([clock.sleep(totalMs), all]);
    over.abort();
    await all;
  }

  /** One receiver is gone for a quarter of the run, and again for a tenth. */
  private async deadForAWhile(totalMs: number, signal: AbortSignal): Promise<void> {
    for (const [aliveShare, deadShare] of [
      [0.2, 0.25],
      [0.2, 0.1],
    ] as const) {
      await clock.sleep(totalMs * aliveShare, signal);
      await this.stage.tellReceiver({ order: 'dead', isDead: true });
      await clock.sleep(totalMs * deadShare, signal);
      await this.stage.tellReceiver({ order: 'dead', isDead: false });
    }
  }

  private async tell(signal: AbortSignal): Promise<void> {
    for (let seconds = 15; ; seconds += 15) {
      await clock.sleep(15_000, signal);
      if (signal.aborted) return;
      const answered = this.writers.reduce((sum, { counts }) => sum + counts.answered, 0);
      console.log(`${seconds} s: ${answered} writes answered, ${this.maker.faults.length} faults`);
    }
  }

  /** Until nothing waits any more. False at the deadline: what waits then is lost, and the report says what. */
  private async drain(): Promise<boolean> {
    const startedMs = performance.now();
    const ledger = new Ledger(this.stage.database);
    try {
      await ledger.drained(this.options.drainSeconds * 1_000);
      return true;
    } catch (error) {
      // Expected in a bad run only.
      console.error(String(error));
      return false;
    } finally {
      this.drainMs = performance.now() - startedMs;
    }
  }

  private async report(isDrained: boolean, codes: readonly (number | null)[]): Promise<RunReport> {
    const { database } = this.stage;
    const facts = await readFacts(database);
    const arrivals = await this.stage.arrivals();
    const acknowledged = this.writers.flatMap((writer) => writer.acknowledged);
    const frozen = this.maker.faults.filter(({ kind }) => kind === 'freeze longer than a lease');
    const expectations = this.seated;
    const afterFreezeMs = deadlineMs + 1_000;
    const verdict = judge({ facts, arrivals, acknowledged, expectations, frozen, afterFreezeMs });
    const { seed, minutes } = this.options;
    const answers = acknowledged.map(({ at }) => at).sort((a, b) => a - b);
    if (this.options.keep) fs.writeFileSync(path.join(this.stage.folder, 'faults.json'), JSON.stringify(this.faults()));
    return {
      seed,
      minutes,
      verdict,
      audit: await this.findings(isDrained, codes),
      figures: this.figures(facts, verdict.kept, verdict),
      faults: faultFigures(this.faults(), waysTo('well', facts.deliveries, arrivals), answers),
      moods: moodFigures(arrivals),
      notes: [
        ...(this.fleet.failedStarts > 0
          ? [`starts that failed while the database was away: ${this.fleet.failedStarts}`]
          : []),
        ...this.harmlessAlarms(),
        ...this.maker.missed.map((text) => `a fault that met another one: ${text}`),
      ],
    };
  }

  /** What the running audit mended, or cannot mend. What faults do by right stands in the notes. */
  private damage(): string[] {
    return this.auditLines.filter((line) => !harmless.test(line));
  }

  private harmlessAlarms(): string[] {
    const kinds = this.auditLines.flatMap((line) => harmless.exec(line)?.[1] ?? []);
    return [...new Set(kinds)].map(
      (kind) => `audit alarms that are no damage: ${kind} ${kinds.filter((one) => one === kind).length}`,
    );
  }

  private faults(): Fault[] {
    const struck = this.fleet.struck.map(({ at }) => ({ kind: 'died at its failpoint', from: at, to: at, hits: 1 }));
    return [...this.maker.faults, ...struck];
  }

  private async findings(isDrained: boolean, codes: readonly (number | null)[]): Promise<string[]> {
    const { database } = this.stage;
    const now = new Date(performance.timeOrigin + performance.now());
    const found = (await auditLedger(database, now)).map((finding) => JSON.stringify(finding));
    const violated = (await new Ledger(database).violations()).map((one) => JSON.stringify(one));
    const ends = codes
      .filter((code) => code !== 0)
      .map((code) => `a process ended with ${code} when it was asked to drain`);
    const strays = this.fleet.strayEnds.map((output) => `a process ended by itself: ${output}`);
    return [
      ...(isDrained ? [] : ['not drained at the deadline']),
      ...found,
      ...violated,
      ...this.damage(),
      ...ends,
      ...strays,
    ];
  }

  private figures(facts: Facts, kept: number, verdict: RunReport['verdict']): RunReport['figures'] {
    const sum = (pick: (counts: Writer['counts']) => number): number =>
      this.writers.reduce((total, writer) => total + pick(writer.counts), 0);
    const { duplicates, states } = verdict;
    return {
      'writes answered': sum((counts) => counts.answered),
      'writes nobody answered': sum((counts) => counts.unanswered),
      'writes refused (409, 429)': sum((counts) => counts.refused),
      'versions committed': facts.versions.length,
      'matched by nobody': verdict.matchedByNobody,
      deliveries: facts.deliveries.length,
      'by state': JSON.stringify(states),
      'attempts (stale)': `${facts.attempts} (${facts.staleAttempts})`,
      'kept by the receiver': kept,
      duplicates: `${duplicates} (${((100 * duplicates) / Math.max(1, kept - duplicates)).toFixed(2)} %)`,
      'late requests of frozen processes': verdict.excused,
      faults: this.faults().length,
      'drained within': `${(this.drainMs / 1000).toFixed(1)} s`,
    };
  }
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  console.log(`chaos: ${JSON.stringify(options)}`);
  const run = new Run(options, await Stage.build(options.seed));
  let isEnding = false;
  const endAtOnce = (why: string): void => {
    if (isEnding) return;
    isEnding = true;
    console.error(`chaos: ended before its time: ${why}`);
    void run.end().finally(() => process.exit(2));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => endAtOnce(signal));
  const boundMs = options.minutes * minute + options.drainSeconds * 1_000 + reserveMs;
  setTimeout(() => endAtOnce(`not done after ${Math.round(boundMs / 1000)} s`), boundMs).unref();
  try {
    const report = await run.play();
    console.log(reportText(report));
    return isWell(report) ? 0 : 1;
  } finally {
    await run.end();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
