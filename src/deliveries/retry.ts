// When a failed head is tried again. Pure.

export interface RetryPolicy {
  /** Delay after the first failure, milliseconds. */
  readonly baseMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** 0.2 means ± 20 %. */
  readonly jitter: number;
}

/** The delay before jitter after the nth failure (n ≥ 1): base × factor^(n−1), at most the maximum. */
export function plannedDelayMs(failures: number, policy: RetryPolicy): number {
  // The exponent is bounded so that a head failing for days cannot overflow.
  return Math.min(policy.maxMs, policy.baseMs * policy.factor ** Math.min(Math.max(failures, 1) - 1, 60));
}

/**
 * The delay after the nth failure: inside planned × [1 − jitter, 1 + jitter] and at most the maximum, or the honoured Retry-After when that
 * is later. `random` is in [0, 1).
 */
export function retryDelayMs(failures: number, policy: RetryPolicy, random: number, retryAfterMs?: number): number {
  const spread = 1 + policy.jitter * (2 * random - 1);
  const jittered = Math.min(policy.maxMs, plannedDelayMs(failures, policy) * spread);
  const wished = retryAfterMs === undefined ? 0 : Math.min(retryAfterMs, policy.maxMs);
  return Math.round(Math.max(jittered, wished));
}
