// Herald as a child process, for what only a process can suffer: kill -9, a freeze, a drain on SIGTERM. In the cluster profile it is a process per role,
// which suffer it together.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { eventually } from './deadline';
import { FhirClient } from './fhir-client';
import { profileEnv, rolesApart } from './profile';
import { RoleProcess } from './role-process';

const projectRoot = path.resolve(__dirname, '../..');
// Generous: on a machine that does much else a start of two seconds takes a minute.
const readyDeadlineMs = 120_000;
const refusalDeadlineMs = 60_000;
const answerMsMax = 5_000;

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

/** What each process of `options` gets; the port asked for is that of the first one, which has the API when any has. */
function environments(options: HeraldProcessOptions & { dataDir: string }): NodeJS.ProcessEnv[] {
  const { databaseUrl, dataDir, port = 0 } = options;
  // Its own embedded database means one process.
  const apart = databaseUrl === undefined ? [options.roles] : rolesApart(options.roles);
  return apart.map((roles, index) => ({
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    ...(databaseUrl ? { DATABASE_URL: databaseUrl, ...sharedDatabaseEnv, ...profileEnv(databaseUrl) } : {}),
    HERALD_DATA: dataDir,
    PORT: String(index === 0 ? port : 0),
    LOG_LEVEL: 'warn',
    ...(roles ? { ROLES: roles } : {}),
    ...options.env,
  }));
}

export class HeraldProcess extends FhirClient {
  private constructor(
    private readonly processes: readonly RoleProcess[],
    readonly options: HeraldProcessOptions & { port: number; dataDir: string },
  ) {
    super(`http://127.0.0.1:${options.port}`);
  }

  /** Starts dist/main.js and resolves once /health/ready answers 200. The environment is only what is given here. */
  static async start(options: HeraldProcessOptions): Promise<HeraldProcess> {
    const dataDir = options.dataDir ?? newDataDir();
    const { onLine } = options;
    const processes = environments({ ...options, dataDir }).map((env) => {
      const started = new RoleProcess({ env, onLine });
      options.onSpawn?.(started.pid);
      return started;
    });
    await allReady(processes, options.readyDeadlineMs ?? readyDeadlineMs);
    const port = Number(new URL(processes[0]!.url!).port);
    return new HeraldProcess(processes, { ...options, port, dataDir });
  }

  /** A new process in the place of this one: same database, port, data and configuration. */
  again(env: Record<string, string> = {}): Promise<HeraldProcess> {
    return HeraldProcess.start({ ...this.options, env: { ...this.options.env, ...env } });
  }

  /** The one process, or the first of several. */
  get pid(): number {
    return this.processes[0]!.pid;
  }

  /** False as soon as one of several is gone. */
  get isRunning(): boolean {
    return this.processes.every((each) => each.isRunning);
  }

  /** The last lines it wrote, for the message of a failing test. */
  get output(): string {
    return outputOf(this.processes);
  }

  /** kill -9: no drain, no farewell. */
  async kill(): Promise<void> {
    this.processes.forEach((each) => each.signal('SIGKILL'));
    await this.ended();
  }

  /** SIGTERM, and its exit code; of several the first that is not 0. A frozen process is woken first. */
  async stop(): Promise<number | null> {
    for (const each of this.processes.filter(({ isRunning }) => isRunning)) {
      each.signal('SIGCONT');
      each.signal('SIGTERM');
    }
    const codes = await this.ended();
    const failed = codes.filter((code) => code !== 0);
    return failed.length > 0 ? failed[0]! : 0;
  }

  freeze(): void {
    this.processes.forEach((each) => each.signal('SIGSTOP'));
  }

  resume(): void {
    this.processes.forEach((each) => each.signal('SIGCONT'));
  }

  private async ended(): Promise<(number | null)[]> {
    const codes = await Promise.all(this.processes.map(({ exited }) => exited));
    await this.close();
    return codes;
  }
}

function outputOf(processes: readonly RoleProcess[]): string {
  return processes.map(({ output }) => output).join('\n');
}

async function allReady(processes: readonly RoleProcess[], deadlineMs: number): Promise<void> {
  const isReady = async ({ isRunning, url }: RoleProcess): Promise<boolean> => {
    if (!isRunning) throw new Error('Herald ended at its start');
    if (url === undefined) return false;
    // Refused connections are what a starting process answers.
    const signal = AbortSignal.timeout(answerMsMax);
    const answer = await fetch(`${url}/health/ready`, { signal }).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.status === 200;
  };
  const areReady = async (): Promise<boolean> => (await Promise.all(processes.map(isReady))).every(Boolean);
  try {
    await eventually(areReady, { deadlineMs, everyMs: 50, what: 'a ready process' });
  } catch (error) {
    // Expected: a start that is refused, a failpoint that struck before. The caller reads why.
    processes.forEach((each) => each.signal('SIGKILL'));
    await Promise.all(processes.map(({ exited }) => exited));
    throw new Error(`${String(error)}\n${outputOf(processes)}`);
  }
}
