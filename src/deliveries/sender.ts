// Starts attempts: slices in turn, each up to its share of its subscription's cap, all together up to the limit of the process.
import { describeError, type Log } from '../platform';
import type { DeliverySubscription } from '../subscriptions';
import { attempt, type AttemptDeps, type Tried } from './attempt';
import type { WaitingDelivery } from './ledger/rows';
import type { OwnedSlices } from './owned-slices';
import type { SliceRun } from './slice-run';
import type { SubscriptionCache } from './subscription-cache';

export interface SenderDeps extends AttemptDeps {
  readonly log: Log;
  readonly owned: OwnedSlices;
  readonly subscriptions: SubscriptionCache;
  readonly inFlightMax: number;
  /** How many results may wait for the ledger before nothing more is started. */
  readonly resultsMax: number;
  /** Called whenever a result was added. */
  readonly onTried: () => void;
}

export class Sender {
  /** Attempts that ended and are not in the ledger yet, in the order in which they ended. */
  results: Tried[] = [];
  inFlight = 0;
  isStopping = false;

  constructor(private readonly deps: SenderDeps) {}

  /** Starts what may start now. What cannot, for its share or its permission, is offered again when that changes. */
  pump(): void {
    const { clock, owned } = this.deps;
    if (this.isStopping || this.isFull()) return;
    const nowMs = clock.monotonicMs();
    const now = clock.now();
    owned.eachRunnable((run) => {
      while (run.inFlight < run.share && run.maySend(nowMs, now)) {
        if (this.isFull()) return 'full';
        if (!this.startOne(run)) break;
      }
      return 'done';
    });
  }

  private isFull(): boolean {
    // Results the ledger has not taken hold up new requests: otherwise a lost database would cost thousands of repeats.
    return this.inFlight >= this.deps.inFlightMax || this.results.length >= this.deps.resultsMax;
  }

  private startOne(run: SliceRun): boolean {
    const subscription = this.deps.subscriptions.get(run.subscriptionKey, run.reading.configVersion);
    const delivery = subscription && run.take();
    if (!delivery) return false;
    void this.try(run, delivery, subscription);
    return true;
  }

  private async try(run: SliceRun, delivery: WaitingDelivery, subscription: DeliverySubscription): Promise<void> {
    const { log, owned, onTried } = this.deps;
    run.inFlight += 1;
    this.inFlight += 1;
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
    this.inFlight -= 1;
    if (tried === undefined) {
      run.putBack(delivery);
      if (run.isLost && run.isEmpty) owned.remove(run);
      return;
    }
    if (tried.outcome?.class === 'S') run.markSuccess(tried.endedAt);
    this.results.push(tried);
    onTried();
    owned.offer(run);
    this.pump();
  }
}
