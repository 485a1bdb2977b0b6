// The bus on a real Kafka broker: the suite of every bus, and what only this one promises.
import { EventPublisher, ensureTopic, KafkaBus, KafkaLink, recordOf, setUpTopic, TopicRefusal } from '../../src/bus';
import { hash53, loadConfig, Metrics, randomId, SystemClock, type KafkaConfig } from '../../src/platform';
import { BROKER_START_MS_MAX, describeWithKafka, KafkaBroker } from '../support/kafka-broker';
import { eventually } from '../support/deadline';
import { silentLog } from '../support/silent-log';
import { newEvent } from '../support/events';
import { describeEventBus, type BusUnderTest } from './event-bus';

jest.setTimeout(180_000);
const clock = new SystemClock();
const patient = { deadlineMs: 90_000 };

describeWithKafka('the bus on Kafka', () => {
  let broker: KafkaBroker;
  beforeAll(async () => {
    broker = await KafkaBroker.start();
  }, BROKER_START_MS_MAX);
  afterAll(() => broker?.remove());

  /** A topic and a group of its own for each test. */
  const settings = (env: Record<string, string> = {}): KafkaConfig => {
    const own = {
      HERALD_KAFKA_TOPIC: `events-${randomId()}`,
      HERALD_KAFKA_GROUP: randomId(),
      HERALD_KAFKA_PARTITIONS: '4',
    };
    return loadConfig({ KAFKA_BROKERS: broker.address, ...own, ...env }).kafka!;
  };
  const linkTo = (given: KafkaConfig): KafkaLink => new KafkaLink({ settings: given, clock, log: silentLog });

  async function under(): Promise<BusUnderTest & { link: KafkaLink; publisher: EventPublisher; metrics: Metrics }> {
    const link = linkTo(settings());
    await ensureTopic(link);
    const publisher = new EventPublisher(link, clock);
    const metrics = new Metrics();
    return {
      link,
      publisher,
      metrics,
      bus: new KafkaBus({ link, clock, log: silentLog, metrics }),
      hashOf: (root) => hash53(`Patient/${root}`),
      announce: async (roots) => {
        const records = roots.map((root) => recordOf(newEvent({ id: String(root) })));
        for (let at = 0; at < records.length; at += 900) await publisher.publish(records.slice(at, at + 900), 30_000);
      },
      close: () => publisher.close(),
    };
  }

  describeEventBus('kafka', under);

  /** Runs one consumer of the bus; `handle` is told of hashes. */
  function running(bus: KafkaBus | BusUnderTest['bus'], handle: (hashes: readonly number[]) => Promise<void> | void) {
    const stopping = new AbortController();
    const ended = bus.consume(async (hashes) => handle(hashes)).run(stopping.signal);
    return async () => {
      stopping.abort();
      await ended;
    };
  }

  it('I6: a member that is alone in its group owes the order across roots; one among several does not, until the others are gone', async () => {
    const { link, bus } = await under();
    const other = new KafkaBus({ link, clock, log: silentLog, metrics: new Metrics() });
    const stops = [running(bus, () => undefined)];
    expect(bus.isSoleAndUnordered).toBe(true);
    stops.push(running(other, () => undefined));
    await eventually(() => !bus.isSoleAndUnordered && !other.isSoleAndUnordered, patient);
    await stops.pop()!();
    await eventually(() => bus.isSoleAndUnordered, patient);
    await stops.pop()!();
  });

  it('two consumers in two processes share the partitions, and one takes over when the other leaves', async () => {
    const { link, announce, close, hashOf } = await under();
    const seen: Set<number>[] = [new Set(), new Set()];
    // A bus of its own each: nothing but the broker is between them.
    const [stopOne, stopTwo] = seen.map((mine) =>
      running(new KafkaBus({ link, clock, log: silentLog, metrics: new Metrics() }), (hashes) =>
        hashes.forEach((hash) => mine.add(hash)),
      ),
    );
    let next = 0;
    const announced = (): number[] => Array.from({ length: next }, (_, root) => hashOf!(root));
    const tell = async (): Promise<void> => {
      await announce!(Array.from({ length: 40 }, (_, n) => next + n));
      next += 40;
    };
    await eventually(async () => {
      await tell();
      return seen.every((mine) => mine.size > 0);
    }, patient);
    await stopOne!();
    await tell();
    const all = (): boolean => announced().every((hash) => seen.some((mine) => mine.has(hash)));
    await eventually(all, patient);
    await stopTwo!();
    await close();
  });

  it('offsets are committed after the work: what was not looked at when a consumer stopped is handed to the next', async () => {
    const { bus, announce, close, hashOf } = await under();
    let reached!: () => void;
    const isReached = new Promise<void>((resolve) => (reached = resolve));
    let free!: () => void;
    const freed = new Promise<void>((resolve) => (free = resolve));
    await announce!([1]);
    const stopFirst = running(bus, async () => {
      reached();
      await freed;
    });
    await isReached;
    const stopped = stopFirst();
    free();
    await stopped;
    const seen = new Set<number>();
    const stopSecond = running(bus, (hashes) => hashes.forEach((hash) => seen.add(hash)));
    await eventually(() => seen.has(hashOf!(1)), patient);
    await stopSecond();
    await close();
  });

  it('a poison record is passed over with an alarm, its neighbours are not, and other partitions go on', async () => {
    const { bus, announce, close, hashOf, link, metrics } = await under();
    const line = link.producer();
    await line.client.connect();
    const strangers = [null, 'nobody', 'default/'].map((key) => ({ key, value: 'x', partition: 0 }));
    await line.client.send({ topic: link.settings.topic, messages: strangers });
    await announce!([1, 2, 3, 4, 5, 6, 7, 8]);
    const seen = new Set<number>();
    const poison = hashOf!(3);
    const stop = running(bus, (hashes) => {
      if (hashes.includes(poison)) throw new Error('cannot be looked at');
      hashes.forEach((hash) => seen.add(hash));
    });
    const page = async (): Promise<string> => metrics.registry.metrics();
    await eventually(async () => (await page()).includes('reason="handler-failed"} 1'), patient);
    await announce!([9]);
    await eventually(() => seen.has(hashOf!(9)), patient);
    expect([1, 2, 4, 5, 6, 7, 8].filter((root) => !seen.has(hashOf!(root)))).toEqual([]);
    expect(await page()).toMatch(/herald_bus_poison_records_total\{reason="unreadable-key"\} 3$/m);
    expect(await page()).toMatch(/herald_bus_lag_records\{partition="\d"\} 0/);
    await stop();
    await link.close(line);
    await close();
  });

  it('the topic is made once, grows, and never shrinks', async () => {
    const given = settings();
    const sized = (partitions: number): KafkaLink => linkTo({ ...given, partitions });
    expect(await setUpTopic(sized(2))).toEqual({ did: 'made', partitions: 2 });
    expect(await setUpTopic(sized(2))).toEqual({ did: 'kept', partitions: 2 });
    expect(await setUpTopic(sized(5))).toEqual({ did: 'grown', partitions: 5 });
    await expect(setUpTopic(sized(4))).rejects.toThrow(TopicRefusal);
    expect(await ensureTopic(sized(4))).toEqual({ did: 'kept', partitions: 5 });
  });
});
