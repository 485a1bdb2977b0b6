// A real Redis server on 127.0.0.1, from the system's package, with a folder of its own. It writes nothing to disk: Herald keeps nothing in
// Redis that anybody would miss.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 20_000;
const POLL_MS = 20;
const PORT_TRIES_MAX = 5;
const LOG_TAIL = 2_000;

/** What keeps a Redis from being started here; the message says what to do. */
export class RedisUnavailableError extends Error {
  name = 'RedisUnavailableError';
}

/** Why no Redis can be started on this machine, or undefined when one can. */
export function whyNoRedis() {
  const { status } = spawnSync('redis-server', ['--version'], { stdio: 'ignore' });
  return status === 0
    ? undefined
    : 'There is no `redis-server`: install Redis 6.2 or newer (Debian: apt-get install redis-server).';
}

/**
 * In: `dataDir` (made when missing; for the log), `port` (free one when absent), `password` (none when absent). Out: a server that takes
 * connections. Throws RedisUnavailableError, or the tail of the server's log.
 */
export async function startRedis({ dataDir, port, password }) {
  const reason = whyNoRedis();
  if (reason !== undefined) throw new RedisUnavailableError(reason);
  fs.mkdirSync(dataDir, { recursive: true });
  for (let tries = 1; ; tries += 1) {
    const server = new RedisServer(path.resolve(dataDir), port || (await freePort()), password);
    try {
      await server.run();
      return server;
    } catch (error) {
      // Expected: another program took the free port between the look and the start.
      if (port || tries >= PORT_TRIES_MAX || !String(error).includes('Address already in use')) throw error;
    }
  }
}

export class RedisServer {
  #child;
  #exited;

  constructor(dataDir, port, password) {
    this.dataDir = dataDir;
    this.port = port;
    this.password = password;
    /** As REDIS_URL wants it. */
    this.url = `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}/0`;
  }

  get pid() {
    return this.#child?.pid;
  }

  /** Resolves when the process has ended, by itself or not. */
  get exited() {
    return this.#exited;
  }

  /** Starts the process on the same port, and resolves once it takes connections. It comes back empty. */
  async run() {
    const log = path.join(this.dataDir, 'redis.log');
    const output = fs.openSync(log, 'w');
    this.#child = spawn('redis-server', this.#parameters(), {
      cwd: this.dataDir,
      // Ctrl-C in a terminal is for who started it, who stops it last.
      detached: true,
      stdio: ['ignore', output, output],
    });
    fs.closeSync(output);
    const child = this.#child;
    this.#exited = new Promise((resolve) => child.once('exit', resolve));
    const end = performance.now() + READY_MS_MAX;
    while (!fs.readFileSync(log, 'utf8').includes('Ready to accept connections')) {
      const isGone = child.exitCode !== null || child.signalCode !== null;
      if (isGone || performance.now() > end) {
        child.kill('SIGKILL');
        const said = fs.readFileSync(log, 'utf8').slice(-LOG_TAIL);
        throw new Error(`Redis ${isGone ? 'ended at its start' : 'is not ready'}:\n${said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** SIGTERM. Resolves when the process is gone. */
  async stop() {
    this.#child?.kill('SIGCONT');
    this.#child?.kill('SIGTERM');
    const patience = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS_MAX);
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

  #parameters() {
    const lines = {
      port: this.port,
      bind: '127.0.0.1',
      dir: this.dataDir,
      save: '',
      appendonly: 'no',
      daemonize: 'no',
      'maxmemory-policy': 'noeviction',
      ...(this.password === undefined ? {} : { requirepass: this.password }),
    };
    return Object.entries(lines).flatMap(([name, value]) => [`--${name}`, String(value)]);
  }
}

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
