// What a write of a Subscription comes down to: status, end, configuration and what they do to matching. Pure; the participant reads the
// rows, asks here, and stores the answer.
import type { CanonicalSubscription, Issue } from '../fhir';
import type { Incarnation } from './incarnation';
import type { IncarnationState } from './incarnations';
import { matchingChange, type MatchingChange } from './status-machine';
import { isSameConfig, type SubscriptionConfig } from './subscription-config';

/** Found out while preparing, used when committing. */
export interface PreparedWrite {
  readonly subscription: CanonicalSubscription;
  /** What is matched by: the Subscription's criteria, with the codes of its value sets in their place (ADR 22). */
  readonly criteria: string;
  readonly config: SubscriptionConfig;
  /** The living incarnation before the write. */
  readonly before?: Incarnation;
  readonly endsAt?: Date;
  /** New header values by name. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly baseUrl: string;
}

export interface WriteEffect extends MatchingChange {
  readonly state: IncarnationState;
  /** The registry must hear of it. */
  readonly isLogged: boolean;
}

/** What to store once version and time are known. */
export function effectOf(
  prepared: PreparedWrite,
  at: { version: number; lastUpdated: Date },
  key: { tenant: string; id: string },
): WriteEffect {
  const { before, subscription, criteria, config, endsAt } = prepared;
  const isSameText = before?.criteria === criteria;
  const isSame =
    before !== undefined &&
    isSameText &&
    isSameConfig(before.config, config) &&
    before.endsAt?.getTime() === endsAt?.getTime() &&
    prepared.secrets.size === 0;
  // A registry may have isolated it: it must look again, or the Subscription would be active and match nothing.
  const isCalledBack = before?.status === 'error' && subscription.status !== 'error';
  const change = matchingChange(before, { status: subscription.status, criteria });
  return {
    ...change,
    isLogged: change.opens || change.closes || (change.isMatching && (!isSame || isCalledBack)),
    state: {
      ...key,
      status: subscription.status,
      isMatching: change.isMatching,
      version: at.version,
      configVersion: isSame ? before.configVersion : at.version,
      criteria,
      // The base under which unchanged criteria were understood stays: a proxy's other name must not change their meaning.
      baseUrl: isSameText ? before.baseUrl : prepared.baseUrl,
      ...(endsAt && { endsAt }),
      config,
      at: at.lastUpdated,
    },
  };
}

export type PastEnd = 'accept' | 'refuse';

/**
 * The end that will turn the subscription off. An end that is past when it is written does not (or is refused, by configuration);
 * one that is merely sent back keeps the meaning it had, unless the subscription is being called back from `off`.
 */
export function effectiveEnd(
  end: Date | undefined,
  stored: { readonly end?: Date; readonly endsAt?: Date; readonly isOff: boolean } | undefined,
  now: Date,
): { endsAt?: Date; isPast: boolean } {
  if (end === undefined) return { isPast: false };
  const isSentBack = stored !== undefined && !stored.isOff && stored.end?.getTime() === end.getTime();
  if (isSentBack) return { ...(stored.endsAt && { endsAt: stored.endsAt }), isPast: false };
  return end > now ? { endsAt: end, isPast: false } : { isPast: true };
}

/** What a client is told about an end that was past when it was written. */
export function pastEndIssue(pastEnd: PastEnd, path: string): Issue {
  const isRefused = pastEnd === 'refuse';
  return {
    severity: isRefused ? 'error' : 'warning',
    code: 'business-rule',
    text: isRefused
      ? 'The end of the Subscription lies in the past; give a later one, or none.'
      : 'The end of the Subscription lies in the past: it is kept as it stands, and does not turn the Subscription off.',
    expression: path,
  };
}
