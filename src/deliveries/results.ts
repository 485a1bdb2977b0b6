// From how an attempt ended to what the ledger is told: the verdict with all its facts. Pure.
import type { Tried } from './attempt';
import { expiresAt } from './attempt';
import {
  judgeFailure,
  hasReachedPoisonAfter,
  type Evidence,
  type Failure,
  type FailedHead,
  type Judged,
  type Policy,
} from './judge';
import type { FinishResult } from './ledger/finish';
import type { AttemptNote } from './ledger/rows';

/** The server's part of the retry policy; the rest is the Subscription's. */
export interface RetryDefaults {
  readonly retryFactor: number;
  readonly retryMaxMs: number;
  readonly retryJitter: number;
}

export interface JudgedResult {
  readonly tried: Tried;
  readonly result: FinishResult;
  readonly tell?: Judged['tell'];
  /** After weighing the evidence: what feeds the breaker. */
  readonly judgedClass?: Judged['class'];
}

export interface ResultContext {
  readonly now: Date;
  readonly random: number;
  readonly defaults: RetryDefaults;
  readonly evidence?: Evidence;
}

export function policyOf(tried: Tried, defaults: RetryDefaults): Policy {
  const { subscription } = tried;
  return {
    baseMs: subscription.retryBaseMs,
    factor: defaults.retryFactor,
    maxMs: defaults.retryMaxMs,
    jitter: defaults.retryJitter,
    poisonAfterAttempts: subscription.poisonAfterAttempts,
    poisonAfterMs: subscription.poisonAfterMs,
    poisonPolicy: subscription.poisonPolicy,
  };
}

/** The head as it stands with this failure counted. */
export function headOf(tried: Tried): FailedHead {
  const held = tried.delivery.held;
  const isOurs = tried.outcome?.class === 'O';
  return {
    failures: (held?.attempts ?? 0) + (isOurs ? 0 : 1),
    firstFailedAt: held?.firstFailedAt ?? tried.endedAt,
    previousClass: held?.class,
    isHeld: held !== undefined,
  };
}

/** True when evidence about other deliveries decides this one. */
export function needsEvidence(tried: Tried, context: Pick<ResultContext, 'now' | 'defaults'>): boolean {
  const kind = tried.outcome?.class;
  if (kind !== 'E' && kind !== 'M') return false;
  return hasReachedPoisonAfter(headOf(tried), policyOf(tried, context.defaults), context.now);
}

export function resultOf(tried: Tried, context: ResultContext): JudgedResult {
  const { outcome } = tried;
  if (outcome === undefined)
    return { tried, result: ledgerEntry(tried, { verdict: 'dead', deadReason: 'expired', class: 'E' }) };
  if (outcome.class === 'S') return { tried, result: ledgerEntry(tried, { verdict: 'done', class: 'S' }) };
  if (tried.isUnrenderable)
    return { tried, result: ledgerEntry(tried, { verdict: 'dead', deadReason: 'poison', class: 'O' }) };
  if (tried.isParked)
    return { tried, result: ledgerEntry(tried, { verdict: 'dead', deadReason: 'too-large', class: 'M' }) };
  const failure: Failure = {
    class: outcome.class,
    status: outcome.response?.status,
    retryAfterMs: outcome.retryAfterMs,
  };
  const judged = judgeFailure(failure, headOf(tried), {
    policy: policyOf(tried, context.defaults),
    now: context.now,
    expiresAt: expiresAt(tried.delivery, tried.run.reading.stoppedMs, tried.subscription.retryForMs),
    random: context.random,
    evidence: context.evidence,
    isOpen: tried.run.reading.isOpen,
  });
  return { tried, result: ledgerEntry(tried, judged), tell: judged.tell, judgedClass: judged.class };
}

/** What was sent again ends with its one attempt: `done` or `dead` say only how that went. */
export function resentOf(tried: Tried): JudgedResult {
  const outcome = tried.outcome?.class ?? 'O';
  const result = ledgerEntry(tried, { verdict: outcome === 'S' ? 'done' : 'dead', class: outcome });
  return { tried, result, judgedClass: outcome };
}

function ledgerEntry(tried: Tried, judged: Judged): FinishResult {
  const { run, delivery, outcome } = tried;
  return {
    subscriptionKey: run.subscriptionKey,
    sliceNo: run.sliceNo,
    epoch: run.epoch,
    eventNo: delivery.eventNo,
    keyHash: delivery.keyHash,
    verdict: judged.verdict,
    deadReason: judged.deadReason,
    nextAt: judged.nextAt,
    class: outcome?.class,
    status: outcome?.response?.status,
    reason: outcome?.reason,
    isSent: outcome?.isSent ?? false,
    isCharged: outcome?.class !== 'O',
    isHeld: delivery.held !== undefined,
    attempt: outcome && attemptNote(tried),
  };
}

function attemptNote(tried: Tried): AttemptNote {
  const { delivery, outcome } = tried;
  return {
    number: delivery.attempts + 1,
    trigger: delivery.resendNo !== undefined ? 'manual' : tried.run.isProbe ? 'probe' : 'auto',
    configVersion: tried.subscription.configVersion,
    startedAt: tried.startedAt,
    endedAt: tried.endedAt,
    remoteAddress: outcome?.remoteAddress,
    status: outcome?.response?.status,
    class: outcome!.class,
    reason: outcome!.reason,
    excerpt: outcome?.response?.excerpt,
  };
}
