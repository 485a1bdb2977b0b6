// Herald as a child process, for what only a process can suffer: kill -9, a freeze, a drain on SIGTERM.
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePort } from './free-port';
import { eventually } from './deadline';
import { FhirClient } from './fhir-client';

const projectRoot = path.resolve(__dirname, '../..');
const readyDeadlineMs = 60_000;
const refusalDeadlineMs = 20_000;
const outputLinesKept = 200;

/** What a start on a given database needs: the key that all its processes share, and leave to call receivers on this machine. */
export const sharedDatabaseEnv = {
  HERALD_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
  HERALD_EGRESS_ALLOW_PRIVATE: 'loopback',
};

export interface HeraldProcessOptions {
  /** Left out: the process starts its own embedded Postgres in `dataDir`. */
  databaseUrl?: string;
  env?: Record<string, string>;
  roles?: string;
  /** The same port again, for a process that comes back where the last one died. */
  port?: number;
  /** The same data directory again: keys generated at the first start live there. */
  dataDir?: string;
  /** How long it may take to be ready. */
  readyDeadlineMs?: number;
  /** Told of the process as soon as there is one, long before it is ready. */
  onSpawn?: (pid: number) => void;
  /** Told of every line it writes; only the last ones are kept. */
  onLine?: (line: string) => void;
}

/** A temporary data directory that Postgres may enter though it runs as somebody else when we are root. */
export function newDataDir(name = 'herald-process-'): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), name));
  fs.chmodSync(folder, 0o711);
  return folder;
}

/** Starts a Herald that is expected to refuse; answers its exit code and its words. */
export async function refusedStart(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const program = path.join(projectRoot, 'dist', 'main.js');
  const child = spawn(process.execPath, [program], {
    cwd: projectRoot,
    env: { PATH: process.env.PATH, ...env },
    stdio: 'pipe',
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const patience = setTimeout(() => child.kill('SIGKILL'), refusalDeadlineMs);
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  clearTimeout(patience);
  return { code, output };
}

export class HeraldProcess extends FhirClient {
  private constructor(
    private readonly child: ChildProcess,
    readonly options: HeraldProcessOptions & { port: number; dataDir: string },
    private readonly outputLines: string[],
    private readonly exited: Promise<number | null>,
  ) {
    super(`http://127.0.0.1:${options.port}`);
  }

  /** Starts dist/main.js and resolves once /health/ready answers 200. The environment is only what is given here. */
  static async start(options: HeraldProcessOptions): Promise<HeraldProcess> {
    const port = options.port ?? (await freePort());
    const dataDir = options.dataDir ?? newDataDir();
    const env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      ...(options.databaseUrl ? { DATABASE_URL: options.databaseUrl, ...sharedDatabaseEnv } : {}),
      HERALD_DATA: dataDir,
      PORT: String(port),
      LOG_LEVEL: 'warn',
      ...(options.roles ? { ROLES: options.roles } : {}),
      ...options.env,
    };
    const program = path.join(projectRoot, 'dist', 'main.js');
    const child = spawn(process.execPath, ['--enable-source-maps', program], {
      cwd: projectRoot,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    options.onSpawn?.(child.pid!);
    const lines: string[] = [];
    const keep = (chunk: Buffer): void => {
      const written = chunk.toString('utf8').split('\n').filter(Boolean);
      written.forEach((line) => options.onLine?.(line));
      lines.push(...written);
      lines.splice(0, Math.max(0, lines.length - outputLinesKept));
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    const herald = new HeraldProcess(child, { ...options, port, dataDir }, lines, exited);
    await herald.ready();
    return herald;
  }

  /** A new process in the place of this one: same database, port, data and configuration. */
  again(env: Record<string, string> = {}): Promise<HeraldProcess> {
    return HeraldProcess.start({ ...this.options, env: { ...this.options.env, ...env } });
  }

  get pid(): number {
    return this.child.pid!;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The last lines it wrote, for the message of a failing test. */
  get output(): string {
    return this.outputLines.join('\n');
  }

  /** kill -9: no drain, no farewell. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
    await this.close();
  }

  /** SIGTERM, and its exit code. A frozen process is woken first. */
  async stop(): Promise<number | null> {
    if (this.isRunning) {
      this.child.kill('SIGCONT');
      this.child.kill('SIGTERM');
    }
    const code = await this.exited;
    await this.close();
    return code;
  }

  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  private async ready(): Promise<void> {
    const isReady = async (): Promise<boolean> => {
      if (!this.isRunning) throw new Error(`Herald ended at its start:\n${this.output}`);
      // Refused connections are what a starting process answers.
      const answer = await this.get('/health/ready').catch(() => undefined);
      return answer?.status === 200;
    };
    const { readyDeadlineMs: deadlineMs = readyDeadlineMs } = this.options;
    await eventually(isReady, { deadlineMs, everyMs: 50, what: 'a ready process' }).catch((error: unknown) => {
      this.child.kill('SIGKILL');
      throw new Error(`${String(error)}\n${this.output}`);
    });
  }
}
