// What the ground says of itself to Prometheus: connections of each pool, workers and how often they had to start again.
import type { Ground } from './ground';

/** Registers the gauges; they are read when the metrics are asked for. */
export function watchGround({ metrics, databases, supervisor }: Ground): void {
  const pools = Object.entries(databases).filter(([, database]) => database !== undefined);
  metrics.watch('herald_database_connections', 'Connections of each pool by state', ['pool', 'state'], () =>
    pools.flatMap(([pool, database]) =>
      Object.entries(database.connections).map(([state, value]) => ({ labels: { pool, state }, value })),
    ),
  );
  metrics.watch('herald_worker_up', '1 while the worker runs, 0 while it waits to start again', ['worker'], () =>
    supervisor.health().map(({ name, state }) => ({ labels: { worker: name }, value: state === 'running' ? 1 : 0 })),
  );
  metrics.watch('herald_worker_restarts', 'How often the worker had to start again', ['worker'], () =>
    supervisor.health().map(({ name, restarts }) => ({ labels: { worker: name }, value: restarts })),
  );
}
