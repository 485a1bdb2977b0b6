// The deliverer: claims due slices, sends what they hold, brings the results back into the ledger. Three loops share one memory:
// claiming (claimer.ts), the ledger (finish and look again), and the keeping of leases and readings.
import {
  Wake,
  describeError,
  type Clock,
  type Database,
  type DeliveryDefaults,
  type Log,
  type Metrics,
  type Worker,
} from '../platform';
import type { ChannelCatalogue } from '../channels';
import type { Tried } from './attempt';
import { BodyLoader, type ReadVersions } from './body-loader';
import { Claimer } from './claimer';
import type { DeliveryDoorbell } from './delivery.doorbell';
import { DeliveryReport } from './delivery-report';
import { Finisher, type FinishedResult } from './finisher';
import { HealthKeeper, type StatusWriter } from './health-keeper';
import type { ClaimedSlice } from './ledger/claim';
import type { Gate } from './ledger/rows';
import { LeaseKeeper } from './lease-keeper';
import { CLAIM_SLICES_MAX, CONNECTIONS_PER_ORIGIN, LEDGER_RETRY_MS, MAKE_ROOM_SLICES } from './limits';
import { Looker } from './looker';
import { OwnedSlices } from './owned-slices';
import { PaceBook } from './pace';
import { Sender } from './sender';
import { SliceRun } from './slice-run';
import { Slots } from './slots';
import { SubscriptionCache, type ReadSubscriptions } from './subscription-cache';

export interface DeliveryWorkerDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly defaults: DeliveryDefaults;
  readonly doorbell: DeliveryDoorbell;
  readonly channels: ChannelCatalogue;
  readonly readVersions: ReadVersions;
  readonly readSubscriptions: ReadSubscriptions;
  readonly statuses: StatusWriter;
  /** Requests to one scheme, host and port at a time; as many as the egress client has connections for one. */
  readonly connectionsPerOrigin?: number;
  /** A p95, or a running request, beyond this makes a subscription slow; milliseconds, two seconds unless told otherwise. */
  readonly slowMs?: number;
  /** In [0, 1), for jitter; tests make it steady. */
  readonly random?: () => number;
}

export class DeliveryWorker implements Worker {
  readonly name = 'deliveries';
  private readonly owned = new OwnedSlices();
  private readonly subscriptions: SubscriptionCache;
  private readonly claimer: Claimer;
  private readonly sender: Sender;
  private readonly finisher: Finisher;
  private readonly looker: Looker;
  private readonly leases: LeaseKeeper;
  private readonly health: HealthKeeper;
  private readonly report: DeliveryReport;
  private readonly ledgerWake: Wake;
  private readonly pace: PaceBook;
  private readonly slots: Slots;
  private isClaiming = false;

  constructor(private readonly deps: DeliveryWorkerDeps) {
    const { clock, log, defaults } = deps;
    const { owned } = this;
    const ground = { database: deps.database, clock, log, owned, defaults };
    const subscriptions = new SubscriptionCache(deps.readSubscriptions);
    const bodies = new BodyLoader(deps.readVersions);
    const { channels } = deps;
    const resultsMax = 2 * defaults.finishBatchMax + defaults.inFlightMax;
    const { inFlightMax, leaseMs } = defaults;
    const connectionsPerOrigin = deps.connectionsPerOrigin ?? CONNECTIONS_PER_ORIGIN;
    const random = deps.random ?? Math.random;
    this.pace = new PaceBook(deps.slowMs);
    this.slots = new Slots({ inFlightMax, connectionsPerOrigin }, this.pace);
    this.subscriptions = subscriptions;
    this.ledgerWake = new Wake(clock);
    this.claimer = new Claimer({
      ...ground,
      adopt: (slices, readAtMs) => this.adopt(slices, readAtMs),
      makeRoom: () => this.makeRoom(),
    });
    this.sender = new Sender({
      ...ground,
      channels,
      bodies,
      subscriptions,
      slots: this.slots,
      resultsMax,
      onTried: () => this.onTried(),
    });
    this.finisher = new Finisher({
      ...ground,
      random,
      onFinished: (results) => this.onFinished(results),
    });
    this.looker = new Looker({
      ...ground,
      settings: defaults,
      onDue: (at, isNarrow) => this.claimer.ringAt(at, isNarrow),
    });
    this.leases = new LeaseKeeper({ ...ground, subscriptions, leaseMs });
    this.health = new HealthKeeper({
      ...ground,
      statuses: deps.statuses,
      random,
      onNoted: (key, gate, probeAt) => this.onNoted(key, gate, probeAt),
    });
    this.report = new DeliveryReport(deps.metrics, log);
  }

  /** Requests being made now, by this process: all, or of one subscription. */
  inFlight(subscriptionKey?: number): number {
    return subscriptionKey === undefined ? this.sender.inFlight : this.owned.inFlightOf(subscriptionKey);
  }

  /** Until `signal` aborts; then nothing more is started, requests under way end within their deadlines, and every slice is given back. */
  async run(signal: AbortSignal): Promise<void> {
    this.sender.isStopping = signal.aborted;
    this.isClaiming = true;
    const unhear = this.deps.doorbell.onRing((keys) => this.onRing(keys));
    const drained = new AbortController();
    const stop = (): void => {
      this.sender.isStopping = true;
      this.ledgerWake.ring();
    };
    signal.addEventListener('abort', stop, { once: true });
    const claiming = this.claimer.loop(signal).finally(() => {
      this.isClaiming = false;
      this.ledgerWake.ring();
    });
    try {
      await Promise.all([claiming, this.keepLeases(drained.signal), this.ledgerLoop().finally(() => drained.abort())]);
      await this.health.settle();
    } finally {
      unhear();
      signal.removeEventListener('abort', stop);
    }
  }

  private async adopt(slices: readonly ClaimedSlice[], readAtMs: number): Promise<void> {
    if (slices.length === 0) return;
    const runs = slices.map((slice) => {
      const run = new SliceRun(slice, slice.reading, {
        leaseUntil: slice.leaseUntil,
        readAtMs,
        successes: slice.successes,
      });
      run.add(slice.window);
      this.owned.add(run);
      return run;
    });
    // When this fails the slices stay in hand, and the next round of the lease keeper asks again.
    await this.subscriptions.refresh(runs);
    this.sender.pump();
    this.ledgerWake.ring();
  }

  private async ledgerLoop(): Promise<void> {
    const { clock, defaults, log } = this.deps;
    const { sender, owned } = this;
    while (
      !sender.isStopping ||
      this.isClaiming ||
      owned.size > 0 ||
      sender.inFlight > 0 ||
      sender.results.length > 0
    ) {
      try {
        if (sender.isStopping) this.endAll();
        if (!(await this.ledgerRound())) await this.ledgerWake.wait(defaults.renewIntervalMs);
      } catch (error) {
        // Expected: a lost database. The slices stay in hand until it answers or their leases are over.
        log.error({ reason: describeError(error) }, 'delivery.ledger-failed');
        await clock.sleep(LEDGER_RETRY_MS);
        this.forgetExpired();
      }
    }
  }

  /** Finishes a batch and looks again where nothing is left. Out: whether there is more to do at once. */
  private async ledgerRound(): Promise<boolean> {
    const { sender } = this;
    await this.gather();
    const batch = sender.results.splice(0, this.deps.defaults.finishBatchMax);
    if (batch.length > 0) await this.finisher.finish(batch);
    const runs = this.looker.candidates(CLAIM_SLICES_MAX);
    if (runs.length > 0) await this.looker.look(runs);
    sender.pump();
    this.claimer.ringIfDue();
    return batch.length + runs.length > 0;
  }

  /** Waits for more results, so that a batch is worth its transaction: until it is full, nothing is in flight, or its time is up. */
  private async gather(): Promise<void> {
    const { clock, defaults } = this.deps;
    const { sender } = this;
    if (sender.results.length === 0) return;
    const untilMs = clock.monotonicMs() + defaults.finishDelayMs;
    while (sender.results.length < defaults.finishBatchMax && sender.inFlight > 0 && !sender.isStopping) {
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs <= 0) return;
      await this.ledgerWake.wait(leftMs);
    }
  }

  private onTried(): void {
    const { sender } = this;
    const isFull = sender.results.length >= this.deps.defaults.finishBatchMax;
    if (isFull || sender.inFlight === 0 || sender.results.length === 1) this.ledgerWake.ring();
  }

  private endAll(): void {
    for (const run of this.owned.all()) run.end();
  }

  /** Slices whose lease ran out while the database was away belong to whoever claims them next. */
  private forgetExpired(): void {
    const now = this.deps.clock.now();
    for (const run of this.owned.all()) {
      if (run.leaseUntil > now) continue;
      run.lose();
      this.owned.remove(run);
    }
  }

  private async keepLeases(signal: AbortSignal): Promise<void> {
    const { clock, defaults, log } = this.deps;
    while (!signal.aborted) {
      try {
        await this.leases.round();
      } catch (error) {
        // Expected: a lost database. Readings grow old, so nothing is started until it answers.
        log.warn({ reason: describeError(error) }, 'delivery.reading-failed');
      }
      this.health.flush();
      this.slots.recheck(clock.monotonicMs());
      for (const run of this.owned.all()) {
        run.mayHaveMore = true;
        this.owned.offer(run);
      }
      this.ledgerWake.ring();
      this.sender.pump();
      await clock.sleep(defaults.renewIntervalMs, signal);
    }
  }

  private onFinished(results: readonly FinishedResult[]): void {
    this.report.finished(results);
    // What was parked met no endpoint: it says nothing about one.
    const noted = results.filter(({ accepted, tried }) => accepted && !tried.isParked);
    this.health.note(noted.map((result) => ({ ...result, pace: this.paceOf(result.tried) })));
  }

  private paceOf({ outcome, run, durationMs, subscription }: Tried): 'slow' | 'well' | undefined {
    return outcome?.isSent ? this.pace.ended(run.subscriptionKey, durationMs, subscription.deadlineMs) : undefined;
  }

  /** The breaker has spoken: the slices in hand go by it at once, the others are claimed when it allows. */
  private onNoted(subscriptionKey: number, gate?: Gate, probeAt?: Date): void {
    for (const run of [...this.owned.ofSubscription(subscriptionKey)]) {
      if (gate) run.pass(gate);
      else if (run.isAwaitingBreaker) run.end();
    }
    if (gate) this.claimer.ringAt(probeAt ?? this.deps.clock.now(), true);
    this.ledgerWake.ring();
  }

  /** Every place is taken: slow subscriptions give some back, and wait in line with everyone else. */
  private makeRoom(): void {
    const { clock } = this.deps;
    const nowMs = clock.monotonicMs();
    const slow = this.owned
      .all()
      .filter((run) => !run.isEnding && this.slots.isSlow(run.subscriptionKey, run.reading.isOpen === true, nowMs));
    for (const run of slow.slice(0, MAKE_ROOM_SLICES)) run.end();
    if (slow.length > 0) this.ledgerWake.ring();
  }

  private onRing(keys: readonly number[]): void {
    let isOwned = false;
    for (const key of keys) {
      for (const run of this.owned.ofSubscription(key)) {
        run.mayHaveMore = true;
        isOwned = true;
      }
    }
    if (isOwned) this.ledgerWake.ring();
    this.claimer.ring();
  }
}
