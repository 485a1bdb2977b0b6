// A real Redis for tests (tools/redis): its own folder and port, gone after `remove`. Where Redis is not installed, the tests that need it are
// skipped, and say so loudly.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { startRedis, whyNoRedis, type RedisServer } from '../../tools/redis/server.mjs';

/** `describe` where a Redis can be started; elsewhere a skip that says what is missing. */
export function describeWithRedis(name: string, tests: () => void): void {
  const reason = whyNoRedis();
  if (reason === undefined) return void describe(name, tests);
  process.stderr.write(`\nNOT TESTED: ${name}. ${reason}\n`);
  describe.skip(`${name} (${reason})`, tests);
}

export class TestRedis {
  private readonly killAtExit = (): void => {
    if (this.server.pid !== undefined) killQuietly(this.server.pid);
  };
  /** Asks and breaks; reconnects by itself when the server is back. */
  readonly client: Redis;

  private constructor(private readonly server: RedisServer) {
    process.once('exit', this.killAtExit);
    this.client = new Redis(server.url, { lazyConnect: true, retryStrategy: () => 50 });
    // Expected: the tests take the server away.
    this.client.on('error', () => undefined);
  }

  static async start(options: { password?: string; port?: number } = {}): Promise<TestRedis> {
    const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'herald-redis-'));
    return new TestRedis(await startRedis({ dataDir, ...options }));
  }

  /** As REDIS_URL wants it. */
  get url(): string {
    return this.server.url;
  }

  get port(): number {
    return this.server.port;
  }

  get pid(): number {
    return this.server.pid!;
  }

  /** Everything in it is gone. */
  async flush(): Promise<void> {
    await this.client.flushall();
  }

  /** Everything that stands in it now: keys, and the values of every kind, as text. */
  async dump(): Promise<string[]> {
    const keys = await this.client.keys('*');
    const values = await Promise.all(keys.map(async (key) => `${key} = ${await this.valueOf(key)}`));
    return values.sort();
  }

  /** Every command that reaches it from now on, as text. `stop` ends it. */
  async listenIn(): Promise<{ readonly heard: string[]; stop(): void }> {
    const spy = await this.client.duplicate().monitor();
    const heard: string[] = [];
    spy.on('monitor', (_time: string, command: string[]) => heard.push(command.join(' ')));
    return { heard, stop: () => spy.disconnect() };
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  kill(): Promise<void> {
    return this.server.kill();
  }

  freeze(): void {
    this.server.freeze();
  }

  resume(): void {
    this.server.resume();
  }

  /** Up again after `stop` or `kill`, on the same port, empty. */
  restart(): Promise<void> {
    return this.server.run();
  }

  /** Ends it and deletes its folder. */
  async remove(): Promise<void> {
    process.off('exit', this.killAtExit);
    this.client.disconnect();
    await this.server.kill();
    fs.rmSync(this.server.dataDir, { recursive: true, force: true });
  }

  private async valueOf(key: string): Promise<string> {
    const kind = await this.client.type(key);
    const readers: Record<string, () => Promise<unknown>> = {
      string: () => this.client.get(key),
      list: () => this.client.lrange(key, 0, -1),
      set: () => this.client.smembers(key),
      zset: () => this.client.zrange(key, 0, -1, 'WITHSCORES'),
      hash: () => this.client.hgetall(key),
      stream: () => this.client.xrange(key, '-', '+'),
    };
    return JSON.stringify(await readers[kind]?.());
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Expected: it has ended before us.
  }
}
