// As whom Postgres runs: as ourselves, but Postgres refuses root, so root hands it to `nobody` (no user is created).
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { EmbeddedPostgresError } from './embedded-postgres-error';

/** What spawn takes: empty when Postgres runs as the current user. */
export interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

const UNSIGNED = 2 ** 32;

/** The identity for Postgres's processes. Throws EmbeddedPostgresError for root on a machine without the user `nobody`. */
export function postgresIdentity(): Identity {
  if (process.getuid?.() !== 0) return {};
  const nobody = fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'nobody');
  if (!nobody) {
    throw new EmbeddedPostgresError(
      'Postgres cannot run as root, and this machine has no user `nobody`: start Herald as an ordinary user.',
    );
  }
  return { uid: (Number(nobody[2]) + UNSIGNED) % UNSIGNED, gid: (Number(nobody[3]) + UNSIGNED) % UNSIGNED };
}

/** Whether Postgres's user can work in this folder: reach it, write to it. */
export function canWrite(identity: Identity, folder: string): boolean {
  if (identity.uid === undefined) return isWritable(folder);
  return spawnSync('/bin/sh', ['-c', 'test -w "$0" && test -x "$0"', folder], { ...identity, cwd: '/' }).status === 0;
}

/** Whether Postgres's user can run this program, libraries included. */
export function canRun(identity: Identity, file: string): boolean {
  return spawnSync(file, ['--version'], { ...identity, cwd: '/' }).status === 0;
}

/** Hands a file or folder (not its contents) to Postgres's user. */
export function handOver(identity: Identity, file: string): void {
  if (identity.uid !== undefined) fs.chownSync(file, identity.uid, identity.gid!);
}

function isWritable(folder: string): boolean {
  try {
    fs.accessSync(folder, fs.constants.W_OK | fs.constants.X_OK);
    return true;
  } catch {
    // Expected: a folder of someone else.
    return false;
  }
}
