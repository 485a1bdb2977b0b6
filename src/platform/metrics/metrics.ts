// Prometheus metrics: get-or-create by name, so that two parts may count into the same series.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry, type Metric } from 'prom-client';

const NAME = /^herald_[a-z0-9_]+$/;

/** One registry per application; tests make their own. Names start with `herald_`, units last (`_seconds`, `_bytes`). */
export class Metrics {
  readonly registry = new Registry();

  /** A counter; the same name gives the same counter. Throws when the name is not ours or is taken by another kind. */
  counter<L extends string = string>(name: string, help: string, labels: readonly L[] = []): Counter<L> {
    return this.obtain(
      name,
      Counter<L>,
      () => new Counter({ name, help, labelNames: [...labels], registers: [this.registry] }),
    );
  }

  /** A gauge; see `counter`. */
  gauge<L extends string = string>(name: string, help: string, labels: readonly L[] = []): Gauge<L> {
    return this.obtain(
      name,
      Gauge<L>,
      () => new Gauge({ name, help, labelNames: [...labels], registers: [this.registry] }),
    );
  }

  /** A histogram with `buckets` as upper bounds (default: prom-client's, for seconds); see `counter`. */
  histogram<L extends string = string>(
    name: string,
    help: string,
    labels: readonly L[] = [],
    buckets?: readonly number[],
  ): Histogram<L> {
    const bounds = buckets ? { buckets: [...buckets] } : {};
    return this.obtain(
      name,
      Histogram<L>,
      () => new Histogram({ name, help, labelNames: [...labels], registers: [this.registry], ...bounds }),
    );
  }

  /** A gauge whose values are read when somebody asks for the metrics: `read` answers labels and value of each series. */
  watch<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    read: () => Iterable<{ labels: Record<L, string>; value: number }>,
  ): void {
    const collect = function (this: Gauge<L>): void {
      this.reset();
      for (const series of read()) this.set(series.labels as Partial<Record<L, string>>, series.value);
    };
    if (!NAME.test(name)) throw new Error(`Metric name ${name} does not match ${NAME.source}`);
    new Gauge({ name, help, labelNames: [...labels], registers: [this.registry], collect });
  }

  /** Adds the process's own figures (CPU, memory, event-loop lag). Once per process. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  private obtain<M>(name: string, kind: new (...args: never[]) => M, create: () => M): M {
    if (!NAME.test(name)) throw new Error(`Metric name ${name} does not match ${NAME.source}`);
    const known: Metric | undefined = this.registry.getSingleMetric(name);
    if (known === undefined) return create();
    if (!(known instanceof kind)) throw new Error(`Metric ${name} exists as another kind`);
    return known;
  }
}
