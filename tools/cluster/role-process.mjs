// One Herald process of the cluster: started, watched, started again when it ends by itself, stopped.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../steps.mjs';

const READY_MS_MAX = 120_000;
const ANSWER_MS_MAX = 5_000;
const POLL_MS = 100;
const RESTART_MS = 1_000;
const STOP_MS_MAX = 60_000;
const LOG_TAIL = 2_000;

export class RoleProcess {
  #child;
  #exited;
  #isStopping = false;

  #port;

  /** In: `name`, `port` (0: the process takes a free one, and keeps it), `env`, `logFile`, `tell` for what the operator should know, `onPid` for who clears up after us. */
  constructor(options) {
    this.options = options;
    this.#port = options.port;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  get pid() {
    return this.#child?.pid;
  }

  /** Resolves once it is ready; throws the tail of its log when it ends before. */
  async start() {
    // The log of an earlier run would tell an earlier port.
    fs.writeFileSync(this.options.logFile, '');
    this.#spawn();
    const end = performance.now() + READY_MS_MAX;
    for (;;) {
      if ((await this.#isReady()) || this.#isStopping) return;
      const isGone = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (isGone || performance.now() > end) throw new Error(this.#lastWords());
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** From now on it is started again when it ends by itself, as any supervisor of processes would do. */
  watch() {
    void this.#exited.then((how) => {
      if (this.#isStopping) return;
      this.options.tell(`${this.options.name} ended by itself (${how}); it is started again.`);
      setTimeout(() => {
        if (this.#isStopping) return;
        this.#spawn();
        this.watch();
      }, RESTART_MS);
    });
  }

  /** SIGTERM: it drains. Resolves when it is gone; one that does not end is killed. */
  async stop() {
    this.#isStopping = true;
    this.#child?.kill('SIGCONT');
    this.#child?.kill('SIGTERM');
    const patience = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS_MAX);
    await this.#exited;
    clearTimeout(patience);
  }

  async #isReady() {
    // Told by the process itself: a port that was looked up before could be somebody else's by now.
    if (this.#port === 0) this.#port = Number(/ Health +http:\S+:(\d+)\/health/.exec(this.#log())?.[1] ?? 0);
    if (this.#port === 0) return false;
    // A refused connection is what a starting process answers.
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    return (await fetch(`${this.url}/health/ready`, { signal }).catch(() => undefined))?.ok === true;
  }

  #spawn() {
    const { logFile } = this.options;
    const env = { ...this.options.env, PORT: String(this.#port) };
    const output = fs.openSync(logFile, 'a');
    this.#child = spawn(process.execPath, ['--enable-source-maps', path.join(root, 'dist/main.js')], {
      cwd: root,
      env,
      // Ctrl-C in a terminal is for the cluster, which stops its parts in order.
      detached: true,
      stdio: ['ignore', output, output],
    });
    fs.closeSync(output);
    this.options.onPid(`+${this.#child.pid}`);
    const child = this.#child;
    this.#exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`)));
  }

  #lastWords() {
    const { name, logFile } = this.options;
    return `${name} did not start (${logFile}):\n${this.#log().slice(-LOG_TAIL)}`;
  }

  /** What it has written since it was started first. */
  #log() {
    return fs.readFileSync(this.options.logFile, 'utf8');
  }
}
