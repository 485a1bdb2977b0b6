// The Subscriptions whose deliveries are at hand, decrypted: read in sets, kept for as long as their config version holds.
import type { DeliverySubscription } from '../subscriptions';
import { SUBSCRIPTION_CACHE_MAX } from './limits';

/** The subscriptions room's door: the living ones among these keys. */
export type ReadSubscriptions = (keys: readonly number[]) => Promise<ReadonlyMap<number, DeliverySubscription>>;

export class SubscriptionCache {
  private readonly kept = new Map<number, DeliverySubscription>();

  constructor(private readonly read: ReadSubscriptions) {}

  /** The Subscription, when it is kept and not older than `configVersion`. */
  get(key: number, configVersion: number): DeliverySubscription | undefined {
    const found = this.kept.get(key);
    return found !== undefined && found.configVersion >= configVersion ? found : undefined;
  }

  /** Reads those that are missing or older, in one call. */
  async refresh(
    wanted: readonly { readonly subscriptionKey: number; readonly reading: { readonly configVersion: number } }[],
  ): Promise<void> {
    const missing = wanted.filter((run) => !this.get(run.subscriptionKey, run.reading.configVersion));
    const keys = [...new Set(missing.map((run) => run.subscriptionKey))];
    if (keys.length === 0) return;
    const found = await this.read(keys);
    for (const key of keys) {
      // Deleted and set again, so that the order of the map is the order of age.
      this.kept.delete(key);
      const subscription = found.get(key);
      if (subscription) this.kept.set(key, subscription);
    }
    for (const key of this.kept.keys()) {
      if (this.kept.size <= SUBSCRIPTION_CACHE_MAX) break;
      this.kept.delete(key);
    }
  }
}
