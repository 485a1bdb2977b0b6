// Whether this process can do its work: each dependency is asked, with a deadline, and answers with its status and how long it took.
import type { Clock, Database, Supervisor } from '../platform';
import { CHECK_DEADLINE_MS } from './limits';

export interface CheckResult {
  readonly status: 'up' | 'down';
  readonly durationMs: number;
  /** Why it is down, without addresses or secrets: the log has more. */
  readonly reason?: string;
}

export interface WorkerResult extends CheckResult {
  readonly name: string;
  readonly restarts: number;
}

/** A server that only makes things faster: without it deliveries are later, and nothing is lost. */
export interface HintServer {
  readonly name: string;
  readonly status: 'up' | 'down' | 'unknown';
  readonly since: Date;
}

export interface Readiness {
  /** `degraded`: it can do its work, later than usual. */
  readonly status: 'ready' | 'degraded' | 'not-ready';
  readonly checks: {
    /** Absent where no such server is configured. */
    readonly hints?: readonly HintServer[];
    readonly database: CheckResult;
    readonly workers: CheckResult & { readonly items: readonly WorkerResult[] };
  };
}

export interface ReadinessDeps {
  readonly clock: Clock;
  readonly database: Pick<Database, 'ping'>;
  readonly supervisor: Pick<Supervisor, 'health'>;
  /** How this process reaches the servers that carry hints. */
  readonly hintServers?: readonly (() => readonly HintServer[])[];
}

/** Asks every dependency. Never throws. */
export async function checkReadiness(deps: ReadinessDeps): Promise<Readiness> {
  const database = await checkDatabase(deps);
  const workers = checkWorkers(deps);
  const isReady = database.status === 'up' && workers.status === 'up';
  const hints = deps.hintServers?.flatMap((ask) => ask());
  const isDegraded = hints?.some(({ status }) => status === 'down') ?? false;
  const status = isDegraded ? 'degraded' : 'ready';
  return { status: isReady ? status : 'not-ready', checks: { database, workers, ...(hints && { hints }) } };
}

async function checkDatabase({ clock, database }: ReadinessDeps): Promise<CheckResult> {
  const startedMs = clock.monotonicMs();
  const patience = new AbortController();
  const tooLate = clock.sleep(CHECK_DEADLINE_MS, patience.signal).then(() => 'no answer in time' as const);
  // A database that is away answers with an error: that is what the check is for.
  const asked = database.ping().then(
    () => undefined,
    () => 'no connection' as const,
  );
  const reason = await Promise.race([asked, tooLate]);
  patience.abort();
  const durationMs = roundMs(clock.monotonicMs() - startedMs);
  return reason === undefined ? { status: 'up', durationMs } : { status: 'down', durationMs, reason };
}

function checkWorkers({ clock, supervisor }: ReadinessDeps): Readiness['checks']['workers'] {
  const startedMs = clock.monotonicMs();
  const items = supervisor.health().map(({ name, state, restarts }): WorkerResult => {
    const common = { name, restarts, durationMs: 0 };
    return state === 'running' ? { ...common, status: 'up' } : { ...common, status: 'down', reason: state };
  });
  const down = items.filter(({ status }) => status === 'down').map(({ name }) => name);
  const durationMs = roundMs(clock.monotonicMs() - startedMs);
  if (down.length === 0) return { status: 'up', durationMs, items };
  return { status: 'down', durationMs, reason: `not running: ${down.join(', ')}`, items };
}

function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
