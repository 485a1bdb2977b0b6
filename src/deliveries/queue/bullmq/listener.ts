// The far end of the queue, in processes that deliver: takes wake-ups out of Redis and rings the process's own ear.
import { Worker as BullWorker } from 'bullmq';
import { Redis } from 'ioredis';
import { describeError, type Clock, type Log, type RedisConfig, type Worker } from '../../../platform';
import {
  REDIS_CLOSE_MS_MAX,
  REDIS_POLL_S,
  REDIS_RECONNECT_MS_MAX,
  WAKE_UP_LOCK_MS,
  WAKE_UPS_AT_A_TIME,
} from '../../limits';
import { QUEUE_NAME, type Fates } from './names';
import { patientOptions } from './redis-options';

/** What ioredis says of a command that had no answer in time: the line may be cut without a farewell. */
const NO_ANSWER = 'Command timed out';

export interface ListenerDeps {
  readonly redis: RedisConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly fates: Fates;
  readonly hear: (subscriptionKey: number) => void;
}

export class WakeUpListener implements Worker {
  readonly name = 'wake-up-listener';

  constructor(private readonly deps: ListenerDeps) {}

  /** Until `signal` aborts. Waits for Redis as long as it takes; never throws for the lack of it. */
  async run(signal: AbortSignal): Promise<void> {
    const { redis: config, log } = this.deps;
    const redis = new Redis(patientOptions(config.url));
    const worker = new BullWorker<unknown>(QUEUE_NAME, (job) => this.heard(job.data), {
      connection: redis,
      prefix: config.prefix,
      skipVersionCheck: true,
      concurrency: WAKE_UPS_AT_A_TIME,
      drainDelay: REDIS_POLL_S,
      runRetryDelay: REDIS_RECONNECT_MS_MAX,
      lockDuration: WAKE_UP_LOCK_MS,
      stalledInterval: WAKE_UP_LOCK_MS,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    // Expected: Redis away, or flushed under a job that was being heard. Whether Redis is there is told by the sender.
    worker.on('error', (error) => {
      log.debug({ reason: describeError(error) }, 'wake-ups.listener-error');
      if (error.message === NO_ANSWER && redis.status === 'ready') redis.disconnect(true);
    });
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await this.close(worker);
    redis.disconnect();
  }

  /** What stands in Redis may come from anybody: a key makes us look, anything else is nothing. */
  private heard(data: unknown): Promise<void> {
    const { fates, hear } = this.deps;
    const isKey = typeof data === 'number' && Number.isSafeInteger(data) && data > 0;
    fates.inc({ fate: isKey ? 'heard' : 'refused' });
    if (isKey) hear(data);
    return Promise.resolve();
  }

  /** By force: a job that is being heard is repeated by another deliverer, and a Redis that is away is not waited for. */
  private async close(worker: BullWorker<unknown>): Promise<void> {
    const patience = new AbortController();
    // Expected: a connection that is gone already.
    const closed = worker.close(true).catch(() => undefined);
    await Promise.race([closed, this.deps.clock.sleep(REDIS_CLOSE_MS_MAX, patience.signal)]);
    patience.abort();
  }
}
