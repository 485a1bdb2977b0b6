// Claims due slices: at a ring, when one is known to become due, and by the sweep, which alone is enough.
import {
  describeError,
  failpoint,
  Wake,
  type Clock,
  type Database,
  type DeliveryDefaults,
  type Log,
} from '../platform';
import { claimSlices, type ClaimedSlice } from './ledger/claim';
import { CLAIM_SLICES_MAX, LEDGER_RETRY_MS, OWNED_SLICES_MAX } from './limits';
import type { OwnedSlices } from './owned-slices';

export interface ClaimerDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly defaults: DeliveryDefaults;
  readonly owned: OwnedSlices;
  /** Takes what was claimed; `readAtMs` is how fresh its readings are, monotonic. */
  readonly adopt: (slices: readonly ClaimedSlice[], readAtMs: number) => Promise<void>;
  /** Nothing more can be taken: those who hold places for long may give some back. */
  readonly makeRoom: () => void;
}

export class Claimer {
  private readonly wake: Wake;
  private nextDueAtMs = Infinity;
  private sweptAtMs = -Infinity;
  private narrowDueAtMs = Infinity;

  constructor(private readonly deps: ClaimerDeps) {
    this.wake = new Wake(deps.clock);
  }

  /** Look now. */
  ring(): void {
    this.wake.ring();
  }

  /** Look again at this time, if not before; also at subscriptions that may lease only some of their slices. */
  ringAt(at: Date, isNarrow = false): void {
    if (isNarrow) this.narrowDueAtMs = Math.min(this.narrowDueAtMs, at.getTime());
    if (at.getTime() >= this.nextDueAtMs) return;
    this.nextDueAtMs = at.getTime();
    this.wake.ring();
  }

  /** Room came back: look if something is due that could not be taken before. */
  ringIfDue(): void {
    if (this.hasRoom() && this.nextDueAtMs <= this.deps.clock.now().getTime()) this.wake.ring();
  }

  async loop(signal: AbortSignal): Promise<void> {
    const { clock, defaults, log, owned } = this.deps;
    while (!signal.aborted) {
      let waitMs = defaults.sweepIntervalMs;
      try {
        if (owned.size >= OWNED_SLICES_MAX) this.deps.makeRoom();
        const hasMore = this.hasRoom() && (await this.claim());
        waitMs =
          hasMore && this.hasRoom() ? 0 : Math.max(1, Math.min(waitMs, this.nextDueAtMs - clock.now().getTime()));
        // More is due than there is room for: as soon as some comes back.
        if (hasMore || !this.hasRoom()) this.nextDueAtMs = Math.min(this.nextDueAtMs, clock.now().getTime());
        if (!this.hasRoom()) waitMs = defaults.sweepIntervalMs;
      } catch (error) {
        // Expected: a lost database. Whatever else it is, delivering goes on when it is over.
        log.error({ reason: describeError(error) }, 'delivery.claim-failed');
        waitMs = LEDGER_RETRY_MS;
      }
      await this.wake.wait(waitMs, signal);
    }
  }

  private hasRoom(): boolean {
    return this.deps.owned.size < OWNED_SLICES_MAX && this.deps.owned.runnableCount < this.deps.defaults.inFlightMax;
  }

  private async claim(): Promise<boolean> {
    const { database, clock, defaults, owned, adopt } = this.deps;
    const readAtMs = clock.monotonicMs();
    const isSweep = readAtMs - this.sweptAtMs >= defaults.sweepIntervalMs;
    if (isSweep) this.sweptAtMs = readAtMs;
    if (isSweep) await failpoint('sweep.claim');
    const now = clock.now();
    if (this.nextDueAtMs <= now.getTime()) this.nextDueAtMs = Infinity;
    const includeNarrow = isSweep || this.narrowDueAtMs <= now.getTime();
    if (includeNarrow) this.narrowDueAtMs = Infinity;
    const slicesMax = Math.min(CLAIM_SLICES_MAX, OWNED_SLICES_MAX - owned.size);
    const claim = await claimSlices(database, { ...defaults, now, slicesMax, includeNarrow });
    await failpoint('claim.after-commit');
    await adopt(claim.slices, readAtMs);
    return claim.hasMore;
  }
}
