// What a receiver's log says about the promises: nothing lost, nothing out of order, numbers without a gap.
import type { ReceivedRequest } from './subscriber-stub';

export interface Arrival {
  /** `Type/id` of the resource told about. */
  resource: string;
  version: number;
  eventNumber: number;
  eventId: string;
  subscription: string;
}

export function arrivalOf(request: ReceivedRequest): Arrival {
  const [type, id] = request.path.split('?')[0]!.split('/').slice(-2);
  return {
    resource: `${type}/${id}`,
    version: Number(request.headers['herald-version']),
    eventNumber: Number(request.headers['herald-event-number']),
    eventId: request.headers['herald-event-id'] ?? '',
    subscription: request.headers['herald-subscription'] ?? '',
  };
}

export interface Verdict {
  /** Distinct events that were kept by the receiver. */
  distinct: number;
  /** Kept more than once. */
  duplicates: number;
  /** A version kept for the first time after a higher one of the same resource. */
  orderViolations: number;
  /** Numbers missing between 1 and the highest, per subscription. */
  gaps: number;
  /** Repeats that differ from their first try in number, version or body. */
  unequalRepeats: number;
}

/** Judges what the receiver kept, in arrival order. */
export function judge(kept: readonly ReceivedRequest[]): Verdict {
  const first = new Map<string, ReceivedRequest>();
  const highest = new Map<string, number>();
  const numbers = new Map<string, Set<number>>();
  const verdict: Verdict = { distinct: 0, duplicates: 0, orderViolations: 0, gaps: 0, unequalRepeats: 0 };
  for (const request of kept) {
    const arrival = arrivalOf(request);
    const key = `${arrival.subscription} ${arrival.eventId}`;
    const before = first.get(key);
    if (before) {
      verdict.duplicates += 1;
      if (!isSameNotification(before, request)) verdict.unequalRepeats += 1;
      continue;
    }
    first.set(key, request);
    const lane = `${arrival.subscription} ${arrival.resource}`;
    if (arrival.version < (highest.get(lane) ?? 0)) verdict.orderViolations += 1;
    highest.set(lane, Math.max(arrival.version, highest.get(lane) ?? 0));
    numbers.set(arrival.subscription, (numbers.get(arrival.subscription) ?? new Set()).add(arrival.eventNumber));
  }
  verdict.distinct = first.size;
  for (const seen of numbers.values()) verdict.gaps += Math.max(...seen) - seen.size;
  return verdict;
}

function isSameNotification(one: ReceivedRequest, other: ReceivedRequest): boolean {
  const [a, b] = [arrivalOf(one), arrivalOf(other)];
  return (
    a.eventNumber === b.eventNumber && a.version === b.version && one.path === other.path && one.body.equals(other.body)
  );
}
