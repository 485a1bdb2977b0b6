// Who may start a request now: the process's slots, the slow ones' half of them, one origin's connections, one subscription's rate.
// What a bad endpoint can hold has a bound here; no clock and no I/O.
import { SLOW_POOL_SHARE } from './limits';
import type { PaceBook } from './pace';

/** What a start is charged to. */
export interface Payer {
  readonly subscriptionKey: number;
  /** Scheme, host and port of the endpoint. */
  readonly origin: string;
  readonly isOpen: boolean;
  /** Requests per second; absent: as many as it can. */
  readonly rate?: number;
}

/** Why not: everything is in use, the slow ones' part is, the origin's connections are, or it is too early for the rate. */
export type Refusal =
  | { readonly cause: 'full' }
  | { readonly cause: 'slow' }
  | { readonly cause: 'origin'; readonly origin: string }
  | { readonly cause: 'rate'; readonly untilMs: number };

interface Use {
  /** When each running attempt began, the oldest first. */
  readonly since: number[];
  isSlow: boolean;
}

export class Slots {
  inFlight = 0;
  slowInFlight = 0;
  private readonly uses = new Map<number, Use>();
  private readonly origins = new Map<string, number>();
  /** When the next request of a subscription with a rate may start. */
  private readonly nextAtMs = new Map<number, number>();

  constructor(
    private readonly bounds: { readonly inFlightMax: number; readonly connectionsPerOrigin: number },
    private readonly pace: PaceBook,
  ) {}

  /** Requests at once, of all together. */
  get max(): number {
    return this.bounds.inFlightMax;
  }

  /** Undefined: it may start. A refusal uses up nothing, no attempt and no rate. */
  refuses(payer: Payer, nowMs: number): Refusal | undefined {
    if (this.inFlight >= this.max) return { cause: 'full' };
    const isSlow = this.judge(payer.subscriptionKey, payer.isOpen, nowMs);
    if (isSlow && !this.hasRoom('slow')) return { cause: 'slow' };
    if (!this.hasRoom(payer)) return { cause: 'origin', origin: payer.origin };
    const untilMs = payer.rate === undefined ? undefined : this.nextAtMs.get(payer.subscriptionKey);
    return untilMs !== undefined && untilMs > nowMs ? { cause: 'rate', untilMs } : undefined;
  }

  /** A place in the slow ones' part, or at an origin. */
  hasRoom(part: 'slow' | { readonly origin: string }): boolean {
    const { inFlightMax, connectionsPerOrigin } = this.bounds;
    if (part === 'slow') return this.slowInFlight < Math.max(1, Math.floor(inFlightMax / SLOW_POOL_SHARE));
    return (this.origins.get(part.origin) ?? 0) < connectionsPerOrigin;
  }

  started(payer: Payer, nowMs: number): void {
    const use = this.uses.get(payer.subscriptionKey) ?? { since: [], isSlow: false };
    this.uses.set(payer.subscriptionKey, use);
    use.since.push(nowMs);
    this.inFlight += 1;
    if (use.isSlow) this.slowInFlight += 1;
    this.judge(payer.subscriptionKey, payer.isOpen, nowMs);
    this.origins.set(payer.origin, (this.origins.get(payer.origin) ?? 0) + 1);
    if (payer.rate !== undefined) this.nextAtMs.set(payer.subscriptionKey, nowMs + 1_000 / payer.rate);
  }

  /** `startedMs`: what was passed to `started`. */
  ended(payer: Payer, startedMs: number): void {
    this.inFlight -= 1;
    const left = (this.origins.get(payer.origin) ?? 1) - 1;
    if (left > 0) this.origins.set(payer.origin, left);
    else this.origins.delete(payer.origin);
    const use = this.uses.get(payer.subscriptionKey);
    if (!use) return;
    if (use.isSlow) this.slowInFlight -= 1;
    use.since.splice(use.since.indexOf(startedMs), 1);
    if (use.since.length === 0) this.uses.delete(payer.subscriptionKey);
  }

  /** True for a subscription that counts to the slow ones: breaker open, p95 beyond the limit, or a request running longer than that. */
  isSlow(subscriptionKey: number, isOpen: boolean, nowMs: number): boolean {
    const oldest = this.uses.get(subscriptionKey)?.since[0];
    return isOpen || (oldest !== undefined && nowMs - oldest > this.pace.slowMs) || this.pace.isSlow(subscriptionKey);
  }

  /** Looks again at everyone who has something in flight: a request may have grown old meanwhile. */
  recheck(nowMs: number): void {
    for (const subscriptionKey of this.uses.keys()) this.judge(subscriptionKey, false, nowMs);
    for (const [subscriptionKey, atMs] of this.nextAtMs) if (atMs <= nowMs) this.nextAtMs.delete(subscriptionKey);
  }

  private judge(subscriptionKey: number, isOpen: boolean, nowMs: number): boolean {
    const isSlow = this.isSlow(subscriptionKey, isOpen, nowMs);
    const use = this.uses.get(subscriptionKey);
    if (use && use.isSlow !== isSlow) {
      use.isSlow = isSlow;
      this.slowInFlight += isSlow ? use.since.length : -use.since.length;
    }
    return isSlow;
  }
}
