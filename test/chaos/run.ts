// npm run chaos -- --minutes 5 --seed n: Herald under everything that machines and third parties do to it, and a report from three books at
// the end. Exit code 0 only when nothing was lost, nothing out of order, no number missing and no audit finding; 1 when something was;
// 2 when the run itself broke.
import fs from 'node:fs';
import path from 'node:path';
import { SystemClock } from '../../src/platform';
import { eventually } from '../support/deadline';
import { Ledger } from '../support/ledger';
import { seat, type Listener } from './audience';
import { whyNoCluster } from './cluster-servers';
import { Dice } from './dice';
import { countUnpublished } from './facts';
import { FaultMaker, strikesOf } from './faults';
import { Fleet } from './fleet';
import { readOptions, type ChaosOptions } from './options';
import { isWell, reportText, type RunReport } from './report';
import { faultsOf, reportOn } from './run-report';
import { leaseMs, pausesOf, settingsOf } from './settings';
import { Stage } from './stage';
import { Writer } from './writers';

const clock = new SystemClock();
const minute = 60_000;
/** Beyond the minutes and the drain: start, stop, report. */
const reserveMs = 4 * minute;

class Run {
  private readonly auditLines: string[] = [];
  private readonly writers: Writer[];
  readonly fleet: Fleet;
  readonly maker: FaultMaker;
  private seated = new Map<string, Listener>();
  private drainMs = 0;

  constructor(
    private readonly options: ChaosOptions,
    private readonly stage: Stage,
  ) {
    const { seed, profile, roles } = options;
    const onLine = (line: string, place: number): void => {
      if (options.keep) fs.appendFileSync(path.join(stage.folder, `herald-${place}.log`), `${line}\n`);
      if (/"audit\.(repaired|alarm|check-failed)"|"herald\.broken"/.test(line)) this.auditLines.push(line);
    };
    const env = { ...settingsOf[profile], ...stage.servers?.env };
    this.fleet = new Fleet({ databaseUrl: stage.databaseUrl, env, roles, onPid: stage.onPid, onLine });
    this.writers = Array.from(
      { length: options.writers },
      (_, number) => new Writer(number, this.fleet, new Dice(seed, `writer ${number}`), pausesOf(options).writeMs),
    );
    const { line, servers, database, postgresFolder } = stage;
    const dice = new Dice(seed, 'faults');
    const ground = { fleet: this.fleet, line, servers, database, postgresFolder, leaseMs, dice };
    this.maker = new FaultMaker(ground, strikesOf(options));
  }

  async play(): Promise<RunReport> {
    const { stage, fleet } = this;
    await fleet.start();
    console.log('all processes are up');
    this.seated = await seat(fleet.any(new Dice(0))!, stage.receiverUrl);
    if (this.options.plan !== 'storm') await stage.tellReceiver({ order: 'heal' });
    await this.storm();
    console.log('the storm is over: everything is mended');
    await stage.tellReceiver({ order: 'heal' });
    await fleet.heal();
    console.log('all is well: what waits is delivered');
    const isDrained = await this.drain();
    const exitCodes = await fleet.stop();
    const { options, maker, writers, seated: expectations, auditLines, drainMs } = this;
    if (options.keep) fs.writeFileSync(path.join(stage.folder, 'faults.json'), JSON.stringify(faultsOf(this)));
    return reportOn({
      ...{ options, stage, fleet, maker, writers, expectations, auditLines },
      ...{ isDrained, drainMs, exitCodes },
    });
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
      this.maker.run(over.signal, pausesOf(this.options).faultMs),
      this.options.plan === 'storm' ? this.deadForAWhile(totalMs, over.signal) : undefined,
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
      const deadlineMs = this.options.drainSeconds * 1_000;
      await ledger.drained(deadlineMs);
      const isPublished = async (): Promise<boolean> => (await countUnpublished(this.stage.database)) === 0;
      await eventually(isPublished, { deadlineMs, what: 'every event to be published' });
      return true;
    } catch (error) {
      // Expected in a bad run only.
      console.error(String(error));
      return false;
    } finally {
      this.drainMs = performance.now() - startedMs;
    }
  }
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const reason = options.profile === 'cluster' ? whyNoCluster() : undefined;
  if (reason !== undefined) {
    console.error(`The cluster profile cannot be run here. ${reason}`);
    return 2;
  }
  console.log(`chaos: ${JSON.stringify(options)}`);
  const run = new Run(options, await Stage.build(options));
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
