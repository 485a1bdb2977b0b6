// A migrated database of its own for each test file: a clone of the template.
import { randomBytes } from 'node:crypto';
import { Database, type DatabaseOptions } from '../../src/platform';
import { silentLog } from './silent-log';
import { databaseUrl, SERVER_URL_VARIABLE, TEMPLATE_DATABASE } from './test-server';

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  /** A pool of eight. */
  readonly database: Database;
  /** A further pool on the same database, closed by `drop`. */
  open(options?: Partial<DatabaseOptions>): Database;
  /** Closes the pools and drops the database; with HERALD_KEEP_DATABASES=1 keeps it (and the server, see below) and prints its name. */
  drop(): Promise<void>;
}

const POOL_MAX = 8;

/** Clones the template database. Call it in beforeAll, and `drop` in afterAll. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = process.env[SERVER_URL_VARIABLE];
  if (serverUrl === undefined) throw new Error('No test server: tests with a database run under jest (global setup)');
  const name = `t_${process.pid}_${randomBytes(5).toString('hex')}`;
  await onServer(serverUrl, `create database ${name} template ${TEMPLATE_DATABASE} strategy file_copy`);
  const url = databaseUrl(serverUrl, name);
  const pools: Database[] = [];
  const open = (options: Partial<DatabaseOptions> = {}): Database => {
    const pool = Database.open({ url, poolMax: POOL_MAX, applicationName: 'test', log: silentLog, ...options });
    pools.push(pool);
    return pool;
  };
  const drop = async (): Promise<void> => {
    await Promise.all(pools.map((pool) => pool.close()));
    if (process.env['HERALD_KEEP_DATABASES'] === '1') {
      console.info(`database kept: ${url}`);
      return;
    }
    await onServer(serverUrl, `drop database if exists ${name} with (force)`);
  };
  return { url, name, database: open(), open, drop };
}

async function onServer(serverUrl: string, sql: string): Promise<void> {
  const server = Database.open({ url: serverUrl, poolMax: 1, applicationName: 'test', log: silentLog });
  try {
    await server.query({ text: sql, values: [] });
  } finally {
    await server.close();
  }
}
