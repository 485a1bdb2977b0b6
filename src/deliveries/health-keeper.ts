// Tells Subscriptions how their deliveries go: failure counters after each batch, `error` after a while of unbroken failure, `active` again after
// a success. Runs beside the sending, one round at a time; nothing here delays a delivery.
import { describeError, failpoint, type Clock, type Database, type Log } from '../platform';
import type { DeliverySubscription } from '../subscriptions';
import type { Tried } from './attempt';
import { errorText } from './error-text';
import type { Judged } from './judge';
import { countWaiting, noteHealth, type Health, type HealthNote } from './ledger/health';

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
}

interface Trouble {
  readonly tried: Tried;
  readonly tell?: Judged['tell'];
}

interface Pending {
  note: HealthNote;
  /** The latest failure since the last success, for the text. */
  trouble?: Trouble;
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
  note(results: readonly { readonly tried: Tried; readonly tell?: Judged['tell'] }[]): void {
    for (const { tried, tell } of results) {
      const { outcome } = tried;
      if (outcome === undefined || outcome.class === 'O') continue;
      if (outcome.class === 'S') this.noteSuccess(tried);
      else this.noteFailure({ tried, tell });
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
    const key = tried.run.subscriptionKey;
    if (!tried.run.reading.isFailing && !this.failing.has(key) && !this.pending.has(key)) return;
    const note = { subscriptionKey: key, hasSuccess: true, failures: 0 };
    this.pending.set(key, { note, subscription: tried.subscription, tell: this.pending.get(key)?.tell });
  }

  private noteFailure(trouble: Trouble): void {
    const { tried, tell } = trouble;
    const key = tried.run.subscriptionKey;
    this.failing.add(key);
    const before = this.pending.get(key);
    const note: HealthNote = {
      subscriptionKey: key,
      hasSuccess: before?.note.hasSuccess ?? false,
      failures: (before?.note.failures ?? 0) + 1,
      firstFailedAt: before?.note.firstFailedAt ?? tried.startedAt,
      lastFailedAt: tried.endedAt,
      lastError: lineOf(tried),
      reason: tried.outcome!.class === 'P' ? tried.outcome!.reason : before?.note.reason,
    };
    this.pending.set(key, { note, trouble, tell: tell ?? before?.tell, subscription: tried.subscription });
  }

  private async runRound(): Promise<void> {
    const round = this.pending;
    this.pending = new Map();
    try {
      const notes = [...round.values()].map(({ note }) => note).sort((a, b) => a.subscriptionKey - b.subscriptionKey);
      await failpoint('health.before-write');
      const healths = await this.deps.database.transaction((tx) => noteHealth(tx, notes));
      for (const health of healths) await this.tellSubscription(health, round.get(health.subscriptionKey)!);
    } catch (error) {
      // Expected: a lost database. The counters of this round are lost; the next result of each subscription brings them up to date.
      this.deps.log.warn({ reason: describeError(error) }, 'subscription.health-not-written');
    }
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
      const text = pending.trouble ? lineOf(pending.trouble.tried, await countWaiting(this.deps.database, key)) : '';
      const wrote =
        step === 'active'
          ? await statuses.setActive(key)
          : await (step === 'off' ? statuses.setOff(key, text) : statuses.setError(key, text));
      if (wrote)
        log.info(
          { subscriptionId: pending.subscription.id, subscriptionKey: key, status: step, text },
          'subscription.status-changed',
        );
    } catch (error) {
      // Expected: a lost database. The failing mark stays, so the next result tries again.
      this.failing.add(key);
      log.warn(
        { subscriptionId: pending.subscription.id, status: step, reason: describeError(error) },
        'subscription.status-not-written',
      );
    }
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
  if (health.failures === 0) return health.status === 'error' && note.hasSuccess ? 'active' : undefined;
  if (health.status === 'error') return undefined;
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
