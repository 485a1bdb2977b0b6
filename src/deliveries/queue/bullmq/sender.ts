// The near end of the queue: gathers what this process rings, hands it to Redis a batch at a time, and asks Redis every second whether it is
// there. While it is not, wake-ups are forgotten: what they are about is found by the sweep sooner than they would arrive.
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { describeError, Wake, type Clock, type Log, type RedisConfig, type Worker } from '../../../platform';
import {
  REDIS_CLOSE_MS_MAX,
  REDIS_CONNECT_TIMEOUT_MS,
  REDIS_PING_MS,
  WAKE_UP_BATCH_MAX,
  WAKE_UP_GATHER_MS,
  WAKE_UPS_IN_REDIS_MAX,
  WAKE_UPS_PENDING_MAX,
} from '../../limits';

import type { QueueHealth } from '../wake-up-queue.contract';
import { JOB_NAME, QUEUE_NAME, type Fates } from './names';
import { hastyOptions } from './redis-options';

const REMOVED = { removeOnComplete: true, removeOnFail: true, attempts: 1 } as const;

export interface SenderDeps {
  readonly redis: RedisConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly fates: Fates;
}

interface Line {
  readonly redis: Redis;
  readonly queue: Queue;
}

export class WakeUpSender implements Worker {
  readonly name = 'wake-up-sender';
  private readonly pending = new Set<number>();
  private readonly wake: Wake;
  private state: QueueHealth;

  constructor(private readonly deps: SenderDeps) {
    this.wake = new Wake(deps.clock);
    this.state = { name: 'redis', status: 'unknown', since: deps.clock.now() };
  }

  /** Whether Redis answers, and since when. */
  get health(): QueueHealth {
    return this.state;
  }

  /** Takes keys to be sent, each once; beyond its bound it forgets. Never throws, never waits. */
  add(keys: readonly number[]): void {
    let forgotten = 0;
    for (const key of keys) {
      if (this.pending.size >= WAKE_UPS_PENDING_MAX && !this.pending.has(key)) forgotten += 1;
      else this.pending.add(key);
    }
    if (forgotten > 0) this.deps.fates.inc({ fate: 'forgotten' }, forgotten);
    this.wake.ring();
  }

  /** Until `signal` aborts; then what is left is sent, if that goes at once. Goes on without Redis, and never throws for the lack of it. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.deps;
    const line = this.open();
    try {
      // Expected: the first try finds nobody. The client goes on trying by itself, and the rounds tell.
      const connected = line.redis.connect().catch(() => undefined);
      await Promise.race([connected, clock.sleep(REDIS_CONNECT_TIMEOUT_MS, signal)]);
      while (!signal.aborted) {
        const hasSent = await this.round(line);
        // What is rung meanwhile goes together: two hundred batches a second at most, each key once in each.
        if (hasSent) await clock.sleep(WAKE_UP_GATHER_MS, signal);
        else await this.wake.wait(REDIS_PING_MS, signal);
      }
      await this.round(line);
    } finally {
      await this.close(line);
    }
  }

  private open(): Line {
    const { redis: config, log } = this.deps;
    const redis = new Redis(hastyOptions(config.url));
    // Expected while Redis is away, at every try to connect; the round that finds it away tells it once.
    redis.on('error', (error) => log.debug({ reason: describeError(error) }, 'wake-ups.connection-error'));
    const queue = new Queue(QUEUE_NAME, {
      connection: redis,
      prefix: config.prefix,
      skipVersionCheck: true,
      // Else a Redis that is away at the start would leave the queue broken for ever: it waits once, and remembers that it failed.
      skipWaitingForReady: true,
      defaultJobOptions: REMOVED,
    });
    queue.on('error', (error) => log.debug({ reason: describeError(error) }, 'wake-ups.queue-error'));
    return { redis, queue };
  }

  private async round({ redis, queue }: Line): Promise<boolean> {
    const keys = this.take();
    try {
      if (redis.status !== 'ready') throw new Error('no connection');
      if (keys.length === 0) await redis.ping();
      else await this.send(redis, queue, keys);
      this.note('up');
      return keys.length > 0;
    } catch (error) {
      // Expected: Redis is away, busy, or full. Nobody waits for a wake-up.
      this.deps.fates.inc({ fate: 'forgotten' }, keys.length + this.pending.size);
      this.pending.clear();
      // It stands, but nothing came back in time: perhaps a line that was cut without a farewell. A new one will tell.
      if (redis.status === 'ready') redis.disconnect(true);
      this.note('down', describeError(error));
      return false;
    }
  }

  private async send(redis: Redis, queue: Queue, keys: readonly number[]): Promise<void> {
    const { fates } = this.deps;
    // Nobody takes them out: the deliverers are gone or too slow, and will find by themselves what these are about.
    if ((await redis.llen(queue.keys['wait']!)) >= WAKE_UPS_IN_REDIS_MAX) {
      fates.inc({ fate: 'forgotten' }, keys.length);
      return;
    }
    await queue.addBulk(keys.map((key) => ({ name: JOB_NAME, data: key })));
    fates.inc({ fate: 'sent' }, keys.length);
  }

  private take(): number[] {
    const keys: number[] = [];
    for (const key of this.pending) {
      if (keys.length >= WAKE_UP_BATCH_MAX) break;
      keys.push(key);
      this.pending.delete(key);
    }
    return keys;
  }

  /** One line in the log when Redis goes, one when it is back. */
  private note(status: 'up' | 'down', reason?: string): void {
    const { clock, log } = this.deps;
    if (status === this.state.status) return;
    if (status === 'up') log.info('wake-ups.redis-answers');
    else log.warn({ reason }, 'wake-ups.redis-away');
    this.state = { name: this.state.name, status, since: clock.now() };
  }

  private async close({ redis, queue }: Line): Promise<void> {
    const patience = new AbortController();
    // Expected: a connection that is gone already.
    const closed = queue.close().catch(() => undefined);
    await Promise.race([closed, this.deps.clock.sleep(REDIS_CLOSE_MS_MAX, patience.signal)]);
    patience.abort();
    redis.disconnect();
  }
}
