// Second thoughts about where groups lie. Subscriptions are loaded before any event was seen, so they are filed by what is usual; where that
// proves wrong, because an event meets many under one key that do not match, they are filed anew with what was counted since. A few per event.
import { EVENTS_BETWEEN_REVIEWS, REFILED_PER_EVENT } from '../limits';
import type { Bucket } from './bucket';

export class Review {
  /** Numbers of groups that wait for their turn. */
  private waiting: number[] = [];
  private readonly reviewedAt = new WeakMap<Bucket, number>();

  /** In: a bucket that made an event look at much for little. Reviewed when nothing else is, and not again for a while. */
  suspect(bucket: Bucket, event: number): void {
    if (this.waiting.length > 0) return;
    const last = this.reviewedAt.get(bucket);
    if (last !== undefined && event - last < EVENTS_BETWEEN_REVIEWS) return;
    this.reviewedAt.set(bucket, event);
    this.waiting = [...bucket.all()];
  }

  /** The next groups to file anew; some may be gone meanwhile. */
  next(): readonly number[] {
    return this.waiting.splice(-REFILED_PER_EVENT);
  }
}
