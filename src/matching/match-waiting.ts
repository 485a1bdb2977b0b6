// Matches whatever waits, in the order of the commits, whoever told of it: what the sweep does, and what a lone matcher does whose hints have no order.
import { drawnSeq, unmatchedRoots } from '../outbox';
import type { Database } from '../platform';
import { SWEEP_ROOTS_MAX } from './limits';
import type { Matcher } from './matcher';

/** Everything that was committed before the call; ends early when `signal` aborts. Throws what the database throws. */
export async function matchWaiting(database: Database, matcher: Matcher, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // The mark first: whatever is under it has its causes among these roots, and what is written meanwhile cannot make this endless.
    const mark = await drawnSeq(database);
    const roots = await unmatchedRoots(database, SWEEP_ROOTS_MAX);
    if (roots.length > 0) await matcher.matchRoots(roots, signal, mark);
    if (roots.length < SWEEP_ROOTS_MAX) return;
  }
}
