// What the operator sees of rows: times as ISO text, ages in milliseconds, no header values, no bodies.
import type { ListedAttempt, ListedDelivery, SubscriptionRuntime } from '../deliveries';
import type { Incarnation } from '../subscriptions';

/** One subscription as the list and its own page show it. `runtime` is absent until its first write has reached the ledger. */
export function subscriptionView(
  incarnation: Incarnation,
  runtime: SubscriptionRuntime | undefined,
  now: Date,
): object {
  return {
    id: incarnation.id,
    reference: `Subscription/${incarnation.id}`,
    subscriptionKey: incarnation.subscriptionKey,
    alive: incarnation.alive,
    status: incarnation.status,
    criteria: incarnation.criteria,
    version: incarnation.version,
    configVersion: incarnation.configVersion,
    endsAt: incarnation.endsAt,
    matching: incarnation.isMatching,
    ...(runtime && runtimeView(runtime, now)),
    config: incarnation.config,
  };
}

function runtimeView(runtime: SubscriptionRuntime, now: Date): object {
  const { oldestPendingAt, failingSince } = runtime;
  return {
    sending: runtime.sending,
    paused: runtime.paused,
    degraded: failingSince !== undefined || runtime.heldKeys > 0 || runtime.breaker.state === 'open',
    breaker: runtime.breaker,
    blockedKeys: runtime.blockedKeys,
    pending: runtime.pending,
    /** How long what waits will take at the rate last seen. */
    drain: { perSecond: runtime.rate, measuredAt: runtime.ratedAt, seconds: runtime.drainSeconds },
    /** Slices that some process holds and works on now. */
    inFlightSlices: runtime.leasedSlices,
    slices: runtime.slices,
    heldKeys: runtime.heldKeys,
    delivered: runtime.delivered,
    dead: runtime.dead,
    cancelled: runtime.cancelled,
    eventNumber: runtime.lastEventNumber,
    oldestPendingAt,
    oldestPendingAgeMs: oldestPendingAt && Math.max(0, now.getTime() - oldestPendingAt.getTime()),
    lastSuccessAt: runtime.lastSuccessAt,
    failingSince,
    failures: runtime.failures,
    lastFailedAt: runtime.lastFailedAt,
    lastError: runtime.lastError,
    reason: runtime.reason,
  };
}

/** One delivery with its attempts, oldest first. */
export function deliveryView(delivery: ListedDelivery, attempts: readonly ListedAttempt[]): object {
  return {
    deliveryId: `${delivery.subscriptionKey}/${delivery.eventNumber}`,
    subscription: delivery.subscriptionId,
    subscriptionKey: delivery.subscriptionKey,
    eventNumber: delivery.eventNumber,
    eventId: delivery.eventId,
    resource: `${delivery.type}/${delivery.id}`,
    version: delivery.version,
    interaction: delivery.interaction,
    label: delivery.label,
    requestId: delivery.requestId,
    state: delivery.state,
    reason: delivery.reason,
    attemptCount: delivery.attempts,
    writtenAt: delivery.writtenAt,
    numberedAt: delivery.numberedAt,
    endedAt: delivery.endedAt,
    nextAttemptAt: delivery.nextAttemptAt,
    lastReason: delivery.lastReason,
    lastStatus: delivery.lastStatus,
    attempts: attempts.map(attemptView),
  };
}

function attemptView(attempt: ListedAttempt): object {
  return {
    number: attempt.number,
    trigger: attempt.trigger,
    startedAt: attempt.startedAt,
    durationMs: attempt.endedAt.getTime() - attempt.startedAt.getTime(),
    class: attempt.class,
    status: attempt.status,
    reason: attempt.reason,
    sent: attempt.sent,
    remoteAddress: attempt.remoteAddress,
    excerpt: attempt.excerpt,
    configVersion: attempt.configVersion,
    epoch: attempt.epoch,
    accepted: attempt.accepted,
  };
}
