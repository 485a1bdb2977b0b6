// The life of a Subscription's status, as functions of plain data: what a client may ask for, what follows for matching, and what a
// change does to the interval. http://hl7.org/fhir/R4/subscription.html, decisions in docs/adr.
import { errorIssue, type Issue, type SubscriptionStatus } from '../fhir';

/** What is stored of a living incarnation before the write. */
export interface StoredState {
  readonly status: SubscriptionStatus;
  readonly isMatching: boolean;
  readonly criteria: string;
}

/**
 * What a client's status becomes when stored: it may ask for `requested` or `off`, or give back what it has read. `active` is kept only
 * on a Subscription that is active; elsewhere it is a wish, `requested`. `error` is the server's word and may only be repeated.
 */
export function statusFromClient(
  sent: SubscriptionStatus,
  stored: SubscriptionStatus | undefined,
  path: string,
): SubscriptionStatus | Issue {
  switch (sent) {
    case 'requested':
    case 'off':
      return sent;
    case 'active':
      return stored === 'active' ? 'active' : 'requested';
    case 'error':
      return stored === 'error'
        ? 'error'
        : errorIssue('business-rule', 'Only the server sets a Subscription to error; send requested or off.', path);
  }
}

/** What a write does to matching. Opening and closing at once means: the criteria changed, both with the same snapshot. */
export interface MatchingChange {
  readonly isMatching: boolean;
  readonly opens: boolean;
  readonly closes: boolean;
}

/**
 * Activation from nothing or from `off` opens an interval, `off` closes it, changed criteria do both. `error`, `requested` coming from
 * `error` (or from `active`) and the return to `active` change nothing: the subscription goes on seeing events all the while.
 */
export function matchingChange(
  stored: StoredState | undefined,
  next: { status: SubscriptionStatus; criteria: string },
): MatchingChange {
  const wasMatching = stored?.isMatching ?? false;
  const isMatching = next.status === 'active' || (next.status !== 'off' && wasMatching);
  const isOther = wasMatching && isMatching && stored?.criteria !== next.criteria;
  return {
    isMatching,
    opens: (isMatching && !wasMatching) || isOther,
    closes: (wasMatching && !isMatching) || isOther,
  };
}

/** Which statuses the server itself may leave for which: everything else is a write that came too late. */
const systemSteps: Readonly<Record<SubscriptionStatus, readonly SubscriptionStatus[]>> = {
  requested: ['active', 'error', 'off'],
  active: ['error', 'off'],
  error: ['active', 'off'],
  off: [],
};

/** True when the server may move a Subscription from `from` to `to`. */
export function isSystemStep(from: SubscriptionStatus, to: SubscriptionStatus): boolean {
  return systemSteps[from].includes(to);
}
