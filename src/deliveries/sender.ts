// Starts attempts: slices in turn, each up to its share of its subscription's limit, all together within the slots of the process.
import { describeError, type Log } from '../platform';
import type { DeliverySubscription } from '../subscriptions';
import { attempt, type AttemptDeps, type Tried } from './attempt';
import type { WaitingDelivery } from './ledger/rows';
import type { OwnedSlices } from './owned-slices';
import { RATE_WAIT_MS_MAX } from './limits';
import type { SliceRun } from './slice-run';
import type { Payer, Slots } from './slots';
import type { SubscriptionCache } from './subscription-cache';
import { WaitingRoom, type Cause } from './waiting-room';

export interface SenderDeps extends AttemptDeps {
  readonly log: Log;
  readonly owned: OwnedSlices;
  readonly subscriptions: SubscriptionCache;
  readonly slots: Slots;
  /** How many results may wait for the ledger before nothing more is started. */
  readonly resultsMax: number;
  /** Called whenever a result was added. */
  readonly onTried: () => void;
}

export class Sender {
  /** Attempts that ended and are not in the ledger yet, in the order in which they ended. */
  results: Tried[] = [];
  isStopping = false;
  private readonly refused = new WaitingRoom();
  private readonly origins = new WeakMap<DeliverySubscription, string>();
  private isTimed = false;

  constructor(private readonly deps: SenderDeps) {}

  get inFlight(): number {
    return this.deps.slots.inFlight;
  }

  /** Starts what may start now. What cannot, for its share or its permission, is offered again when that changes. */
  pump(): void {
    const { clock, owned } = this.deps;
    if (this.isStopping || this.isFull()) return;
    const nowMs = clock.monotonicMs();
    const now = clock.now();
    owned.eachRunnable((run) => {
      while (run.inFlight < run.share && run.maySend(nowMs, now)) {
        if (this.isFull()) return 'full';
        if (!this.startOne(run, nowMs)) break;
      }
      return 'done';
    });
  }

  private isFull(): boolean {
    // Results the ledger has not taken hold up new requests: otherwise a lost database would cost thousands of repeats.
    return this.inFlight >= this.deps.slots.max || this.results.length >= this.deps.resultsMax;
  }

  private startOne(run: SliceRun, nowMs: number): boolean {
    const { subscriptions, slots } = this.deps;
    const subscription = subscriptions.get(run.subscriptionKey, run.reading.configVersion);
    if (!subscription || run.isDrained) return false;
    const payer = this.payerOf(run, subscription);
    const refusal = slots.refuses(payer, nowMs);
    if (refusal) {
      this.refused.put(run, refusal);
      if (refusal.cause === 'rate') this.pumpAt(refusal.untilMs, nowMs);
      return false;
    }
    const delivery = run.take();
    if (!delivery) return false;
    slots.started(payer, nowMs);
    void this.try(run, delivery, subscription).finally(() => this.giveBack(payer, nowMs));
    return true;
  }

  private payerOf(run: SliceRun, subscription: DeliverySubscription): Payer {
    const { owned } = this.deps;
    let origin = this.origins.get(subscription);
    if (origin === undefined) {
      origin = URL.canParse(subscription.endpoint) ? new URL(subscription.endpoint).origin : subscription.endpoint;
      this.origins.set(subscription, origin);
    }
    const { ratePerSecond } = subscription;
    // Other processes may hold the other slices: each takes the part of the rate that its slices stand for.
    const part = owned.countOf(run.subscriptionKey) / run.reading.slices;
    const rate = ratePerSecond === undefined ? undefined : ratePerSecond * Math.min(1, part);
    return { subscriptionKey: run.subscriptionKey, origin, isOpen: run.reading.isOpen === true, rate };
  }

  /** A place is free again: those who were refused it come before the next pump. */
  private giveBack(payer: Payer, startedMs: number): void {
    this.deps.slots.ended(payer, startedMs);
    this.offerWaiting({ origin: payer.origin });
    this.offerWaiting('slow');
    this.pump();
  }

  /** One after the other until the places are taken: offering everyone who waits would cost each delivery as many looks as there are slices. */
  private offerWaiting(cause: Exclude<Cause, 'rate'>): void {
    while (!this.isFull() && this.deps.slots.hasRoom(cause)) {
      const run = this.refused.take(cause);
      if (!run) return;
      this.deps.owned.offer(run);
      this.pump();
    }
  }

  private pumpAt(untilMs: number, nowMs: number): void {
    if (this.isTimed) return;
    this.isTimed = true;
    void this.deps.clock.sleep(Math.min(RATE_WAIT_MS_MAX, Math.max(1, Math.ceil(untilMs - nowMs)))).then(() => {
      this.isTimed = false;
      for (let run = this.refused.take('rate'); run; run = this.refused.take('rate')) this.deps.owned.offer(run);
      this.pump();
    });
  }

  private async try(run: SliceRun, delivery: WaitingDelivery, subscription: DeliverySubscription): Promise<void> {
    const { log, owned, onTried } = this.deps;
    run.inFlight += 1;
    let tried: Tried | undefined;
    try {
      tried = await attempt(this.deps, run, delivery, subscription);
    } catch (error) {
      // Expected: the store cannot be asked. The delivery stays where it is; the next round of the lease keeper offers it again.
      log.error(
        { reason: describeError(error), subscriptionId: subscription.id, eventId: delivery.eventId },
        'delivery.not-started',
      );
    }
    run.inFlight -= 1;
    if (tried === undefined) {
      run.putBack(delivery);
      if (run.isLost && run.isEmpty) owned.remove(run);
      return;
    }
    if (run.isProbe && tried.outcome && !tried.isParked) run.hasProbed = true;
    if (tried.outcome?.class === 'S') run.markSuccess(tried.endedAt);
    else if (tried.outcome) run.markFailure(delivery.eventNo);
    this.results.push(tried);
    onTried();
    owned.offer(run);
  }
}
