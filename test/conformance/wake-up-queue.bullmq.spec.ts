import { openWakeUpQueue, type DeliveryDoorbell, type WakeUpQueue } from '../../src/deliveries';
import { Metrics, SystemClock } from '../../src/platform';
import { describeWithRedis, TestRedis } from '../support/redis-server';
import { silentLog } from '../support/silent-log';
import { describeWakeUpQueue } from './wake-up-queue';

const opened = (url: string, doorbell: DeliveryDoorbell): Promise<WakeUpQueue> =>
  openWakeUpQueue(
    { url, prefix: 'herald' },
    { clock: new SystemClock(), log: silentLog, metrics: new Metrics(), doorbell, isListening: true },
  );

describeWithRedis('on a real Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await TestRedis.start();
  });
  afterAll(() => redis.remove());

  describeWakeUpQueue('bullmq', (doorbell) => opened(redis.url, doorbell));
});
