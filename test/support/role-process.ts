// One process of a Herald: dist/main.js with the environment given, what it writes, its end.
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';

const projectRoot = path.resolve(__dirname, '../..');
const outputLinesKept = 200;

export interface RoleProcessOptions {
  /** All there is in its environment. */
  env: NodeJS.ProcessEnv;
  /** Told of every line it writes; only the last ones are kept. */
  onLine?: (line: string) => void;
}

export class RoleProcess {
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;
  private readonly lines: string[] = [];
  private ownUrl: string | undefined;

  constructor({ env, onLine }: RoleProcessOptions) {
    const program = path.join(projectRoot, 'dist', 'main.js');
    this.child = spawn(process.execPath, ['--enable-source-maps', program], {
      cwd: projectRoot,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer): void => {
      const written = chunk.toString('utf8').split('\n').filter(Boolean);
      written.forEach((line) => onLine?.(line));
      this.lines.push(...written);
      this.lines.splice(0, Math.max(0, this.lines.length - outputLinesKept));
      this.ownUrl ??= / Health +(http:\S+)\/health/.exec(this.output)?.[1];
    };
    this.child.stdout!.on('data', keep);
    this.child.stderr!.on('data', keep);
    this.exited = new Promise((resolve) => this.child.once('exit', (code) => resolve(code)));
  }

  get pid(): number {
    return this.child.pid!;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Where it listens, as its banner tells; undefined until then. */
  get url(): string | undefined {
    return this.ownUrl;
  }

  /** The last lines it wrote. */
  get output(): string {
    return this.lines.join('\n');
  }

  signal(name: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(name);
  }
}
