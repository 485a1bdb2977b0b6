// Where the binaries and the data of the embedded Postgres live. Never in a temp folder of our own choosing: a clean-up would take the data.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Log } from '../log/log';
import { completeLinks, findBinaries, program } from './binaries';
import { EmbeddedPostgresError } from './embedded-postgres-error';
import { canRun, canWrite, handOver, postgresIdentity, type Identity } from './identity';

export interface Place {
  readonly identity: Identity;
  /** Folder with bin/, lib/, share/. */
  readonly native: string;
  /** Folder Postgres's user may write: holds `postgres/` (the cluster). */
  readonly home: string;
  /** The folder that was asked for, when Postgres's user cannot reach it and `home` is another. */
  readonly unreachable?: string;
}

/** Where root keeps what `nobody` cannot reach in the chosen folder. */
const SYSTEM_FOLDER = '/var/lib/herald';

/** Decides and prepares the place. Throws EmbeddedPostgresError when there is none. */
export function preparePlace(dataDir: string, log: Log): Place {
  const identity = postgresIdentity();
  const installed = findBinaries();
  const links = completeLinks(installed);
  if (links > 0) log.info({ links }, 'postgres.library-links-made');
  const home = prepareHome(identity, dataDir, log);
  const native = canRun(identity, program(installed, 'postgres')) ? installed : copyBinaries(identity, installed, log);
  return { identity, native, ...home };
}

function prepareHome(identity: Identity, dataDir: string, log: Log): Pick<Place, 'home' | 'unreachable'> {
  const wanted = path.join(dataDir, 'database');
  fs.mkdirSync(wanted, { recursive: true, mode: 0o700 });
  handOver(identity, wanted);
  if (canWrite(identity, wanted)) return { home: wanted };
  if (identity.uid === undefined) {
    throw new EmbeddedPostgresError(`The folder ${wanted} is not writable: set HERALD_DATA to a folder of your own.`);
  }
  const hash = createHash('sha256').update(fs.realpathSync(dataDir)).digest('hex').slice(0, 16);
  const home = path.join(SYSTEM_FOLDER, hash);
  fs.mkdirSync(home, { recursive: true, mode: 0o711 });
  fs.chmodSync(home, 0o700);
  handOver(identity, home);
  if (!canWrite(identity, home)) {
    throw new EmbeddedPostgresError(
      `Neither ${wanted} nor ${home} can be reached by the user Postgres runs as (nobody).`,
    );
  }
  fs.rmSync(wanted, { recursive: true, force: true });
  log.warn({ asked: wanted, used: home }, 'postgres.data-moved-where-nobody-can-reach');
  return { home, unreachable: wanted };
}

function copyBinaries(identity: Identity, installed: string, log: Log): string {
  const version = fs.statSync(program(installed, 'postgres'));
  const copy = path.join(SYSTEM_FOLDER, `binaries-${version.size}-${Math.floor(version.mtimeMs)}`);
  if (identity.uid !== undefined && !canRun(identity, program(copy, 'postgres'))) {
    const unfinished = `${copy}.${process.pid}`;
    fs.mkdirSync(SYSTEM_FOLDER, { recursive: true, mode: 0o711 });
    fs.cpSync(installed, unfinished, { recursive: true, verbatimSymlinks: true });
    fs.rmSync(copy, { recursive: true, force: true });
    fs.renameSync(unfinished, copy);
    log.info({ folder: copy }, 'postgres.binaries-copied');
  }
  if (!canRun(identity, program(copy, 'postgres'))) {
    throw new EmbeddedPostgresError(
      `The Postgres binaries in ${installed} cannot be run. Reinstall with npm ci, or set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
  return copy;
}
