// Makes the database cluster on the first start, and keeps its generated password.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { program } from './binaries';
import { EmbeddedPostgresError } from './embedded-postgres-error';
import { handOver } from './identity';
import type { Place } from './place';

export const CLUSTER_USER = 'herald';
export const CLUSTER_DATABASE = 'postgres';

/** The folder Postgres calls its data directory. */
export function clusterFolder(place: Place): string {
  return path.join(place.home, 'cluster');
}

/**
 * Creates the cluster when there is none and answers the password. The cluster is built aside and renamed, so a crash in the middle leaves nothing half made.
 * Throws EmbeddedPostgresError when it was made by another major version, its password is gone, or initdb fails.
 */
export function prepareCluster(place: Place, durable: boolean): string {
  const folder = clusterFolder(place);
  const passwordFile = path.join(place.home, 'password');
  if (!fs.existsSync(path.join(folder, 'PG_VERSION'))) return createCluster(place, folder, passwordFile, durable);
  const made = fs.readFileSync(path.join(folder, 'PG_VERSION'), 'utf8').trim();
  const installed = /\d+/.exec(spawnSync(program(place.native, 'postgres'), ['--version'], options(place)).stdout)?.[0];
  if (made !== installed) {
    throw new EmbeddedPostgresError(
      `The data in ${folder} were made by PostgreSQL ${made}; the installed one is ${installed}. Start the Herald version that made them and move the data with pg_dump.`,
    );
  }
  if (!fs.existsSync(passwordFile)) {
    throw new EmbeddedPostgresError(
      `The password file ${passwordFile} is missing: put it back from your backup of the data folder.`,
    );
  }
  return fs.readFileSync(passwordFile, 'utf8').trim();
}

function createCluster(place: Place, folder: string, passwordFile: string, durable: boolean): string {
  const unfinished = `${folder}.unfinished`;
  fs.rmSync(unfinished, { recursive: true, force: true });
  const password = randomBytes(24).toString('base64url');
  fs.rmSync(passwordFile, { force: true });
  fs.writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  handOver(place.identity, passwordFile);
  const args = [
    '-D',
    unfinished,
    '-U',
    CLUSTER_USER,
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-E',
    'UTF8',
    '--locale=C',
  ];
  if (!durable) args.push('--no-sync');
  const made = spawnSync(program(place.native, 'initdb'), args, options(place));
  if (made.error || made.status !== 0) {
    const said = made.error?.message ?? made.stderr.trim();
    const hint = said.includes('could not look up effective user ID')
      ? '. Postgres needs a user with an entry in /etc/passwd: run Herald as such a user, or set DATABASE_URL.'
      : '';
    throw new EmbeddedPostgresError(`initdb failed: ${said}${hint}`);
  }
  fs.renameSync(unfinished, folder);
  return password;
}

function options(place: Place): { encoding: 'utf8'; cwd: string; uid?: number; gid?: number } {
  return { ...place.identity, cwd: place.home, encoding: 'utf8' };
}
