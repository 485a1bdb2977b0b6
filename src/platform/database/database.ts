// One pool of Postgres connections. All other rooms see only `Tx`: a thing that runs a statement.
import pg from 'pg';
import {
  DATABASE_ANSWER_MARGIN_MS,
  DATABASE_CONNECT_TIMEOUT_MS,
  DEADLOCK_RETRIES_MAX,
  IDLE_IN_TRANSACTION_TIMEOUT_MS,
} from '../limits';
import type { Log } from '../log/log';
import { describeError, isRepeatable } from './database-errors';
import { gatheringSocket } from './gathering-socket';
import { typeParsers } from './type-parsers';

/** A statement; one with a `name` is prepared once per connection and must always have the same text. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * Runs statements: inside a transaction, or each on its own when it is a Database. Inside a transaction, statements that need not wait for each
 * other's answers may be asked for together (`Promise.all`): they travel in one go and run in the order in which they were asked.
 */
export interface Tx {
  query<R extends object = Record<string, unknown>>(statement: Statement): Promise<{ rows: R[]; rowCount: number }>;
}

/** A transaction that is under way. */
export interface OpenTx extends Tx {
  /**
   * Sends a statement whose answer is not needed inside the transaction: it travels with what follows it, at the latest with COMMIT. When it fails,
   * the transaction does, with its error. The answer may be left alone; who reads it does so after the commit, and what it says held only then.
   */
  send<R extends object = Record<string, unknown>>(statement: Statement): Promise<{ rows: R[]; rowCount: number }>;
}

/** Statements of one connection are sent without waiting for the answers of those before; its types do not know the option yet. */
const pipelined = { pipeline: true } as pg.PoolConfig;

export interface DatabaseOptions {
  url: string;
  poolMax: number;
  applicationName: string;
  /** Settings applied to every session when it connects, for example `{ jit: 'off' }`. */
  settings?: Record<string, string>;
  /** The server ends a statement that runs longer, and a connection that is silent some seconds longer is given up; 0 or absent: no limit. */
  statementTimeoutMs?: number;
  log: Log;
}

export interface TransactionOptions {
  readonly deadlockRetriesMax?: number;
  /**
   * BEGIN travels with the first statement, which saves a round trip. Only where the first statement could as well stand alone (a lock, a read, a
   * fenced write): should BEGIN fail while the connection lives (a frozen server's statement timeout), that one has run without it; nothing after it does.
   */
  readonly isEager?: boolean;
  /**
   * COMMIT is answered before it is on disk. A crash of the server may undo it, together with everything that was committed after it, and never without:
   * the log is written in order. Only where nothing that leaves Herald rests on it before a later transaction was committed with the usual patience.
   */
  readonly isFlushedLater?: boolean;
}

const BEGIN = 'begin isolation level read committed';

/**
 * A pool. int8 columns are numbers (a value beyond 2^53 throws), timestamptz are Dates (`infinity` is Infinity), xid8 and pg_snapshot text.
 */
export class Database implements Tx {
  private constructor(
    private readonly pool: pg.Pool,
    private readonly log: Log,
  ) {}

  /** Opens the pool; connects only when first asked. */
  static open(options: DatabaseOptions): Database {
    const settings = {
      idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_TIMEOUT_MS),
      statement_timeout: String(options.statementTimeoutMs ?? 0),
      timezone: 'UTC',
      ...options.settings,
    };
    const pool = new pg.Pool({
      connectionString: options.url,
      max: options.poolMax,
      application_name: options.applicationName,
      connectionTimeoutMillis: DATABASE_CONNECT_TIMEOUT_MS,
      keepAlive: true,
      // The server's own limit does not help when the server cannot be heard any more.
      query_timeout: options.statementTimeoutMs && options.statementTimeoutMs + DATABASE_ANSWER_MARGIN_MS,
      types: typeParsers,
      ...pipelined,
      stream: gatheringSocket,
      // Awaited by the pool, though its types do not say so. Set by statement, not in the start-up packet: connection poolers refuse parameters they do not know.
      onConnect: (client) => client.query(sessionSettings(client, settings)) as unknown as void,
    });
    const database = new Database(pool, options.log);
    // Expected: an idle connection lost with its server. Without these two listeners it would end the process.
    pool.on('error', (error) => {
      // While closing, the server may be stopped before the last connection has said goodbye.
      if (!pool.ending) options.log.warn({ reason: describeError(error) }, 'database.connection-lost');
    });
    pool.on('connect', (client) => client.on('error', () => undefined));
    return database;
  }

  /** Runs one statement in a transaction of its own. Throws what the server says. */
  async query<R extends object = Record<string, unknown>>(
    statement: Statement,
  ): Promise<{ rows: R[]; rowCount: number }> {
    return answerOf<R>(await this.pool.query(mutable(statement)));
  }

  /**
   * Runs `run` in one READ COMMITTED transaction: commits when it resolves, rolls back and rethrows when it throws.
   * After a deadlock (40P01) or serialization failure (40001) the whole function is called again, so it must have no effects outside.
   */
  async transaction<T>(run: (tx: OpenTx) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const retriesMax = options.deadlockRetriesMax ?? DEADLOCK_RETRIES_MAX;
    for (let retry = 0; ; retry += 1) {
      try {
        return await this.attempt(run, options);
      } catch (error) {
        // Expected: two transactions met. Everything else goes to the caller.
        if (!isRepeatable(error) || retry >= retriesMax) throw error;
        this.log.debug({ reason: describeError(error), retry: retry + 1 }, 'database.transaction-repeated');
      }
    }
  }

  /** How long `select 1` takes, in milliseconds, connection included. Throws when the database does not answer. */
  async ping(): Promise<number> {
    const started = performance.now();
    await this.pool.query({ name: 'ping', text: 'select 1' });
    return performance.now() - started;
  }

  /** Connections in the pool now, for metrics. */
  get connections(): { total: number; idle: number; waiting: number } {
    return { total: this.pool.totalCount, idle: this.pool.idleCount, waiting: this.pool.waitingCount };
  }

  /** Waits for running statements, then closes every connection. Repeatable. */
  async close(): Promise<void> {
    if (!this.pool.ending) await this.pool.end();
  }

  private async attempt<T>(run: (tx: OpenTx) => Promise<T>, options: TransactionOptions): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      const begin = options.isFlushedLater ? `${BEGIN}; set local synchronous_commit = off` : BEGIN;
      const tx = new OpenTransaction(client, begin);
      if (!options.isEager) await tx.begun;
      const result = await run(tx);
      await tx.commit();
      return result;
    } catch (error) {
      // Expected: anything `run` throws. A connection that cannot even roll back is thrown away.
      await client.query('rollback').catch((reason: unknown) => {
        broken = reason instanceof Error ? reason : new Error(String(reason));
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

class OpenTransaction implements OpenTx {
  readonly begun: Promise<unknown>;
  private isFirst = true;
  private readonly sent: Promise<unknown>[] = [];

  constructor(
    private readonly client: pg.PoolClient,
    begin: string,
  ) {
    this.begun = client.query(begin);
    // Expected: a lost connection. Whoever awaits it hears of it; until then it is nobody's unhandled rejection.
    this.begun.catch(() => undefined);
  }

  async query<R extends object>(statement: Statement): Promise<{ rows: R[]; rowCount: number }> {
    if (!this.isFirst) await this.begun;
    this.isFirst = false;
    return answerOf<R>(await this.client.query(mutable(statement)));
  }

  send<R extends object>(statement: Statement): Promise<{ rows: R[]; rowCount: number }> {
    const answer = this.query<R>(statement);
    // Expected: what `commit` throws. Until then, or where the transaction ends otherwise, it is nobody's unhandled rejection.
    answer.catch(() => undefined);
    this.sent.push(answer);
    return answer;
  }

  /** Throws what a statement that was sent has failed with. */
  async commit(): Promise<void> {
    await this.begun;
    const [{ command }] = await Promise.all([this.client.query('commit'), ...this.sent]);
    // A transaction that failed inside, with the error swallowed by `run`, answers COMMIT with ROLLBACK and no error.
    if (command !== 'COMMIT') throw new Error('The transaction was rolled back: a statement in it had failed');
  }
}

function sessionSettings(client: pg.ClientBase, settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => `set ${client.escapeIdentifier(name)} to ${client.escapeLiteral(value)}`)
    .join(';');
}

function mutable(statement: Statement): pg.QueryConfig {
  return { name: statement.name, text: statement.text, values: statement.values as unknown[] };
}

function answerOf<R extends object>(result: pg.QueryResult): { rows: R[]; rowCount: number } {
  return { rows: result.rows as R[], rowCount: result.rowCount ?? 0 };
}
