// The queue as bull-board shows it, for looking only: what waits in Redis, by subscription key. It has a line to Redis of its own, so that
// nobody who looks is in the way of a wake-up.
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import { Queue } from 'bullmq';
import type { FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import { describeError, type Log, type RedisConfig } from '../../../platform';
import { QUEUE_NAME } from './names';
import { hastyOptions } from './redis-options';

const DESCRIPTION = 'Wake-ups between processes: a job is a subscription key. Normally there is none.';

/** A Fastify plugin with the page below `prefix`; it connects when it is registered, and closes with the server. */
export function boardPlugin(config: RedisConfig, log: Log, prefix: string) {
  return (server: FastifyInstance, _options: unknown, done: () => void): void => {
    const redis = new Redis(hastyOptions(config.url));
    redis.on('error', (error) => log.debug({ reason: describeError(error) }, 'wake-ups.board-error'));
    // Expected: Redis is away. The client goes on trying, and meanwhile the page says that it cannot be read.
    redis.connect().catch(() => undefined);
    const queue = new Queue(QUEUE_NAME, {
      connection: redis,
      prefix: config.prefix,
      skipVersionCheck: true,
      skipWaitingForReady: true,
      skipMetasUpdate: true,
    });
    queue.on('error', (error) => log.debug({ reason: describeError(error) }, 'wake-ups.board-error'));
    const adapter = new FastifyAdapter().setBasePath(prefix);
    createBullBoard({
      queues: [new BullMQAdapter(queue, { readOnlyMode: true, description: DESCRIPTION })],
      serverAdapter: adapter,
      options: { uiConfig: { boardTitle: 'Herald' } },
    });
    server.addHook('onClose', async () => {
      // Expected: a connection that is gone already.
      await queue.close().catch(() => undefined);
      redis.disconnect();
    });
    server.register(adapter.registerPlugin());
    done();
  };
}
