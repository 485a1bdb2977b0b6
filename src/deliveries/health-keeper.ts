// Tells Subscriptions how their deliveries go: failure counters after each batch, `error` after a while of unbroken failure, `active` again after
// a success. Runs beside the sending, one round at a time; nothing here delays a delivery.
import { describeError, failpoint, type Clock, type Database, type Log } from '../platform';
import type { DeliverySubscription } from '../subscriptions';
import type { Tried } from './attempt';
import { afterBatch, afterPace, CLOSED, NOTHING, withFailure, withSuccess, type Breaker } from './breaker';
import { errorText } from './error-text';
import type { Judged } from './judge';
import { gateOf, writeBreakers, type BreakerChange } from './ledger/breakers';
import type { FinishResult } from './ledger/finish';
import { countWaiting, noteHealth, type Health, type HealthNote } from './ledger/health';
import type { Gate } from './ledger/rows';
import type { RetryDefaults } from './results';

/** The subscriptions room's door for Herald's own writes of a status. Each says whether it wrote. */
export interface StatusWriter {
  setError(subscriptionKey: number, text: string): Promise<boolean>;
  setActive(subscriptionKey: number): Promise<boolean>;
  setOff(subscriptionKey: number, reason: string): Promise<boolean>;
}

export interface HealthKeeperDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly statuses: StatusWriter;
  readonly log: Log;
  readonly defaults: RetryDefaults;
  /** In [0, 1), for the jitter of probes. */
  readonly random: () => number;
  /** Told once a round has been written, or has failed (no gate): what the breaker of a subscription now allows. */
  readonly onNoted: (subscriptionKey: number, gate?: Gate, nextProbeAt?: Date) => void;
}

/** A result that the ledger has taken. */
export interface NotedResult {
  readonly tried: Tried;
  readonly result: Pick<FinishResult, 'deadReason'>;
  readonly tell?: Judged['tell'];
  readonly judgedClass?: Judged['class'];
  /** Set with the last attempt of a set: whether its p95 was beyond half of the deadline. */
  readonly pace?: HealthNote['pace'];
}

interface Pending {
  note: HealthNote;
  /** The failure to be told at once, else the latest since the last success: for the text. */
  trouble?: { readonly tried: Tried };
  tell?: Judged['tell'];
  subscription: DeliverySubscription;
}

export class HealthKeeper {
  private pending = new Map<number, Pending>();
  /** Subscriptions this process has seen fail and not yet recover. */
  private readonly failing = new Set<number>();
  private round?: Promise<void>;

  constructor(private readonly deps: HealthKeeperDeps) {}

  /** Notes results that the ledger has taken, in the order in which they ended. Successes of a healthy subscription cost nothing. */
  note(results: readonly NotedResult[]): void {
    for (const result of results) {
      const { outcome, run } = result.tried;
      if (outcome?.class === 'S') this.noteSuccess(result.tried);
      else if (outcome && (outcome.class !== 'O' || run.isProbe)) this.noteFailure(result);
      if (result.pace) this.notePace(result.tried, result.pace);
    }
    this.flush();
  }

  /** Waits for the round under way, and makes one for whatever is left. */
  async settle(): Promise<void> {
    this.flush();
    while (this.round) await this.round;
  }

  /** Starts a round when something is pending and none is running. Called again regularly, so that a failed round is made up for. */
  flush(): void {
    if (this.round || this.pending.size === 0) return;
    this.round = this.runRound().finally(() => {
      this.round = undefined;
      this.flush();
    });
  }

  private noteSuccess(tried: Tried): void {
    const { run, subscription } = tried;
    const key = run.subscriptionKey;
    const before = this.pending.get(key);
    const isLimited = run.isProbe || run.limit < run.reading.cap;
    if (!run.reading.isFailing && !isLimited && !this.failing.has(key) && !before) return;
    const note: HealthNote = {
      subscriptionKey: key,
      hasSuccess: true,
      failures: 0,
      tally: withSuccess(before?.note.tally ?? NOTHING),
      pace: before?.note.pace,
    };
    // What is to be told at once outlives a success of another key in the same round, and so does its text.
    this.pending.set(key, { note, subscription, tell: before?.tell, trouble: before?.tell && before.trouble });
  }

  private noteFailure({ tried, result, tell, judgedClass }: NotedResult): void {
    const { run, delivery, subscription } = tried;
    const outcome = tried.outcome!;
    const key = run.subscriptionKey;
    // A resend is someone's own wish: when it fails the breaker must know, so that it holds no more than other requests do, but nothing that
    // is owed was refused, so the Subscription is not told. A message judged to be the trouble itself is told of as a dead letter: its endpoint is well.
    const isUncounted = outcome.class === 'O' || delivery.resendNo !== undefined || result.deadReason === 'poison';
    const before = this.pending.get(key);
    if (outcome.class !== 'O') this.failing.add(key);
    const failure = {
      class: judgedClass ?? outcome.class,
      keyHash: delivery.keyHash,
      isUnreachable: outcome.isUnreachable === true,
      retryAfterMs: outcome.retryAfterMs,
      eventNo: delivery.eventNo,
      startedAt: tried.startedAt.getTime(),
      isProbe: run.isProbe,
    };
    const note: HealthNote = {
      subscriptionKey: key,
      hasSuccess: before?.note.hasSuccess ?? false,
      failures: (before?.note.failures ?? 0) + (isUncounted ? 0 : 1),
      firstFailedAt: before?.note.firstFailedAt ?? (isUncounted ? undefined : tried.startedAt),
      lastFailedAt: isUncounted ? before?.note.lastFailedAt : tried.endedAt,
      lastError: isUncounted ? before?.note.lastError : lineOf(tried),
      reason: outcome.class === 'P' ? outcome.reason : before?.note.reason,
      tally: withFailure(before?.note.tally ?? NOTHING, failure),
      pace: before?.note.pace,
    };
    const isOutranked = isUncounted || (before?.tell !== undefined && tell === undefined);
    const trouble = isOutranked ? before?.trouble : { tried };
    this.pending.set(key, { note, trouble, tell: tell ?? before?.tell, subscription });
  }

  /** A slow set always counts; a good one only while the adaptive limit has something to give back. */
  private notePace({ run, subscription }: Tried, pace: 'slow' | 'well'): void {
    const key = run.subscriptionKey;
    const before = this.pending.get(key);
    if (pace === 'well' && !before && run.limit >= run.reading.cap) return;
    const note = before?.note ?? { subscriptionKey: key, hasSuccess: false, failures: 0 };
    this.pending.set(key, { subscription, ...before, note: { ...note, pace } });
  }

  private async runRound(): Promise<void> {
    const round = this.pending;
    this.pending = new Map();
    try {
      const notes = [...round.values()].map(({ note }) => note).sort((a, b) => a.subscriptionKey - b.subscriptionKey);
      await failpoint('health.before-write');
      const healths = await this.deps.database.transaction(async (tx) => {
        const noted = await noteHealth(tx, notes);
        const now = this.deps.clock.now();
        const changes = noted.map((health) => this.breakerChange(health, round.get(health.subscriptionKey)!, now));
        await writeBreakers(tx, now, changes);
        return noted.map((health, index) => ({ health, change: changes[index]! }));
      });
      for (const key of round.keys())
        this.tellOwner(key, healths.find(({ change }) => change.subscriptionKey === key)?.change);
      for (const { health } of healths) await this.tellSubscription(health, round.get(health.subscriptionKey)!);
    } catch (error) {
      for (const key of round.keys()) this.deps.onNoted(key);
      // Expected: a lost database. The counters of this round are lost; the next result of each subscription brings them up to date.
      this.deps.log.warn({ reason: describeError(error) }, 'subscription.health-not-written');
    }
  }

  private breakerChange(health: Health, { note, subscription }: Pending, now: Date): BreakerChange {
    const { defaults, random } = this.deps;
    const before: Breaker = health.breaker ?? CLOSED;
    const cap = health.cap ?? subscription.cap;
    const policy = {
      baseMs: subscription.retryBaseMs,
      factor: defaults.retryFactor,
      maxMs: defaults.retryMaxMs,
      jitter: defaults.retryJitter,
    };
    const context = { cap, now: now.getTime(), policy, random: random() };
    const tallied = note.tally ? afterBatch(before, note.tally, context) : before;
    const after = note.pace ? afterPace(tallied, note.pace === 'slow', cap) : tallied;
    return { subscriptionKey: health.subscriptionKey, cap, before, after };
  }

  private tellOwner(key: number, change: BreakerChange | undefined): void {
    const { onNoted, log } = this.deps;
    if (change === undefined) return onNoted(key);
    const { before, after, cap } = change;
    if ((before.open === undefined) !== (after.open === undefined))
      log.info({ subscriptionKey: key, isOpen: after.open !== undefined }, 'subscription.breaker-changed');
    onNoted(key, gateOf(after, cap), after.open && new Date(after.open.notBefore));
  }

  private async tellSubscription(health: Health, pending: Pending): Promise<void> {
    const { statuses, log } = this.deps;
    const key = health.subscriptionKey;
    const step = nextStatus(health, pending.note, pending.tell, {
      now: this.deps.clock.now(),
      subscription: pending.subscription,
    });
    if (pending.note.hasSuccess && pending.note.failures === 0) this.failing.delete(key);
    if (step === undefined) return;
    try {
      await failpoint('health.before-status');
      const text = await this.textOf(health, pending);
      const wrote =
        step === 'active'
          ? await statuses.setActive(key)
          : await (step === 'off' ? statuses.setOff(key, text) : statuses.setError(key, text));
      // Without its text, which names a resource.
      const facts = { subscriptionId: pending.subscription.id, subscriptionKey: key, status: step };
      if (wrote) log.info(facts, 'subscription.status-changed');
    } catch (error) {
      // Expected: a lost database. The failing mark stays, so the next result tries again.
      this.failing.add(key);
      log.warn(
        { subscriptionId: pending.subscription.id, status: step, reason: describeError(error) },
        'subscription.status-not-written',
      );
    }
  }

  private async textOf({ subscriptionKey, lastError = '' }: Health, { trouble }: Pending): Promise<string> {
    return trouble ? lineOf(trouble.tried, await countWaiting(this.deps.database, subscriptionKey)) : lastError;
  }
}

/** Which status the Subscription should be given, if any. Pure. */
export function nextStatus(
  health: Health,
  note: HealthNote,
  tell: Judged['tell'],
  context: {
    readonly now: Date;
    readonly subscription: Pick<DeliverySubscription, 'errorAfterMs' | 'errorAfterAttempts'>;
  },
): 'off' | 'error' | 'active' | undefined {
  if (health.status === 'off') return undefined;
  if (tell === 'off') return 'off';
  // While a key is blocked its Subscription is in error, however well the others go.
  if (health.hasBlocked) return health.status === 'error' ? undefined : 'error';
  if (health.failures === 0) return health.status === 'error' && note.hasSuccess ? 'active' : undefined;
  // What is not charged to the endpoint tells nothing about it, however it did before.
  if (health.status === 'error' || note.failures === 0) return undefined;
  if (tell === 'error') return 'error';
  const { errorAfterMs, errorAfterAttempts } = context.subscription;
  const failingMs = health.failingSince ? context.now.getTime() - health.failingSince.getTime() : 0;
  return failingMs >= errorAfterMs && health.failures >= errorAfterAttempts ? 'error' : undefined;
}

function lineOf(tried: Tried, waiting?: number): string {
  const { delivery, outcome, request, subscription } = tried;
  return errorText(
    {
      at: tried.endedAt,
      method: request?.method ?? 'not sent to',
      url: request?.url ?? subscription.endpoint,
      outcome: outcome!.reason,
      attempt: delivery.attempts + (outcome!.isSent ? 1 : 0),
      eventNumber: delivery.eventNo,
    },
    waiting,
  );
}
