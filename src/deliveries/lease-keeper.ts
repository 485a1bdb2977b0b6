// Keeps permission fresh: every half second the reading of every owned slice, and leases prolonged before they run out.
import { failpoint, type Clock, type Database } from '../platform';
import { readOwned, renewLeases } from './ledger/leases';
import { sliceKey } from './ledger/rows';
import { RENEW_AFTER_SHARE } from './limits';
import type { OwnedSlices } from './owned-slices';
import type { SliceRun } from './slice-run';
import type { SubscriptionCache } from './subscription-cache';

export interface LeaseKeeperDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly owned: OwnedSlices;
  readonly subscriptions: SubscriptionCache;
  readonly leaseMs: number;
}

export class LeaseKeeper {
  constructor(private readonly deps: LeaseKeeperDeps) {}

  /** One round. Throws when the database is lost: readings then grow old and nothing more is started. */
  async round(): Promise<void> {
    const { database, clock, owned, subscriptions } = this.deps;
    const runs = owned.all().filter((run) => !run.isLost);
    if (runs.length === 0) return;
    // Before asking: the answer is at least as new as this.
    const readAtMs = clock.monotonicMs();
    const readings = new Map((await readOwned(database, runs)).map((reading) => [sliceKey(reading), reading]));
    for (const run of runs) {
      const found = readings.get(sliceKey(run));
      if (found === undefined || found.epoch !== run.epoch || !found.isLeased) this.lose(run);
      else run.reread(found.reading, readAtMs);
      if (run.isEnding || run.hasEnded(clock.now())) run.end();
    }
    const kept = runs.filter((run) => !run.isLost);
    await subscriptions.refresh(kept.filter((run) => !run.isEnding));
    await this.renew(kept);
  }

  private async renew(runs: readonly SliceRun[]): Promise<void> {
    const { database, clock, leaseMs } = this.deps;
    const now = clock.now();
    const old = runs.filter((run) => run.leaseUntil.getTime() - now.getTime() < leaseMs - leaseMs / RENEW_AFTER_SHARE);
    if (old.length === 0) return;
    const until = new Date(now.getTime() + leaseMs);
    await failpoint('lease.before-renew');
    const renewed = new Set(
      (await renewLeases(database, old.map(withRate(clock.monotonicMs())), until, now)).map(sliceKey),
    );
    await failpoint('lease.after-renew');
    for (const run of old) {
      if (renewed.has(sliceKey(run))) run.leaseUntil = until;
      else if (this.deps.owned.get(run) === run) this.lose(run);
    }
  }

  private lose(run: SliceRun): void {
    run.lose();
    if (run.isEmpty) this.deps.owned.remove(run);
  }
}

function withRate(nowMs: number) {
  return (run: SliceRun) => ({
    subscriptionKey: run.subscriptionKey,
    sliceNo: run.sliceNo,
    epoch: run.epoch,
    successes: run.successes,
    rate: run.measureRate(nowMs),
  });
}
