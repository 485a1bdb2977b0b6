// Takes part in writes of Subscriptions: the runtime row changes in the status's own transaction, so that "may this be sent?" is never behind it.
import type { Clock, Tx } from '../platform';
import type { ResourceChange, WriteParticipant } from '../store';
import { incarnationOf, type Incarnation } from '../subscriptions';
import type { DeliveryDoorbell } from './delivery.doorbell';
import { tombstone, writeRuntime } from './ledger/runtime';
import { SLICES_MAX } from './limits';
import { slicesFor } from './ordering';

export interface DeliveryParticipantDeps {
  readonly clock: Clock;
  readonly doorbell: DeliveryDoorbell;
  /** The subscriptions room's door; replaceable in tests. */
  readonly incarnationOf?: (tx: Tx, tenant: string, id: string) => Promise<Incarnation | undefined>;
}

/** Register it after the participant of subscriptions: it builds on the incarnation that one leaves. */
export class DeliveryParticipant implements WriteParticipant {
  readonly types = ['Subscription'];
  /** Keys to ring once their write is committed, by the change that touched them. */
  private readonly touched = new WeakMap<ResourceChange, number>();

  constructor(private readonly deps: DeliveryParticipantDeps) {}

  prepare(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async commit(tx: Tx, change: ResourceChange): Promise<void> {
    const { tenant } = change.context;
    if (change.interaction === 'delete') {
      await tombstone(tx, tenant, change.id);
      return;
    }
    const incarnation = await (this.deps.incarnationOf ?? incarnationOf)(tx, tenant, change.id);
    if (incarnation === undefined || !incarnation.alive) {
      throw new Error(`Subscription/${change.id} has no living incarnation after its write`);
    }
    const { config } = incarnation;
    await writeRuntime(tx, this.deps.clock.now(), {
      subscriptionKey: incarnation.subscriptionKey,
      tenant,
      subscriptionId: change.id,
      status: incarnation.status,
      endsAt: incarnation.endsAt,
      configVersion: incarnation.configVersion,
      orderingKey: config.orderingKey,
      cap: config.cap,
      // A rate is kept exactly by one owner.
      slices: config.ratePerSecond === undefined ? slicesFor(config.orderingKey, config.cap, SLICES_MAX) : 1,
      isClientWrite: change.context.isSystemWrite !== true,
    });
    this.touched.set(change, incarnation.subscriptionKey);
  }

  committed(change: ResourceChange): void {
    const key = this.touched.get(change);
    if (key !== undefined) this.deps.doorbell.ring([key]);
  }
}
