// How long subscribers wait, per Subscription: from the write of a resource to the first request, and to its delivery.
import type { Metrics } from '../platform';
import { LATENCY_BUCKETS_S, METRIC_SUBSCRIPTIONS_MAX } from './limits';
import type { FinishedResult } from './finisher';

/** No FHIR id has an underscore, so no Subscription is called like this. */
export const OTHER_SUBSCRIPTIONS = '_other';

interface Series {
  readonly first: { observe(seconds: number): void };
  readonly delivered: { observe(seconds: number): void };
}

/** The first Subscriptions of a process have series of their own; all others share one, so that metrics stay bounded. */
export class LatencyReport {
  private readonly first;
  private readonly delivered;
  private readonly known = new Map<string, Series>();

  constructor(metrics: Metrics) {
    this.first = metrics.histogram(
      'herald_delivery_first_attempt_latency_seconds',
      'From the write of a resource to the start of the first request about it',
      ['subscription'],
      LATENCY_BUCKETS_S,
    );
    this.delivered = metrics.histogram(
      'herald_delivery_latency_seconds',
      'From the write of a resource to its delivery',
      ['subscription'],
      LATENCY_BUCKETS_S,
    );
  }

  /** Notes a result the ledger has taken. What was sent again on someone's wish is no measure. */
  note({ tried, result, accepted, changed }: FinishedResult): void {
    const { delivery, outcome, subscription } = tried;
    if (!accepted || delivery.resendNo !== undefined) return;
    const isFirst = outcome?.isSent === true && delivery.attempts === 0;
    const isDelivered = changed && result.verdict === 'done';
    if (!isFirst && !isDelivered) return;
    const series = this.seriesOf(subscription.id);
    if (isFirst) series.first.observe(secondsBetween(delivery.writtenAt, tried.startedAt));
    if (isDelivered) series.delivered.observe(secondsBetween(delivery.writtenAt, tried.endedAt));
  }

  private seriesOf(id: string): Series {
    const known = this.known.get(id);
    if (known) return known;
    if (this.known.size < METRIC_SUBSCRIPTIONS_MAX) return this.begin(id);
    return this.known.get(OTHER_SUBSCRIPTIONS) ?? this.begin(OTHER_SUBSCRIPTIONS);
  }

  private begin(subscription: string): Series {
    const series = { first: this.first.labels({ subscription }), delivered: this.delivered.labels({ subscription }) };
    this.known.set(subscription, series);
    return series;
  }
}

/** Clocks of two processes may differ a little: never below zero. */
function secondsBetween(from: Date, to: Date): number {
  return Math.max(0, (to.getTime() - from.getTime()) / 1_000);
}
