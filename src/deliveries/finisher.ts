// Brings results into the ledger in batches, and takes what the ledger says about them back into memory.
import { describeError, failpoint, isTransient, type Clock, type Database, type Log } from '../platform';
import type { Tried } from './attempt';
import { finishResults, type Finished } from './ledger/finish';
import { finishAgain } from './ledger/finish-again';
import { readEvidence } from './ledger/evidence';
import type { Evidence } from './judge';
import { LEDGER_RETRY_MS } from './limits';
import { finishResends } from './ledger/resends';
import { needsEvidence, resentOf, resultOf, type JudgedResult, type RetryDefaults } from './results';
import type { OwnedSlices } from './owned-slices';

export interface FinisherDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly defaults: RetryDefaults;
  readonly owned: OwnedSlices;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  /** Told of every result once the ledger has answered; `accepted` false means stale. */
  readonly onFinished: (results: readonly FinishedResult[]) => void;
}

export interface FinishedResult extends JudgedResult, Finished {}

export class Finisher {
  /** What was judged once stays judged: a batch whose commit was not answered may be in the ledger already, under that verdict. */
  private readonly judged = new WeakMap<Tried, JudgedResult>();

  constructor(private readonly deps: FinisherDeps) {}

  /**
   * Writes a batch; after a lost database again and again until the leases of its slices are over, then the results are given up and the deliveries
   * repeated by the next owner. A batch that the database refuses is written one by one, so that one bad row costs only itself.
   */
  async finish(batch: readonly Tried[]): Promise<void> {
    const isResend = (tried: Tried): boolean => tried.delivery.resendNo !== undefined;
    await this.bring(
      batch.filter((tried) => !isResend(tried)),
      (open) => this.write(open),
    );
    // In a transaction of their own: each locks its slices in order.
    await this.bring(batch.filter(isResend), (open) => this.writeResent(open));
  }

  private async bring(batch: readonly Tried[], write: (open: readonly Tried[]) => Promise<void>): Promise<void> {
    const { clock, log } = this.deps;
    let open = batch;
    while (open.length > 0) {
      try {
        await write(open);
        return;
      } catch (error) {
        if (!isTransient(error)) return this.finishSingly(open, error);
        // Expected: a lost database. The requests were made; their results are worth some patience.
        log.warn({ reason: describeError(error), results: open.length }, 'delivery.results-waiting');
        await clock.sleep(LEDGER_RETRY_MS);
        open = this.stillLeased(open);
      }
    }
  }

  /** Gives up the results whose lease is over. */
  private stillLeased(batch: readonly Tried[]): readonly Tried[] {
    const now = this.deps.clock.now();
    for (const tried of batch) if (tried.run.leaseUntil <= now) this.giveUp(tried);
    return batch.filter((tried) => tried.run.leaseUntil > now);
  }

  private async finishSingly(batch: readonly Tried[], error: unknown): Promise<void> {
    if (batch.length === 1) {
      this.deps.log.error(
        { error, subscriptionKey: batch[0]!.run.subscriptionKey, eventNumber: batch[0]!.delivery.eventNo },
        'delivery.result-refused',
      );
      return this.giveUp(batch[0]!);
    }
    for (const tried of batch) await this.finish([tried]);
  }

  private giveUp(tried: Tried): void {
    tried.run.lose();
    this.deps.owned.remove(tried.run);
  }

  private async write(batch: readonly Tried[]): Promise<void> {
    const { database, clock } = this.deps;
    // Before judging: successes of this batch are evidence for its failures.
    const now = clock.now();
    const isAgain = batch.some((tried) => this.judged.has(tried));
    const judged = await this.judge(batch, now);
    const finished = await database.transaction(
      async (tx) => {
        const written = judged.map(({ result }) => result);
        const answers = await (isAgain ? finishAgain : finishResults)(tx, written, now);
        await failpoint('finish.before-commit');
        return answers;
      },
      { isEager: true },
    );
    await failpoint('finish.after-commit');
    const results = judged.map((one, index) => ({ ...one, ...finished[index]! }));
    for (const result of results) this.takeBack(result);
    this.deps.onFinished(results);
  }

  private async judge(batch: readonly Tried[], now: Date): Promise<JudgedResult[]> {
    const { random, defaults } = this.deps;
    const open = batch.filter((tried) => !this.judged.has(tried));
    const evidence = await this.gatherEvidence(open, now);
    for (const tried of open)
      this.judged.set(tried, resultOf(tried, { now, random: random(), defaults, evidence: evidence.get(tried) }));
    return batch.map((tried) => this.judged.get(tried)!);
  }

  /** What was sent again on someone's wish: it is over after one attempt, and says nothing about the order or the health of others. */
  private async writeResent(batch: readonly Tried[]): Promise<void> {
    const { database, clock } = this.deps;
    const judged = batch.map(resentOf);
    const ended = judged.map(({ tried, result }) => ({ ...result, resendNo: tried.delivery.resendNo! }));
    const accepted = await database.transaction((tx) => finishResends(tx, ended, clock.now()));
    const results = judged.map((one, index) => ({ ...one, accepted: accepted[index]!, changed: false }));
    for (const result of results) this.takeBack(result);
    this.deps.onFinished(results);
  }

  private async gatherEvidence(batch: readonly Tried[], now: Date): Promise<Map<Tried, Evidence>> {
    const { database, defaults, owned } = this.deps;
    const suspected = batch.filter((tried) => needsEvidence(tried, { now, defaults }));
    const heads = suspected.map(({ run, delivery, outcome }) => ({
      subscriptionKey: run.subscriptionKey,
      keyHash: delivery.keyHash,
      status: outcome?.response?.status,
    }));
    const found = await readEvidence(database, heads);
    return new Map(
      suspected.map((tried, index) => {
        // For slices in this process's hands its memory is newer than the ledger.
        const own = [...owned.ofSubscription(tried.run.subscriptionKey)];
        const others = found[index]!.successes.filter(({ sliceNo }) => !own.some((run) => run.sliceNo === sliceNo));
        const successes = [...own.flatMap((run) => run.successes), ...others.map(({ at }) => at)];
        return [tried, { successes, sameStatusSince: found[index]!.sameStatusSince }];
      }),
    );
  }

  private takeBack(finished: FinishedResult): void {
    const { tried, result, accepted } = finished;
    const { run } = tried;
    run.settle(tried.delivery, accepted && (result.verdict === 'done' || result.verdict === 'dead'));
    if (!accepted) run.lose();
    this.deps.owned.offer(run);
    if (run.isLost && run.isEmpty) this.deps.owned.remove(run);
  }
}
