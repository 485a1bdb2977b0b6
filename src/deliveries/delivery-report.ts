// What is seen of deliveries from outside: metrics, and one wide log line for each attempt. Never a body, never a secret.
import type { Log, Metrics } from '../platform';
import { shownUrl } from './error-text';
import type { FinishedResult } from './finisher';
import { LatencyReport } from './latency-report';
import { LATENCY_BUCKETS_S } from './limits';

export class DeliveryReport {
  private readonly outcomes;
  private readonly attempts;
  private readonly retries;
  private readonly latency;
  private readonly duration;
  private readonly stale;

  constructor(
    metrics: Metrics,
    private readonly log: Log,
  ) {
    this.outcomes = metrics.counter('herald_deliveries_total', 'Deliveries that ended, by outcome', ['outcome']);
    this.attempts = metrics.counter('herald_delivery_attempts_total', 'Attempts, by error class (S is success)', [
      'class',
    ]);
    this.retries = metrics.counter(
      'herald_delivery_retries_total',
      'Attempts that were not the first of their delivery',
    );
    this.latency = new LatencyReport(metrics);
    this.duration = metrics.histogram(
      'herald_delivery_attempt_seconds',
      'Duration of one request',
      [],
      LATENCY_BUCKETS_S.slice(0, 12),
    );
    this.stale = metrics.counter(
      'herald_delivery_stale_results_total',
      'Results refused because another owner had taken the slice',
    );
  }

  /** Counts and logs a batch the ledger has answered. */
  finished(results: readonly FinishedResult[]): void {
    for (const one of results) {
      this.latency.note(one);
      this.count(one);
      this.line(one);
      this.deathOf(one);
    }
  }

  private count({ tried, result, accepted, changed }: FinishedResult): void {
    const { outcome, delivery } = tried;
    const isResend = delivery.resendNo !== undefined;
    if (outcome) {
      this.attempts.inc({ class: outcome.class });
      if (delivery.attempts > 0 && !isResend) this.retries.inc();
      if (outcome.isSent) this.duration.observe(tried.durationMs / 1_000);
    }
    if (!accepted) this.stale.inc();
    if (!changed) return;
    if (result.verdict === 'done') this.outcomes.inc({ outcome: 'delivered' });
    else if (result.verdict === 'dead') this.outcomes.inc({ outcome: result.deadReason ?? 'dead' });
  }

  /** What was given up is said by itself: the Subscription's status speaks of its endpoint, and that may be well. */
  private deathOf({ tried, result, changed }: FinishedResult): void {
    const { outcome, delivery, subscription } = tried;
    if (!changed || result.verdict !== 'dead') return;
    const facts = {
      subscriptionId: subscription.id,
      deliveryId: `${delivery.subscriptionKey}/${delivery.eventNo}`,
      eventNumber: delivery.eventNo,
      eventId: delivery.eventId,
      cause: result.deadReason,
      status: outcome?.response?.status,
      reason: outcome?.reason,
    };
    this.log.warn(facts, 'delivery.dead-lettered');
  }

  private line({ tried, result, accepted }: FinishedResult): void {
    const { outcome, delivery, subscription, request } = tried;
    const facts = {
      eventId: delivery.eventId,
      subscriptionId: subscription.id,
      deliveryId: `${delivery.subscriptionKey}/${delivery.eventNo}`,
      eventNumber: delivery.eventNo,
      verb: request?.method,
      path: request && shownUrl(request.url),
      entityType: delivery.type,
      entityId: delivery.id,
      version: delivery.version,
      interaction: delivery.interaction,
      requestId: delivery.requestId,
      attempt: delivery.attempts + 1,
      class: outcome?.class,
      status: outcome?.response?.status,
      reason: outcome && outcome.class !== 'S' ? outcome.reason : undefined,
      durationMs: Math.round(tried.durationMs),
      remoteAddress: outcome?.remoteAddress,
      trigger: result.attempt?.trigger,
      verdict: delivery.resendNo === undefined ? result.verdict : undefined,
      deadReason: result.deadReason,
      nextAt: result.nextAt,
      isStale: accepted ? undefined : true,
    };
    if (outcome === undefined || outcome.class === 'S')
      this.log.info(facts, outcome ? 'delivery.attempted' : 'delivery.expired');
    else this.log.warn(facts, 'delivery.attempted');
  }
}
