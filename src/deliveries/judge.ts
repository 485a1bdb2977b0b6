// What becomes of a delivery after an attempt: the verdict. Pure; every fact and the random number come in as values.
import { isDoubtful, type OutcomeClass } from '../channels';
import { EVIDENCE_MIN } from './limits';
import { retryDelayMs, type RetryPolicy } from './retry';

/** `wait`: the breaker is open, the delivery stays as it is and no key is held. */
export type Verdict = 'done' | 'dead' | 'retry' | 'blocked' | 'wait';
export type DeadReason = 'poison' | 'expired' | 'too-large';

export interface FailedHead {
  /** Failures of this head, this one included. */
  readonly failures: number;
  readonly firstFailedAt: Date;
  /** The class of the failure before this one. */
  readonly previousClass?: string;
  /** The key has a held_key row already. */
  readonly isHeld?: boolean;
}

export interface Policy extends RetryPolicy {
  readonly poisonAfterAttempts: number;
  readonly poisonAfterMs: number;
  /** What becomes of a message its receiver will not take; absent: `skip`. `error` is another word for `block`. */
  readonly poisonPolicy?: 'skip' | 'block' | 'error';
}

/** What is known about the subscription's other deliveries; needed only once the head has reached poison-after. */
export interface Evidence {
  /** Times of the subscription's latest successes (up to three per slice is enough). */
  readonly successes: readonly Date[];
  /** For the other held keys failing with the same class-M status: since when. */
  readonly sameStatusSince: readonly Date[];
}

export interface Judged {
  readonly verdict: Verdict;
  readonly deadReason?: DeadReason;
  /** For `retry`. */
  readonly nextAt?: Date;
  /** The class after weighing the evidence. */
  readonly class: OutcomeClass;
  /** What the Subscription is told at once: a confirmed 410 switches it off, a policy reason and a blocked key are errors. */
  readonly tell?: 'off' | 'error';
}

export interface Failure {
  readonly class: Exclude<OutcomeClass, 'S'>;
  readonly status?: number;
  readonly retryAfterMs?: number;
}

export interface JudgeContext {
  readonly policy: Policy;
  readonly now: Date;
  /** When the delivery's time is up. */
  readonly expiresAt: Date;
  /** In [0, 1). */
  readonly random: number;
  readonly evidence?: Evidence;
  /** The subscription's breaker is open: heads that are held keep their row, no new ones are made. */
  readonly isOpen?: boolean;
}

/** True when evidence should be gathered before judging: the head has failed often and long enough to be suspected. */
export function hasReachedPoisonAfter(head: FailedHead, policy: Policy, now: Date): boolean {
  return (
    head.failures >= policy.poisonAfterAttempts && now.getTime() - head.firstFailedAt.getTime() >= policy.poisonAfterMs
  );
}

/** In: a failed attempt and what is known. Out: the verdict. */
export function judgeFailure(failure: Failure, head: FailedHead, context: JudgeContext): Judged {
  const { policy, now, expiresAt } = context;
  if (now >= expiresAt) return { verdict: 'dead', deadReason: 'expired', class: failure.class };
  const settled = hasReachedPoisonAfter(head, policy, now) ? weigh(failure, head, context.evidence) : failure.class;
  if (settled === 'M' && hasReachedPoisonAfter(head, policy, now)) return poisoned(policy);
  // A refused message speaks for itself even then; the confirmation of a 410 needs its row.
  const isWaiting = context.isOpen && !head.isHeld && settled !== 'M' && settled !== 'G';
  if (isWaiting) return { verdict: 'wait', class: settled, tell: tellOf(failure.class, head) };
  const delayMs = retryDelayMs(Math.max(1, head.failures), policy, context.random, failure.retryAfterMs);
  // Not later than the end of its time, so that it is declared dead when that comes.
  const nextAt = new Date(Math.min(now.getTime() + delayMs, expiresAt.getTime()));
  const tell = tellOf(failure.class, head);
  // Confirmed gone: nothing more is sent while the Subscription is being switched off.
  const last = new Date(Math.min(now.getTime() + policy.maxMs, expiresAt.getTime()));
  return { verdict: 'retry', nextAt: tell === 'off' ? last : nextAt, class: settled, tell };
}

/** The poison policy of a key whose head the receiver will not take. A key that is blocked is told at once, whichever word blocked it (ADR 13). */
function poisoned({ poisonPolicy = 'skip' }: Policy): Judged {
  if (poisonPolicy === 'skip') return { verdict: 'dead', deadReason: 'poison', class: 'M' };
  return { verdict: 'blocked', class: 'M', tell: 'error' };
}

/**
 * Whose fault is an answered failure? A 404 or 5xx while at least three deliveries of other keys succeeded since this head's first failure: the
 * message. A class-M status on at least three keys with no success since the first of them: a broken gateway, so the endpoint.
 */
function weigh(failure: Failure, head: FailedHead, evidence: Evidence | undefined): Failure['class'] {
  if (evidence === undefined) return failure.class;
  if (failure.class === 'E' && isDoubtful(failure.status)) {
    // The head's own key cannot have succeeded meanwhile: every success since then is another key's.
    const since = evidence.successes.filter((at) => at > head.firstFailedAt).length;
    return since >= EVIDENCE_MIN ? 'M' : 'E';
  }
  if (failure.class === 'M') {
    const last = evidence.successes.reduce((latest, at) => Math.max(latest, at.getTime()), -Infinity);
    const failing = [head.firstFailedAt, ...evidence.sameStatusSince].filter((at) => at.getTime() > last).length;
    return failing >= EVIDENCE_MIN ? 'E' : 'M';
  }
  return failure.class;
}

function tellOf(outcome: Failure['class'], head: FailedHead): Judged['tell'] {
  if (outcome === 'P') return 'error';
  // Confirmed once: two in a row for the same head.
  return outcome === 'G' && head.previousClass === 'G' ? 'off' : undefined;
}
