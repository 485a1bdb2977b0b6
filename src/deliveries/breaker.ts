// The breaker of one subscription, and how wide its door stands: pure transitions of a small value kept in its runtime row, so that
// all workers share it and a restart forgets nothing. Times are milliseconds since 1970.
import { BREAKER_CONNECTS, BREAKER_FAILURES, BREAKER_KEYS } from './limits';
import { retryDelayMs, type RetryPolicy } from './retry';

export interface Breaker {
  /** Endpoint failures (class E) since the last success, over how many distinct keys, and how many of the latest could not even connect. */
  readonly failures: number;
  readonly keys: readonly number[];
  readonly connects: number;
  /** Present while the breaker is open. */
  readonly open?: OpenBreaker;
  /** Slow start: how many requests at once so far, and successes since it last doubled. Absent: as many as the ceiling allows. */
  readonly step?: number;
  readonly ramp?: number;
  /** The adaptive limit, while it is below the cap. */
  readonly ceiling?: number;
}

export interface OpenBreaker {
  readonly since: number;
  /** No probe starts before. */
  readonly notBefore: number;
  /** Probes that failed. */
  readonly probes: number;
  /** Event number of the latest probe: the next one takes the next waiting head, and begins again with the earliest. */
  readonly probed: number;
}

export const CLOSED: Breaker = { failures: 0, keys: [], connects: 0 };

/** What one batch says about one subscription, in order: successes, then the failures after the last of them. */
export interface Tally {
  readonly successes: number;
  readonly failures: number;
  readonly keys: readonly number[];
  readonly connects: number;
  /** A policy refusal (class P) holds for everything: it opens the breaker at once. */
  readonly isRefused: boolean;
  /** The endpoint's own wish for a pause (Retry-After), the longest. */
  readonly retryAfterMs: number;
  /** A probe that did not succeed, whatever its class. */
  readonly probe?: { readonly eventNo: number; readonly startedAt: number };
}

export const NOTHING: Tally = {
  successes: 0,
  failures: 0,
  keys: [],
  connects: 0,
  isRefused: false,
  retryAfterMs: 0,
};

export interface TalliedFailure {
  /** The class after the evidence was weighed; only E (and P) feeds the breaker. */
  readonly class: string;
  readonly keyHash: number;
  /** No connection came about: name, connect or TLS. */
  readonly isUnreachable: boolean;
  readonly retryAfterMs?: number;
  readonly eventNo: number;
  readonly startedAt: number;
  readonly isProbe: boolean;
}

export function withSuccess(tally: Tally): Tally {
  return { ...NOTHING, successes: tally.successes + 1 };
}

export function withFailure(tally: Tally, failure: TalliedFailure): Tally {
  const { keyHash, eventNo, startedAt } = failure;
  const probe = failure.isProbe ? { eventNo, startedAt } : tally.probe;
  if (failure.class === 'P') return { ...tally, probe, isRefused: true };
  if (failure.class !== 'E') return { ...tally, probe };
  return {
    ...tally,
    probe,
    failures: tally.failures + 1,
    keys: distinct(tally.keys, [keyHash]),
    connects: failure.isUnreachable ? tally.connects + 1 : 0,
    retryAfterMs: Math.max(tally.retryAfterMs, failure.retryAfterMs ?? 0),
  };
}

export interface BreakerContext {
  readonly cap: number;
  readonly now: number;
  readonly policy: RetryPolicy;
  /** In [0, 1). */
  readonly random: number;
}

/** The breaker after a batch. */
export function afterBatch(breaker: Breaker, tally: Tally, context: BreakerContext): Breaker {
  const succeeded = tally.successes > 0 ? afterSuccesses(breaker, tally.successes, context.cap) : breaker;
  return afterFailures(succeeded, tally, context);
}

/** Any success closes; from then on the door opens wider as successes come: 1, 2, 4 … */
function afterSuccesses(breaker: Breaker, successes: number, cap: number): Breaker {
  const { ceiling } = breaker;
  const kept = ceiling === undefined ? CLOSED : { ...CLOSED, ceiling };
  const isStarting = breaker.open !== undefined || breaker.step !== undefined;
  if (!isStarting) return kept;
  let step = breaker.open ? 1 : breaker.step!;
  let ramp = breaker.open ? successes - 1 : (breaker.ramp ?? 0) + successes;
  const wide = Math.min(cap, ceiling ?? cap);
  while (ramp >= step && step < wide) {
    ramp -= step;
    step *= 2;
  }
  return step >= wide ? kept : { ...kept, step, ramp };
}

function afterFailures(breaker: Breaker, tally: Tally, context: BreakerContext): Breaker {
  if (breaker.open) return afterProbe(breaker, breaker.open, tally, context);
  const isAllUnreachable = tally.connects === tally.failures;
  const counted: Breaker = {
    ...breaker,
    failures: Math.min(BREAKER_FAILURES, breaker.failures + tally.failures),
    keys: distinct(breaker.keys, tally.keys),
    connects: Math.min(BREAKER_CONNECTS, (isAllUnreachable ? breaker.connects : 0) + tally.connects),
  };
  const isBroken = counted.failures >= BREAKER_FAILURES && counted.keys.length >= BREAKER_KEYS;
  if (!isBroken && counted.connects < BREAKER_CONNECTS && !tally.isRefused) return counted;
  const { step: _step, ramp: _ramp, ...still } = counted;
  return { ...still, open: { since: context.now, notBefore: nextProbeAt(1, tally, context), probes: 0, probed: 0 } };
}

/** Only a probe moves the next one: what was under way when the breaker opened says nothing new. */
function afterProbe(breaker: Breaker, open: OpenBreaker, tally: Tally, context: BreakerContext): Breaker {
  const { probe } = tally;
  if (probe === undefined || probe.startedAt < open.notBefore) return breaker;
  const probes = open.probes + 1;
  const notBefore = nextProbeAt(probes + 1, tally, context);
  return { ...breaker, open: { ...open, probes, notBefore, probed: probe.eventNo } };
}

function nextProbeAt(failures: number, tally: Tally, { now, policy, random }: BreakerContext): number {
  return now + retryDelayMs(failures, policy, random, tally.retryAfterMs || undefined);
}

/** The adaptive limit after the p95 of a set of attempts: half when they were slow, one more when they were not, up to the cap. */
export function afterPace(breaker: Breaker, isSlow: boolean, cap: number): Breaker {
  const { ceiling, ...rest } = breaker;
  const now = Math.min(cap, ceiling ?? cap);
  const next = isSlow ? Math.max(1, Math.floor(now / 2)) : now + 1;
  return next >= cap ? rest : { ...rest, ceiling: next };
}

/** Requests that may be in flight: 1 for a probe, the slow-start step, the adaptive limit, else the cap. */
export function limitOf(breaker: Breaker, cap: number): number {
  if (breaker.open) return 1;
  return Math.min(cap, breaker.step ?? cap, breaker.ceiling ?? cap);
}

/** True when nothing of it needs to be kept. */
export function isAtRest(breaker: Breaker): boolean {
  const { failures, keys, connects, ...rest } = breaker;
  return failures === 0 && connects === 0 && keys.length === 0 && Object.keys(rest).length === 0;
}

export function isSameBreaker(a: Breaker, b: Breaker): boolean {
  const flat = ({ failures, keys, connects, open, step, ramp, ceiling }: Breaker): string =>
    JSON.stringify([
      failures,
      keys,
      connects,
      open && [open.since, open.notBefore, open.probes, open.probed],
      step,
      ramp,
      ceiling,
    ]);
  return flat(a) === flat(b);
}

function distinct(known: readonly number[], more: readonly number[]): number[] {
  return [...new Set([...known, ...more])].slice(0, BREAKER_KEYS);
}
