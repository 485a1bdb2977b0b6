// A server of the cluster profile as a process of ours: started on its folder, ready when its log says so, stopped, killed, frozen.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/**
 * What is fixed for one kind of server: its `name` in messages, `logFile` (in its folder), the `readyWords` it logs once it takes connections, and how long each
 * may take (`readyMsMax`, `stopMsMax`, `pollMs`). Who extends it says with `command()` what is run: program and parameters.
 */
export class ServerProcess {
  #kind;
  #child;
  #exited;

  constructor(dataDir, kind) {
    this.dataDir = dataDir;
    this.#kind = kind;
  }

  get pid() {
    return this.#child?.pid;
  }

  /** Resolves when the process has ended, by itself or not. */
  get exited() {
    return this.#exited;
  }

  file(name) {
    return path.join(this.dataDir, name);
  }

  /** Starts the process, on the same folder and port as before, and resolves once it is ready. Throws the tail of its log. */
  async run() {
    const { name, logFile, readyWords, readyMsMax, pollMs } = this.#kind;
    const log = this.file(logFile);
    const output = fs.openSync(log, 'w');
    const [program, parameters] = this.command();
    const child = spawn(program, parameters, {
      cwd: this.dataDir,
      // Ctrl-C in a terminal is for who started it, who stops it last.
      detached: true,
      stdio: ['ignore', output, output],
    });
    fs.closeSync(output);
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once('exit', resolve));
    const end = performance.now() + readyMsMax;
    while (!fs.readFileSync(log, 'utf8').includes(readyWords)) {
      const isGone = child.exitCode !== null || child.signalCode !== null;
      if (isGone || performance.now() > end) {
        child.kill('SIGKILL');
        const said = fs.readFileSync(log, 'utf8').slice(-LOG_TAIL);
        throw new Error(`${name} ${isGone ? 'ended at its start' : 'is not ready'}:\n${said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  /** SIGTERM, also to one that is frozen. Resolves when the process is gone; one that does not end is killed. */
  async stop() {
    this.#child?.kill('SIGCONT');
    this.#child?.kill('SIGTERM');
    const patience = setTimeout(() => this.#child?.kill('SIGKILL'), this.#kind.stopMsMax);
    await this.#exited;
    clearTimeout(patience);
  }

  /** kill -9. Resolves when the process is gone. */
  async kill() {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** SIGSTOP: its lines stay open and it answers nothing, as behind a cut cable. */
  freeze() {
    this.#child?.kill('SIGSTOP');
  }

  resume() {
    this.#child?.kill('SIGCONT');
  }
}

/** Characters of a server's log that a message shows. */
export const LOG_TAIL = 3_000;
