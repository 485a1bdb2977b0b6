// The whole app inside the test's own process: the bus and queue of the profile under test, real HTTP on port 0, a database of its own.
import { startHerald as startApp, type Parts } from '../../src/app';
import { createLog, loadConfig } from '../../src/platform';
import { createTestDatabase, type TestDatabase } from './database';
import { FhirClient } from './fhir-client';
import { sharedDatabaseEnv } from './herald-process';
import { Ledger } from './ledger';
import { profileEnv } from './profile';

export interface HeraldOptions {
  /** Left out: a clone of its own, dropped at the end. */
  database?: TestDatabase;
  env?: Record<string, string>;
  roles?: string;
  /** Sent with every call of this client. */
  token?: string;
}

/** Keeps what is logged, so that a test can look for what must, or must not, be in it. */
class LogKeeper {
  private readonly chunks: string[] = [];
  readonly write = (chunk: string): void => {
    this.chunks.push(chunk);
  };

  get text(): string {
    return this.chunks.join('');
  }
}

export class Herald extends FhirClient {
  private readonly ledger: Ledger;

  constructor(
    private readonly app: { url: string; stop(): Promise<void> },
    readonly database: TestDatabase,
    readonly parts: Parts,
    private readonly log: LogKeeper,
    private readonly own: { token?: string; ownsDatabase: boolean },
  ) {
    super(app.url, own.token ? { authorization: `Bearer ${own.token}` } : {});
    this.ledger = new Ledger(database.database);
  }

  /** Until no outbox row is unmatched and no slice is due or at work; what waits for its retry time may wait. */
  settled(deadlineMs?: number): Promise<void> {
    return this.ledger.settled(deadlineMs);
  }

  /** Until nothing waits at all, retries included. */
  drained(deadlineMs?: number): Promise<void> {
    return this.ledger.drained(deadlineMs);
  }

  /** How many deliveries of one Subscription (FHIR id) are in which state. */
  statesOf(subscriptionId: string): Promise<Record<string, number>> {
    return this.ledger.states(subscriptionId);
  }

  /** The invariants that do not hold at this moment of rest. */
  violations(): ReturnType<Ledger['violations']> {
    return this.ledger.violations();
  }

  logText(): string {
    return this.log.text;
  }

  logLines(): Record<string, unknown>[] {
    const lines = this.log.text.split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Deletes every Subscription, so that the next test of the file is not told about by the last one's. */
  async unsubscribeAll(): Promise<void> {
    const { rows } = await this.database.database.query<{ id: string }>({
      text: 'select id from subscription_incarnation where alive',
      values: [],
    });
    await Promise.all(rows.map(({ id }) => this.del(`Subscription/${id}`)));
    await this.settled();
  }

  async stop(): Promise<void> {
    await this.close();
    await this.app.stop();
    if (this.own.ownsDatabase) await this.database.drop();
  }
}

/** Starts a Herald with all roles (or those given) and resolves when it listens. */
export async function startHerald(options: HeraldOptions = {}): Promise<Herald> {
  const database = options.database ?? (await createTestDatabase());
  const config = loadConfig({
    ...sharedDatabaseEnv,
    DATABASE_URL: database.url,
    PORT: '0',
    LOG_LEVEL: 'info',
    ...(options.roles ? { ROLES: options.roles } : {}),
    ...profileEnv(database.url),
    ...options.env,
  });
  const keeper = new LogKeeper();
  const app = await startApp(config, createLog({ level: config.logLevel, destination: keeper }));
  return new Herald(app, database, app.parts, keeper, { token: options.token, ownsDatabase: !options.database });
}
