// PostgreSQL as the machine has it, with pg_dump: the embedded one comes without. A cluster of its own in a temp folder, gone after stop.
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePort } from './free-port';

const PROGRAMS = ['initdb', 'pg_ctl', 'pg_dump', 'pg_restore'];
const DEBIAN = '/usr/lib/postgresql';

/** The folder with the system's newest PostgreSQL programs; undefined when they are not all there. */
export function findSystemPostgres(): string | undefined {
  const versions = fs.existsSync(DEBIAN) ? fs.readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => path.join(DEBIAN, version, 'bin')),
    ...(process.env.PATH ?? '').split(':'),
  ];
  return folders.find((folder) => PROGRAMS.every((program) => fs.existsSync(path.join(folder, program))));
}

export class SystemPostgres {
  private constructor(
    private readonly bin: string,
    private readonly folder: string,
    private readonly identity: { uid?: number; gid?: number },
    readonly url: string,
  ) {}

  /** A fresh cluster that listens on a free port of loopback. */
  static async start(bin: string): Promise<SystemPostgres> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'herald-system-postgres-'));
    fs.chmodSync(folder, 0o711);
    const nobody = process.getuid?.() === 0 ? idOfNobody() : undefined;
    if (nobody) fs.chownSync(folder, nobody.uid, nobody.gid);
    const identity = nobody ?? {};
    const port = await freePort();
    const postgres = new SystemPostgres(bin, folder, identity, `postgresql://herald@127.0.0.1:${port}/postgres`);
    postgres.run('initdb', [
      '-D',
      postgres.data,
      '-U',
      'herald',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
    ]);
    const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c fsync=off`;
    postgres.run('pg_ctl', ['-D', postgres.data, '-w', '-l', path.join(folder, 'log'), '-o', options, 'start']);
    return postgres;
  }

  /** Dumps the whole database into a file, as the how-to says. Does not block: others go on meanwhile. */
  async dump(file: string): Promise<void> {
    await this.client('pg_dump', ['--format=custom', `--file=${file}`, this.url]);
  }

  /** Restores such a file into this cluster's empty database. */
  async restore(file: string): Promise<void> {
    await this.client('pg_restore', ['--exit-on-error', '--no-owner', `--dbname=${this.url}`, file]);
  }

  stop(): void {
    spawnSync(path.join(this.bin, 'pg_ctl'), ['-D', this.data, '-m', 'immediate', '-w', 'stop'], this.options);
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private get data(): string {
    return path.join(this.folder, 'data');
  }

  private get options(): { uid?: number; gid?: number; cwd: string } {
    return { ...this.identity, cwd: this.folder };
  }

  private run(program: string, args: string[]): void {
    execFileSync(path.join(this.bin, program), args, { ...this.options, stdio: ['ignore', 'ignore', 'pipe'] });
  }

  private client(program: string, args: string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      execFile(path.join(this.bin, program), args, (error, _out, said) =>
        error ? reject(new Error(`${program}: ${said}`)) : resolve(),
      );
    });
  }
}

function idOfNobody(): { uid: number; gid: number } {
  const line = fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith('nobody:'));
  const [, , uid, gid] = line!.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
