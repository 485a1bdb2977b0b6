// A real Redis server on 127.0.0.1, from the system's package, with a folder of its own. It writes nothing to disk: Herald keeps nothing in
// Redis that anybody would miss.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '../free-port.mjs';
import { ServerProcess } from '../server-process.mjs';

const PORT_TRIES_MAX = 5;
const REDIS = {
  name: 'Redis',
  logFile: 'redis.log',
  readyWords: 'Ready to accept connections',
  readyMsMax: 60_000,
  stopMsMax: 20_000,
  pollMs: 20,
};

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

/** Comes back empty when it is run again. */
export class RedisServer extends ServerProcess {
  constructor(dataDir, port, password) {
    super(dataDir, REDIS);
    this.port = port;
    this.password = password;
    /** As REDIS_URL wants it. */
    this.url = `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}/0`;
  }

  command() {
    return ['redis-server', this.#parameters()];
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
