// The ground of one process: lock file, database (embedded or given), migrations, pools, clock, key. Opened in that order, closed in reverse.
import path from 'node:path';
import {
  ClockWorker,
  Database,
  DatabaseClock,
  describeError,
  EmbeddedPostgres,
  isTransient,
  keepSecretKey,
  LockFile,
  Metrics,
  migrate,
  randomId,
  Supervisor,
  SystemClock,
  type HeraldConfig,
  type Log,
} from '../platform';
import { DELIVERER_SESSION_SETTINGS } from '../deliveries';
import { MATCHER_SESSION_SETTINGS } from '../matching';
import { STORE_SESSION_SETTINGS } from '../store';
import { DATABASE_WAIT_MS_MAX, DATABASE_WAIT_STEP_MS, DUTY_CONNECTIONS, RELAY_CONNECTIONS } from './limits';

export interface Ground {
  readonly config: HeraldConfig;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: DatabaseClock;
  readonly supervisor: Supervisor;
  /** Pools by what they serve, so that a busy one never starves another. */
  readonly databases: {
    readonly api: Database;
    readonly matcher?: Database;
    readonly deliverer?: Database;
    /** Only where there is a bus to publish on. */
    readonly relay?: Database;
  };
  /** Encrypts what Subscriptions entrust to us. */
  readonly secretKey: string;
  /** True when no other process can be working on this database: we hold the lock file of the embedded one. */
  readonly isAlone: boolean;
  /** This process among those that share the database. */
  readonly holder: string;
  /** Where the data is, for the banner. */
  readonly dataPlace: string;
  /** Closes pools, stops the embedded Postgres, gives the lock file back. Repeatable. */
  close(): Promise<void>;
}

interface Storage {
  readonly url: string;
  readonly dataPlace: string;
  readonly secretKey: string;
  readonly isAlone: boolean;
}

const MIGRATIONS = path.resolve(__dirname, '../../migrations');

/** What was opened, and how to close it again. */
class Closers {
  private readonly closers: (() => Promise<void> | void)[] = [];

  push(close: () => Promise<void> | void): void {
    this.closers.push(close);
  }

  /** The last opened first; a failing one does not keep the others open. */
  async closeAll(log: Log): Promise<void> {
    for (let close = this.closers.pop(); close; close = this.closers.pop()) {
      try {
        await close();
      } catch (error) {
        // Expected: a connection that was lost already.
        log.warn({ reason: describeError(error) }, 'herald.close-failed');
      }
    }
  }
}

/**
 * Opens everything below the rooms and brings the database to this program's form. `signal` gives up waiting for a database.
 * Throws what stands in the way; nothing stays open then.
 */
export async function openGround(config: HeraldConfig, log: Log, signal?: AbortSignal): Promise<Ground> {
  const closers = new Closers();
  try {
    const storage = config.databaseUrl === undefined ? await openEmbedded(config, log, closers) : givenStorage(config);
    const migrated = await whenAvailable(() => migrate(storage.url, MIGRATIONS, log), log, signal);
    if (migrated > 0) log.info({ migrations: migrated }, 'herald.database-migrated');
    const databases = openPools(config, storage.url, log, closers);
    const clock = await DatabaseClock.measure(databases.api);
    const supervisor = new Supervisor({ clock, log });
    supervisor.add(new ClockWorker(clock, databases.api, log));
    return {
      config,
      log,
      metrics: new Metrics(),
      clock,
      supervisor,
      databases,
      ...storage,
      holder: `${process.pid}-${randomId()}`,
      close: () => closers.closeAll(log),
    };
  } catch (error) {
    // Expected: a folder in use, a database that does not answer, a migration that fails. The caller tells the operator.
    await closers.closeAll(log);
    throw error;
  }
}

async function openEmbedded(config: HeraldConfig, log: Log, closers: Closers): Promise<Storage> {
  const lock = LockFile.take(config.dataDir);
  closers.push(() => lock.release());
  const secretKey = config.subscriptions.secretKey ?? keepSecretKey(config.dataDir);
  const postgres = await EmbeddedPostgres.start({ dataDir: config.dataDir, log });
  closers.push(() => postgres.stop());
  const { folder, unreachableFolder } = postgres;
  const why = unreachableFolder && ` (Postgres runs as nobody, who cannot reach ${unreachableFolder})`;
  return { url: postgres.url, dataPlace: `${folder}${why ?? ''}`, secretKey, isAlone: true };
}

function givenStorage(config: HeraldConfig): Storage {
  const url = new URL(config.databaseUrl!);
  const dataPlace = `PostgreSQL at ${url.host}${url.pathname}`;
  return { url: config.databaseUrl!, dataPlace, secretKey: config.subscriptions.secretKey!, isAlone: false };
}

function openPools(config: HeraldConfig, url: string, log: Log, closers: Closers): Ground['databases'] {
  const { roles } = config;
  const { poolApi, poolMatcher, poolDeliverer, statementTimeoutMs } = config.database;
  const open = (name: string, poolMax: number, settings?: Record<string, string>): Database => {
    const database = Database.open({
      url,
      poolMax,
      applicationName: `herald ${name}`,
      settings,
      statementTimeoutMs,
      log,
    });
    closers.push(() => database.close());
    return database;
  };
  return {
    api: open('api', roles.has('api') ? poolApi : Math.min(poolApi, DUTY_CONNECTIONS), { ...STORE_SESSION_SETTINGS }),
    matcher: roles.has('matcher') ? open('matcher', poolMatcher, { ...MATCHER_SESSION_SETTINGS }) : undefined,
    relay:
      config.kafka && roles.has('relay')
        ? open('relay', RELAY_CONNECTIONS, { ...MATCHER_SESSION_SETTINGS })
        : undefined,
    deliverer: roles.has('deliverer') ? open('deliverer', poolDeliverer, { ...DELIVERER_SESSION_SETTINGS }) : undefined,
  };
}

/** A database that is still starting is waited for, as after the reboot of both machines. */
async function whenAvailable<T>(attempt: () => Promise<T>, log: Log, signal?: AbortSignal): Promise<T> {
  const clock = new SystemClock();
  const startedMs = clock.monotonicMs();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      // Expected: connection refused, starting up. A wrong password or a failing migration is not transient.
      const isPatient = clock.monotonicMs() - startedMs < DATABASE_WAIT_MS_MAX && !signal?.aborted;
      if (!isTransient(error) || !isPatient) throw error;
      log.warn({ reason: describeError(error) }, 'herald.waiting-for-database');
      await clock.sleep(DATABASE_WAIT_STEP_MS, signal);
    }
  }
}
