// Brings a database to the form this program needs: the numbered .sql files of migrations/, run by TypeORM in one transaction.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { MIGRATION_LOCK_TIMEOUT_MS } from '../limits';
import type { Log } from '../log/log';

export interface MigrationFile {
  /** The file's number, from its name. */
  readonly number: number;
  /** The file's name without `.sql`. */
  readonly name: string;
  readonly sql: string;
  /** The first digits of the SHA-256 of the text: tells an edited file from the one that was applied. */
  readonly digest: string;
}

export class MigrationError extends Error {
  override name = 'MigrationError';
}

const FILE_NAME = /^(\d{4})-([a-z0-9]+(?:-[a-z0-9]+)*)\.sql$/;
const LOCK_KEY = 4_722_001;
// TypeORM wants a 13-digit time at the end of a migration's name and sorts by it; ours carries the file's number.
const FIRST_STAMP = 1_000_000_000_000;

/** The migration files of a folder in order. Throws MigrationError when a name is malformed or a number is taken twice. */
export function readMigrations(directory: string): MigrationFile[] {
  const files = fs
    .readdirSync(directory)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => readMigration(directory, file));
  for (const [index, file] of files.entries()) {
    if (file.number === files[index - 1]?.number) {
      throw new MigrationError(`migrations/${file.name}.sql and ${files[index - 1]!.name}.sql have the same number`);
    }
  }
  return files;
}

/**
 * Runs what has not run yet, all in one transaction, and returns how many files that were. Several processes may call it at once on one
 * database: an advisory lock lets one work and the others wait. Throws MigrationError when an applied file has changed since.
 */
export async function migrate(url: string, directory: string, log: Log): Promise<number> {
  return migrateFiles(url, readMigrations(directory), log);
}

/** The same for files already read; see `migrate`. */
export async function migrateFiles(url: string, files: readonly MigrationFile[], log: Log): Promise<number> {
  // The lock lives in a transaction of its own connection: unlike a session lock it also works through a transaction pooler.
  const guard = new pg.Client({ connectionString: url, application_name: 'herald migrate' });
  guard.on('error', (error) => log.warn({ reason: error.message }, 'database.connection-lost'));
  await guard.connect();
  try {
    await guard.query(`begin; set local lock_timeout = ${MIGRATION_LOCK_TIMEOUT_MS}`);
    await guard.query(`set local idle_in_transaction_session_timeout = 0`);
    await guard.query('select pg_advisory_xact_lock($1)', [LOCK_KEY]);
    await refuseChanged(guard, files);
    const ran = await runPending(url, files);
    for (const name of ran) log.info({ migration: name }, 'database.migrated');
    await guard.query('commit');
    return ran.length;
  } finally {
    await guard.end();
  }
}

function readMigration(directory: string, file: string): MigrationFile {
  const match = FILE_NAME.exec(file);
  if (!match) throw new MigrationError(`migrations/${file} is not named NNNN-<room>-<what>.sql`);
  const sql = fs.readFileSync(path.join(directory, file), 'utf8');
  const digest = createHash('sha256').update(sql).digest('hex').slice(0, 12);
  return { number: Number(match[1]), name: file.slice(0, -4), sql, digest };
}

function appliedName(file: MigrationFile): string {
  return `${file.name}-${file.digest}-${FIRST_STAMP + file.number}`;
}

async function refuseChanged(client: pg.Client, files: readonly MigrationFile[]): Promise<void> {
  const { rows: known } = await client.query<{ known: string | null }>(
    `select to_regclass('schema_migration')::text as known`,
  );
  if (known[0]!.known === null) return;
  const { rows } = await client.query<{ name: string; timestamp: string }>(
    `select name, "timestamp" from schema_migration`,
  );
  const applied = new Map(rows.map((row) => [Number(row.timestamp) - FIRST_STAMP, row.name]));
  for (const file of files) {
    const before = applied.get(file.number);
    if (before !== undefined && before !== appliedName(file)) {
      throw new MigrationError(
        `migrations/${file.name}.sql differs from what was applied to this database (${before.slice(0, -14)}). ` +
          'The database was made by another build of Herald: use that build, or start with an empty database.',
      );
    }
  }
}

const quiet = (): void => undefined;
const SILENT = {
  logQuery: quiet,
  logQueryError: quiet,
  logQuerySlow: quiet,
  logSchemaBuild: quiet,
  logMigration: quiet,
  log: quiet,
};

async function runPending(url: string, files: readonly MigrationFile[]): Promise<string[]> {
  // Loaded only here: most of what imports this room never migrates, and TypeORM takes a while to load.
  const { DataSource } = await import('typeorm');
  const source = new DataSource({
    type: 'postgres',
    url,
    applicationName: 'herald migrate',
    entities: [],
    migrations: files.map(migrationClass),
    migrationsTableName: 'schema_migration',
    migrationsTransactionMode: 'all',
    synchronize: false,
    logging: false,
    // Even without logging TypeORM prints a failed migration; ours is told by its error.
    logger: SILENT,
    installExtensions: false,
    extra: { max: 1 },
  });
  await source.initialize();
  try {
    const ran = await source.runMigrations({ transaction: 'all' });
    return ran.map((migration) => migration.name.slice(0, -27));
  } finally {
    await source.destroy();
  }
}

function migrationClass(file: MigrationFile): new () => object {
  return class {
    readonly name = appliedName(file);

    async up(runner: { query(sql: string): Promise<unknown> }): Promise<void> {
      await runner.query(file.sql).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        throw new MigrationError(`migrations/${file.name}.sql failed: ${reason}`, { cause: error });
      });
    }

    async down(): Promise<void> {
      throw new MigrationError('Migrations go forward only');
    }
  };
}
