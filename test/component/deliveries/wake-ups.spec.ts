// Wake-ups between processes through BullMQ on a real Redis: what arrives, what stands in Redis, and what happens when Redis does not.
import { Queue, Worker } from 'bullmq';
import { openWakeUpQueue, type DeliveryDoorbell, type WakeUpQueue } from '../../../src/deliveries';
import { createLog, Metrics, SystemClock } from '../../../src/platform';
import { Hearing } from '../../conformance/wake-up-queue';
import { eventually } from '../../support/deadline';
import { describeWithRedis, TestRedis } from '../../support/redis-server';

const generous = { deadlineMs: 60_000 };

describeWithRedis('wake-ups on Redis', () => {
  jest.setTimeout(180_000);
  let redis: TestRedis;
  const hearings: Hearing[] = [];
  const registries: Metrics[] = [];
  let logged: string[];

  const process = (options: { url?: string; isListening?: boolean } = {}): Promise<Hearing> => {
    const { url = redis.url, isListening = true } = options;
    const log = createLog({ level: 'debug', destination: { write: (line: string) => void logged.push(line) } });
    const metrics = new Metrics();
    registries.push(metrics);
    const make = (doorbell: DeliveryDoorbell): Promise<WakeUpQueue> =>
      openWakeUpQueue({ url, prefix: 'herald' }, { clock: new SystemClock(), log, metrics, doorbell, isListening });
    return Hearing.of(make).then((hearing) => {
      hearings.push(hearing);
      return hearing;
    });
  };
  /** How many wake-ups met this fate, in all processes of the test. */
  const fate = async (name: string): Promise<number> => {
    const counters = registries.map(({ registry }) => registry.getSingleMetric('herald_wake_ups_total')!.get());
    const values = (await Promise.all(counters)).flatMap((counter) => counter.values);
    return values.reduce((sum, { labels, value }) => sum + (labels['fate'] === name ? value : 0), 0);
  };

  beforeEach(async () => {
    redis = await TestRedis.start();
    registries.length = 0;
    logged = [];
  });
  afterEach(async () => {
    await Promise.all(hearings.splice(0).map((hearing) => hearing.stop()));
    await redis.remove();
  });

  it('reach a process that did not ring, each at least one of those that listen', async () => {
    const matcher = await (await process({ isListening: false })).connected();
    const one = await (await process()).connected();
    const two = await (await process()).connected();
    const keys = Array.from({ length: 200 }, (_, index) => index + 1);
    for (const key of keys) matcher.doorbell.ring([key]);
    await eventually(() => new Set([...one.heard, ...two.heard]).size === keys.length, generous);
    expect(await fate('sent')).toBe(200);
  });

  it('I32: Redis holds subscription keys and nothing else, and nothing once they were heard', async () => {
    const matcher = await (await process({ isListening: false })).connected();
    const spy = await redis.listenIn();
    matcher.doorbell.ring([4711, 4712]);
    await eventually(async () => (await redis.client.llen('herald:wake-ups:wait')) === 2, generous);
    const jobs = (await redis.dump()).filter((line) => /^herald:wake-ups:\d+ =/.test(line));
    const fields = jobs.map((line) => JSON.parse(line.split(' = ')[1]!) as Record<string, string>);
    expect(fields.map(({ data }) => data).sort()).toEqual(['4711', '4712']);
    expect(fields.map(({ name }) => name)).toEqual(['wake-up', 'wake-up']);
    expect(new Set(fields.flatMap((job) => Object.keys(job)))).toEqual(
      new Set(['name', 'data', 'opts', 'timestamp', 'delay', 'priority']),
    );
    const deliverer = await process();
    await eventually(() => deliverer.heard.length === 2, generous);
    await eventually(async () => (await redis.client.keys('herald:wake-ups:[0-9]*')).length === 0, generous);
    expect(spy.heard.filter((command) => /patient/i.test(command))).toEqual([]);
    spy.stop();
  });

  it('every ring is followed by a hearing, though the same key may be under way', async () => {
    const matcher = await (await process({ isListening: false })).connected();
    const deliverer = await (await process()).connected();
    for (let round = 1; round <= 50; round += 1) {
      const before = deliverer.heard.length;
      matcher.doorbell.ring([9]);
      await eventually(() => deliverer.heard.length > before, generous);
    }
  });

  it('what others put there makes no more than an early look, and breaks nothing', async () => {
    const deliverer = await (await process()).connected();
    const forger = new Queue('wake-ups', { connection: redis.client, prefix: 'herald', skipVersionCheck: true });
    const forged = ['1; drop table', { key: 7 }, null, -5, 1.5, 2 ** 60, 'x'.repeat(5_000_000), [1, 2]];
    await forger.addBulk(forged.map((data) => ({ name: 'wake-up', data })));
    await forger.add('something-else', 12);
    await eventually(() => deliverer.heard.includes(12), generous);
    await eventually(async () => (await fate('refused')) >= forged.length, generous);
    expect(deliverer.heard).toEqual([12]);
    expect(deliverer.restarts).toBe(0);
    await forger.close();
  });

  it('I18: without Redis at the start nobody throws or restarts; when it comes, wake-ups arrive', async () => {
    await redis.stop();
    const matcher = await process({ isListening: false });
    const deliverer = await process();
    await eventually(() => logged.some((line) => line.includes('no connection')), generous);
    matcher.doorbell.ring([1, 2, 3]);
    await eventually(async () => (await fate('forgotten')) === 3, generous);
    expect(logged.filter((line) => line.includes('wake-ups.redis-away'))).toHaveLength(2);
    await redis.restart();
    await Promise.all([matcher.connected(), deliverer.connected()]);
    await eventually(() => {
      matcher.doorbell.ring([5]);
      return deliverer.heard.includes(5);
    }, generous);
    expect(matcher.restarts + deliverer.restarts).toBe(0);
  });

  it('I18: Redis killed, frozen and flushed in the middle: a bounded memory, no restart, and wake-ups again afterwards', async () => {
    const matcher = await (await process({ isListening: false })).connected();
    const deliverer = await (await process()).connected();
    const arrives = async (key: number): Promise<void> => {
      await eventually(() => {
        matcher.doorbell.ring([key]);
        return deliverer.heard.includes(key);
      }, generous);
    };
    await arrives(1);
    await redis.flush();
    await arrives(2);
    await redis.kill();
    await eventually(() => !matcher.isConnected, generous);
    for (let start = 1_000; start < 200_000; start += 1_000) {
      matcher.doorbell.ring(Array.from({ length: 1_000 }, (_, index) => start + index));
    }
    await eventually(async () => (await fate('forgotten')) > 150_000, generous);
    await redis.restart();
    await arrives(3);
    redis.freeze();
    await eventually(() => !matcher.isConnected, generous);
    redis.resume();
    await arrives(4);
    expect(matcher.restarts + deliverer.restarts).toBe(0);
  });

  it('with nobody listening Redis fills up to a bound only', async () => {
    const matcher = await (await process({ isListening: false })).connected();
    const full = Array.from({ length: 50_000 }, (_, index) => String(index));
    await redis.client.rpush('herald:wake-ups:wait', ...full);
    matcher.doorbell.ring([1, 2, 3]);
    await eventually(async () => (await fate('forgotten')) === 3, generous);
    expect(await redis.client.llen('herald:wake-ups:wait')).toBe(50_000);
  });

  it('needs the password that Redis asks for, and never shows it', async () => {
    await redis.remove();
    redis = await TestRedis.start({ password: 'pa:ss/word@1' });
    const hearing = await (await process()).connected();
    const stranger = await process({ url: redis.url.replace(/word/, 'wrong') });
    await eventually(() => logged.some((line) => line.includes('WRONGPASS')), generous);
    expect([hearing.isConnected, stranger.isConnected]).toEqual([true, false]);
    expect(logged.join('')).not.toContain('pa:ss');
    expect(logged.join('')).not.toContain(encodeURIComponent('pa:ss'));
  });

  // What the queue's design rests on. Should a newer BullMQ behave otherwise, nothing breaks, but ids could be thought of again.
  describe('BullMQ ignores in silence', () => {
    let queue: Queue;
    beforeEach(() => {
      queue = new Queue('traps', { connection: redis.client });
    });
    afterEach(() => queue.close());
    const worker = (process: () => Promise<void>): Worker => {
      const options = { connection: { port: redis.port, maxRetriesPerRequest: null }, drainDelay: 1 };
      return new Worker('traps', process, options);
    };

    it.each([
      ['completed', () => Promise.resolve()],
      ['failed', () => Promise.reject(new Error('no'))],
    ])('a job under the id of one that is kept as %s', async (state, work) => {
      const calls: number[] = [];
      const running = worker(() => (calls.push(1), work()));
      await queue.add('x', 1, { jobId: 's1' });
      await eventually(async () => (await queue.getJobState('s1')) === state, generous);
      await queue.add('x', 1, { jobId: 's1' });
      await queue.add('x', 1, { jobId: 's2' });
      await eventually(async () => (await queue.getJobState('s2')) === state, generous);
      expect(calls).toHaveLength(2);
      await running.close();
    });

    it('a job under the id of one that is being worked on: the wake-up would be lost', async () => {
      const calls: number[] = [];
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const running = worker(() => (calls.push(1), held));
      await queue.add('x', 1, { jobId: 's1', removeOnComplete: true });
      await eventually(() => calls.length === 1, generous);
      await queue.add('x', 1, { jobId: 's1', removeOnComplete: true });
      release();
      await eventually(async () => (await queue.getJobState('s1')) === 'unknown', generous);
      await queue.add('x', 1, { jobId: 's2', removeOnComplete: true });
      await eventually(() => calls.length === 2, generous);
      expect(await queue.getJobCountByTypes('waiting', 'active', 'delayed')).toBeLessThanOrEqual(1);
      await eventually(async () => (await queue.getJobState('s2')) === 'unknown', generous);
      expect(calls).toHaveLength(2);
      await running.close();
    });

    it('a job for now under the id of one that is delayed: it would run at the old time', async () => {
      await queue.add('x', 1, { jobId: 's1', delay: 3_600_000 });
      await queue.add('x', 1, { jobId: 's1' });
      expect(await queue.getJobState('s1')).toBe('delayed');
      expect(await queue.getWaitingCount()).toBe(0);
    });
  });
});
