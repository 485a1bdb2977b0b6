// One Herald per data folder: a file with the pid of the process that uses it.
import fs from 'node:fs';
import path from 'node:path';
import { birthOf, isAlive } from './process-identity';

export class DataFolderInUseError extends Error {
  override name = 'DataFolderInUseError';
}

interface Owner {
  readonly pid: number;
  readonly birth: string;
}

const NAME = 'herald.lock';
const TAKE_TRIES_MAX = 5;

/** The held lock of a data folder. The file of a process that died does not count, whatever runs under its pid now. */
export class LockFile {
  private constructor(private readonly file: string) {}

  /** Creates the folder (0711: root's Postgres user must pass through) and takes the lock. Throws DataFolderInUseError naming the process that holds it. */
  static take(dataDir: string): LockFile {
    fs.mkdirSync(dataDir, { recursive: true, mode: 0o711 });
    const file = path.join(dataDir, NAME);
    const mine = `${file}.${process.pid}`;
    fs.writeFileSync(mine, JSON.stringify({ pid: process.pid, birth: birthOf(process.pid) } satisfies Owner), {
      mode: 0o644,
    });
    try {
      for (let tries = 0; tries < TAKE_TRIES_MAX; tries += 1) {
        if (linkIfAbsent(mine, file)) return new LockFile(file);
        removeStale(file);
      }
    } finally {
      fs.rmSync(mine, { force: true });
    }
    throw new DataFolderInUseError(
      `Could not take ${file}: other processes are starting on this folder at the same moment.`,
    );
  }

  /** Gives the folder back. Repeatable. */
  release(): void {
    if (readOwner(this.file)?.pid === process.pid) fs.rmSync(this.file, { force: true });
  }
}

/** A hard link appears with its content complete and only if the name is free: no one ever reads half a lock. */
function linkIfAbsent(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    // Expected: the lock exists.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function removeStale(file: string): void {
  const owner = readOwner(file);
  if (owner && isSameProcess(owner)) {
    throw new DataFolderInUseError(
      `The data folder ${path.dirname(file)} is in use by another Herald (process ${owner.pid}). ` +
        'Stop that one first, or give this one another folder with HERALD_DATA.',
    );
  }
  // Renamed first: of two processes that saw the same dead owner only one gets to remove the file.
  const aside = `${file}.dead.${process.pid}`;
  try {
    fs.renameSync(file, aside);
  } catch (error) {
    // Expected: the other one was faster.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = readOwner(aside);
  // A living owner took the name in between: give it back.
  if (moved && isSameProcess(moved)) linkIfAbsent(aside, file);
  fs.rmSync(aside, { force: true });
}

function isSameProcess(owner: Owner): boolean {
  if (!isAlive(owner.pid)) return false;
  return owner.birth === '' || owner.birth === birthOf(owner.pid);
}

function readOwner(file: string): Owner | undefined {
  try {
    const owner = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<Owner>;
    return typeof owner.pid === 'number' ? { pid: owner.pid, birth: owner.birth ?? '' } : undefined;
  } catch {
    // Expected: no file, or one that a full disk left empty: nobody's.
    return undefined;
  }
}
