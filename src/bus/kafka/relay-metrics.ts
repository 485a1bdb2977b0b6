// What the relay tells the outside: how much it published, how far it is behind, whether it is the one that publishes.
import type { Metrics } from '../../platform';

export class RelayMetrics {
  private readonly published;
  private readonly seconds;
  private readonly failures;
  private readonly waiting;
  private readonly waitingSeconds;
  private readonly leading;

  constructor(metrics: Metrics) {
    this.published = metrics.counter('herald_relay_published_events_total', 'Events published, repeats included');
    this.seconds = metrics.histogram('herald_relay_publish_seconds', 'Time until the brokers had acknowledged a batch');
    this.failures = metrics.counter('herald_relay_failures_total', 'Batches that the brokers did not acknowledge');
    this.waiting = metrics.gauge('herald_unpublished_events', 'Committed events that are not published yet');
    this.waitingSeconds = metrics.gauge('herald_unpublished_oldest_seconds', 'Age of the oldest unpublished event');
    this.leading = metrics.gauge('herald_relay_leader', '1 in the process that publishes, 0 in those that stand by');
  }

  batch(events: number, durationMs: number): void {
    this.published.inc(events);
    this.seconds.observe(durationMs / 1_000);
  }

  failed(): void {
    this.failures.inc();
  }

  leads(isLeader: boolean): void {
    this.leading.set(isLeader ? 1 : 0);
  }

  lag(stats: { count: number; oldestWrittenAt?: Date }, now: Date): void {
    const { count, oldestWrittenAt } = stats;
    this.waiting.set(count);
    this.waitingSeconds.set(oldestWrittenAt ? Math.max(0, now.getTime() - oldestWrittenAt.getTime()) / 1_000 : 0);
  }
}
