// Takes part in writes of Subscriptions: the runtime row changes in the status's own transaction, so that "may this be sent?" is never behind it.
import type { Clock, Tx } from '../platform';
import type { ResourceChange, WriteParticipant } from '../store';
import { incarnationsOf, type Incarnation } from '../subscriptions';
import type { DeliveryDoorbell } from './delivery.doorbell';
import { tombstone, writeRuntimes, type RuntimeSettings } from './ledger/runtime';
import { SLICES_MAX } from './limits';
import { slicesFor } from './ordering';

export interface DeliveryParticipantDeps {
  readonly clock: Clock;
  readonly doorbell: DeliveryDoorbell;
  /** The subscriptions room's door; replaceable in tests. */
  readonly incarnationsOf?: typeof incarnationsOf;
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

  async commitAll(tx: Tx, changes: readonly ResourceChange[]): Promise<void> {
    const written: ResourceChange[] = [];
    for (const change of changes) {
      if (change.interaction === 'delete') await tombstone(tx, change.context.tenant, change.id);
      else written.push(change);
    }
    if (written.length === 0) return;
    const ids = written.map(({ id }) => id);
    // One transaction belongs to one tenant.
    const found = await (this.deps.incarnationsOf ?? incarnationsOf)(tx, written[0]!.context.tenant, ids);
    const settings = written.map((change) => {
      const incarnation = found.get(change.id);
      if (incarnation === undefined || !incarnation.alive) {
        throw new Error(`Subscription/${change.id} has no living incarnation after its write`);
      }
      this.touched.set(change, incarnation.subscriptionKey);
      return settingsOf(incarnation, change);
    });
    await writeRuntimes(tx, this.deps.clock.now(), settings);
  }

  committed(change: ResourceChange): void {
    const key = this.touched.get(change);
    if (key !== undefined) this.deps.doorbell.ring([key]);
  }
}

function settingsOf({ config, ...incarnation }: Incarnation, change: ResourceChange): RuntimeSettings {
  const { subscriptionKey, tenant, id: subscriptionId, status, endsAt, configVersion } = incarnation;
  const { orderingKey, cap, ratePerSecond } = config;
  return {
    subscriptionKey,
    tenant,
    subscriptionId,
    status,
    ...(endsAt && { endsAt }),
    configVersion,
    orderingKey,
    cap,
    // A rate is kept exactly by one owner.
    slices: ratePerSecond === undefined ? slicesFor(orderingKey, cap, SLICES_MAX) : 1,
    isClientWrite: change.context.isSystemWrite !== true,
  };
}
