// What matching tells the outside: figures, and one log line for each event that crossed.
import type { Log, Metrics } from '../platform';
import { LOGGED_SUBSCRIPTIONS_MAX } from './limits';
import type { BatchOutcome, MatchedEvent } from './match-batch';

export class MatchMetrics {
  private readonly events;
  private readonly deliveries;
  private readonly seconds;
  private readonly waiting;
  private readonly waitingSeconds;
  private readonly subscriptions;

  constructor(
    metrics: Metrics,
    private readonly log: Log,
  ) {
    this.events = metrics.counter('herald_matched_events_total', 'Events matched, by whether anybody was concerned', [
      'outcome',
    ]);
    this.deliveries = metrics.counter('herald_matched_deliveries_total', 'Deliveries made by matching');
    this.seconds = metrics.histogram('herald_match_transaction_seconds', 'Duration of a match transaction');
    this.waiting = metrics.gauge('herald_unmatched_events', 'Committed events that are not matched yet');
    this.waitingSeconds = metrics.gauge('herald_unmatched_oldest_seconds', 'Age of the oldest unmatched event');
    this.subscriptions = metrics.gauge('herald_registry_subscriptions', 'Subscriptions the matcher holds in memory');
  }

  /** A committed batch. */
  batch(outcome: BatchOutcome, durationMs: number, now: Date): void {
    this.seconds.observe(durationMs / 1_000);
    this.deliveries.inc(outcome.deliveries);
    for (const one of outcome.decided) {
      this.events.inc({ outcome: one.matched.length > 0 ? 'matched' : 'none' });
      this.logEvent(one, now);
    }
  }

  /** What waits, as the sweep saw it. */
  lag(stats: { count: number; oldestWrittenAt?: Date }, now: Date, subscriptions: number): void {
    const { count, oldestWrittenAt } = stats;
    this.waiting.set(count);
    this.waitingSeconds.set(oldestWrittenAt ? Math.max(0, now.getTime() - oldestWrittenAt.getTime()) / 1_000 : 0);
    this.subscriptions.set(subscriptions);
  }

  /** The wide line. No resource id: that may be a patient's. */
  private logEvent({ event, matched }: MatchedEvent, now: Date): void {
    const level = matched.length > 0 ? 'info' : 'debug';
    if (!this.log.isLevelEnabled(level)) return;
    const { eventId, tenant, type, version, interaction, label, requestId, seq } = event;
    const subscriptionIds = matched.slice(0, LOGGED_SUBSCRIPTIONS_MAX).map((entry) => entry.id);
    const lagMs = now.getTime() - event.writtenAt.getTime();
    this.log[level](
      {
        eventId,
        tenant,
        type,
        version,
        interaction,
        label,
        requestId,
        seq,
        deliveries: matched.length,
        subscriptionIds,
        lagMs,
      },
      'event.matched',
    );
  }
}
