// The ledger cut: one transaction that claims events, catches up with the subscriptions, matches in memory, numbers and inserts the
// deliveries, and marks the events. All of it or nothing, so a repeat burns no number and nothing is matched twice.
import type { FhirDefinitions, FhirResource } from '../fhir';
import { claimEvents, lowestUnmatched, markMatched, type ResourceEvent } from '../outbox';
import { failpoint, type Clock, type Database, type Log, type Metrics, type OpenTx, type Tx } from '../platform';
import { versionName } from '../store';
import type { SubscriptionRegistry } from '../subscriptions';
import { BREATH_MS, ROUNDS_MAX } from './limits';
import {
  BATCH_LIMITS,
  decide,
  planPrefix,
  type BatchLimits,
  type BatchOutcome,
  type Pace,
  type PlannedEvent,
} from './match-batch';
import type { MatchIndex } from './match-index.contract';
import { KnownVersions } from './known-versions';
import { MatchMetrics } from './match-metrics';
import { readReferenced, type ChainStart, type ReferencedDeps } from './referenced';
import { nameOf, readBodies } from './version-bodies';

/** One subscription is to hear of one event. */
export interface ScheduledMatch {
  readonly subscriptionKey: number;
  readonly event: ResourceEvent;
}

/** Known when it is committed: the subscriptions that have something new. */
interface Scheduled {
  readonly touched: Promise<readonly number[]>;
}

/**
 * Numbers and inserts deliveries in the order given, by statements that travel with COMMIT; what fails otherwise is thrown at once. The deliveries room's
 * door.
 */
export type ScheduleDeliveries = (tx: OpenTx, now: Date, matched: readonly ScheduledMatch[]) => Scheduled;

/** Which roots a match is about. */
interface Roots {
  now(): readonly number[];
  /** What has been rung since it was asked last. */
  more(): readonly number[];
  /** Events with a higher seq are left alone. */
  readonly mark: number;
}

const NOTHING_DECIDED: BatchOutcome = { decided: [], deliveries: 0, broken: [] };
const NOTHING_SCHEDULED: Scheduled = { touched: Promise.resolve([]) };

export interface MatcherDeps {
  /** Sessions with `MATCHER_SESSION_SETTINGS`. */
  readonly database: Database;
  readonly store: ReferencedDeps['store'];
  readonly definitions: FhirDefinitions;
  readonly registry: SubscriptionRegistry;
  readonly index: MatchIndex;
  readonly schedule: ScheduleDeliveries;
  /** Rung after commit with the subscriptions that have something new to send. */
  readonly onScheduled: (subscriptionKeys: readonly number[]) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly claimMax: number;
  readonly limits?: BatchLimits;
}

/**
 * Without statistics of a fresh partition the planner would scan it, and with JIT a match took ten times as long; the matcher's
 * sessions know better, and make their plans once: planning anew took longer than running. For `Database.open`.
 */
export const MATCHER_SESSION_SETTINGS: Readonly<Record<string, string>> = {
  jit: 'off',
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
};

export class Matcher {
  readonly metrics: MatchMetrics;
  private readonly known = new KnownVersions();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly deps: MatcherDeps) {
    this.metrics = new MatchMetrics(deps.metrics, deps.log);
  }

  /** Loads the subscriptions before the first event waits for them. Repeatable. */
  prime(): Promise<void> {
    return this.alone(() => this.deps.registry.catchUp(this.deps.database));
  }

  /**
   * Matches everything these roots have, transaction by transaction, until a claim finds nothing. Answers false when it stopped earlier
   * (abort, or other roots' turn): then call it again. Throws what the database throws; whatever was not committed is still unmatched.
   * One call at a time per process: callers queue. Events with a seq above `mark` are left alone.
   */
  matchRoots(rootHashes: readonly number[], signal: AbortSignal, mark = Infinity): Promise<boolean> {
    const roots: Roots = { now: () => rootHashes, more: () => [], mark };
    return this.alone(async () => {
      for (let round = 0; round < ROUNDS_MAX && !signal.aborted; round += 1) {
        if ((await this.matchOnce(roots)).length === 0) return true;
      }
      return false;
    });
  }

  /**
   * One transaction on what `now` answers when its turn has come. Of roots that `more` tells of once the claim is done, no later event is decided in it:
   * so with everything rung in hand, causes are numbered before their effects, whatever their roots. Answers the roots that may have more.
   */
  matchRound(roots: Pick<Roots, 'now' | 'more'>): Promise<readonly number[]> {
    return this.alone(() => this.matchOnce({ ...roots, mark: Infinity }));
  }

  /** One transaction. Answers the roots that may have more: what was committed since it claimed has a hint of its own. */
  private async matchOnce(roots: Roots): Promise<readonly number[]> {
    const { database, clock, onScheduled } = this.deps;
    const startedMs = clock.monotonicMs();
    const { outcome, scheduled, left } = await database.transaction((tx) => this.matchInside(tx, roots), {
      isEager: true,
      // What a crash undoes here is matched again: nothing is sent before its slice was claimed, or looked at under a lock, by a commit that waits.
      isFlushedLater: true,
    });
    if (outcome.decided.length === 0) return left;
    await failpoint('match.after-commit');
    const touched = await scheduled.touched;
    if (touched.length > 0) onScheduled(touched);
    this.metrics.batch(outcome, clock.monotonicMs() - startedMs, clock.now());
    this.isolateBroken(outcome);
    return left;
  }

  private async matchInside(
    tx: OpenTx,
    roots: Roots,
  ): Promise<{ outcome: BatchOutcome; scheduled: Scheduled; left: readonly number[] }> {
    const { registry, index, schedule, clock, claimMax, limits = BATCH_LIMITS } = this.deps;
    await failpoint('match.before-claim');
    const asked = roots.now();
    // The catch-up runs after the claim, never before, though they travel together: whoever saw a Subscription active and then wrote is in the claim
    // only after that activation committed.
    const [claimed] = await Promise.all([claimEvents(tx, asked, claimMax), registry.catchUp(tx)]);
    const rung = roots.more();
    const events = await withoutEffects(tx, claimed, rung, roots.mark);
    const unseen = claimed.length < claimMax ? rung : [...asked, ...rung];
    if (events.length === 0)
      return {
        outcome: NOTHING_DECIDED,
        scheduled: NOTHING_SCHEDULED,
        left: leftOf(claimed, events, unseen, roots.mark),
      };
    await failpoint('match.after-claim');
    const fitting = planPrefix(events, index, limits);
    const bodies = await this.readBodies(tx, fitting);
    const planned = await this.withReferenced(tx, fitting, bodies);
    const outcome = await decide(planned, (key) => bodies.get(nameOf(key)), index, limits, paceOf(clock));
    await failpoint('match.after-match');
    const now = clock.now();
    const matches = outcome.decided.flatMap(({ event, matched }) =>
      matched.map(({ subscriptionKey }): ScheduledMatch => ({ subscriptionKey, event })),
    );
    const decided = outcome.decided.map(({ event }) => event);
    // All of it travels with COMMIT, which throws what it fails with: nobody needs an answer before.
    const scheduled = matches.length > 0 ? schedule(tx, now, matches) : NOTHING_SCHEDULED;
    markMatched(
      tx,
      decided.map(({ seq }) => seq),
      now,
    );
    await failpoint('match.after-mark');
    return { outcome, scheduled, left: leftOf(claimed, decided, unseen, roots.mark) };
  }

  /** Always the event's own version (of a delete the one before), never the current one. Throws when a version is missing: it was committed with its event. */
  private async readBodies(tx: Tx, planned: readonly PlannedEvent[]): Promise<Map<string, FhirResource>> {
    const keys = planned.flatMap(({ read }) => read ?? []);
    const found = await readBodies(this.deps.store, keys, tx);
    return new Map(
      keys.map((key) => {
        const body = found.get(nameOf(key));
        if (body === undefined)
          throw new Error(`The version ${versionName(key)} of a committed event is not in the store`);
        return [nameOf(key), body];
      }),
    );
  }

  /** With what the events refer to, where criteria ask for it; a prefix when that is too much to read at once. */
  private async withReferenced(
    tx: Tx,
    planned: readonly PlannedEvent[],
    bodies: ReadonlyMap<string, FhirResource>,
  ): Promise<readonly PlannedEvent[]> {
    const starts = new Map<PlannedEvent, ChainStart>();
    for (const one of planned) {
      const { tenant, type, writtenAt: at } = one.event;
      const resource = one.read && bodies.get(nameOf(one.read));
      const chains = resource ? this.deps.index.chainsOf(tenant, type) : [];
      if (resource && chains.length > 0) starts.set(one, { tenant, resource, at, chains });
    }
    if (starts.size === 0) return planned;
    const asking = [...starts.keys()];
    const read = await readReferenced(this.deps, [...starts.values()], this.known, tx);
    const firstUnread = asking[read.length];
    const ready = firstUnread ? planned.slice(0, planned.indexOf(firstUnread)) : planned;
    const referenced = new Map(read.map((each, index) => [asking[index], each]));
    return ready.map((one) => (starts.has(one) ? { ...one, referenced: referenced.get(one) } : one));
  }

  /** Whoever's criteria threw matches nothing from now on, is set to error by the sweep, and does not stop the others. */
  private isolateBroken(outcome: BatchOutcome): void {
    for (const { entries, reason } of outcome.broken) {
      for (const entry of entries) {
        this.deps.registry.isolate(entry.subscriptionKey, `The criteria cannot be evaluated: ${reason}`);
      }
    }
  }

  private alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    // Expected: the caller hears of the failure; the next in the queue starts all the same.
    this.turn = result.catch(() => undefined);
    return result;
  }
}

function paceOf(clock: Clock): Pace {
  const startedMs = clock.monotonicMs();
  let breathedMs = startedMs;
  return {
    elapsedMs: () => clock.monotonicMs() - startedMs,
    breathe: async () => {
      if (clock.monotonicMs() - breathedMs < BREATH_MS) return;
      await new Promise((resolve) => setImmediate(resolve));
      breathedMs = clock.monotonicMs();
    },
  };
}

/** Roots that were not looked at to their end, and those of events that were claimed and not decided. Never a root that is done: it would come round for ever. */
function leftOf(
  claimed: readonly ResourceEvent[],
  decided: readonly ResourceEvent[],
  unseen: readonly number[],
  mark: number,
): readonly number[] {
  const done = new Set(decided.map(({ seq }) => seq));
  const undecided = claimed.filter(({ seq }) => seq <= mark && !done.has(seq));
  return [...new Set([...unseen, ...undecided.map(({ rootHash }) => rootHash)])];
}

/** The claimed events up to the mark, and up to the first event of the roots that were rung during the claim: a later one may be its effect. */
async function withoutEffects(
  tx: Tx,
  claimed: readonly ResourceEvent[],
  rung: readonly number[],
  mark: number,
): Promise<readonly ResourceEvent[]> {
  if (claimed.length === 0) return claimed;
  const lowest = rung.length > 0 ? await lowestUnmatched(tx, rung) : undefined;
  return claimed.filter(({ seq }) => seq <= Math.min(mark, lowest ?? mark));
}
