// Herald as several processes with a real Kafka broker and a real Redis between them: restarted in turn, killed by role, cut off from Postgres, and
// the laws of order that hold with one matcher and with several.
import { Cluster } from '../support/cluster';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/deadline';
import { arrivalOf, judge } from '../support/deliveries';
import { BROKER_START_MS_MAX, describeWithKafka, KafkaBroker } from '../support/kafka-broker';
import { Ledger } from '../support/ledger';
import { describeWithRedis, TestRedis } from '../support/redis-server';
import { SubscriberStub } from '../support/subscriber-stub';
import { restHook, subscribe } from '../support/subscription';

const generousMs = 180_000;
/** Two of each role. */
const twoOfEach = ['api,relay', 'api,relay', 'matcher', 'matcher,deliverer', 'deliverer'];
const patient = (id: string, n: number): any => ({ resourceType: 'Patient', id, birthDate: `${1000 + (n % 1000)}` });
const four = (roles: string): string[] => Array<string>(4).fill(roles);
const hot = (client: number, n: number): any => patient(`c${client}-${n % 10}`, n);

describeWithKafka('several processes with Kafka', () =>
  describeWithRedis('and Redis between them', () => {
    jest.setTimeout(600_000);
    let broker: KafkaBroker;
    let redis: TestRedis;
    let database: TestDatabase;
    let receiver: SubscriberStub;
    let cluster: Cluster | undefined;

    beforeAll(async () => {
      [broker, redis] = await Promise.all([KafkaBroker.start(), TestRedis.start()]);
    }, BROKER_START_MS_MAX);
    afterAll(() => Promise.all([broker?.remove(), redis?.remove()]));
    beforeEach(async () => {
      database = await createTestDatabase();
      receiver = await SubscriberStub.start();
    });
    afterEach(async () => {
      await cluster?.stop();
      cluster = undefined;
      await receiver.stop();
      await database.drop();
    });

    const start = async (roles: readonly string[], env: Record<string, string> = {}): Promise<Cluster> => {
      cluster = await Cluster.start(database, { broker, redis }, roles, env);
      return cluster;
    };
    /** Until nothing waits, neither for a matcher nor a deliverer nor the relay; then the laws that SQL can tell. */
    const drained = async (): Promise<void> => {
      const ledger = new Ledger(database.database);
      await ledger.drained(generousMs);
      const text = `select count(*) as n from outbox where published_at = 'infinity'`;
      const isPublished = async (): Promise<boolean> =>
        (await database.database.query<{ n: number }>({ text, values: [] })).rows[0]!.n === 0;
      await eventually(isPublished, { deadlineMs: generousMs, what: 'every event to be published' });
      expect(await ledger.violations()).toEqual([]);
      const versions = await ledger.versionsOf('Patient');
      expect(await ledger.states()).toEqual({ delivered: versions });
      expect(judge(receiver.processed)).toMatchObject({
        ...{ distinct: versions, orderViolations: 0, gaps: 0, unequalRepeats: 0 },
      });
    };
    const moreArrive = (count: number): Promise<void> => {
      const seen = receiver.processed.length;
      return receiver.waitFor((stub) => stub.processed.length > seen + count, generousMs, `${count} more`);
    };

    it('I27: a rolling restart under load: every process drains, nothing is lost, nothing is repeated', async () => {
      const running = await start(twoOfEach);
      await subscribe(running.api, restHook('Patient', receiver.url));
      const written = running.writing(4, receiver, hot);
      await moreArrive(20);
      const codes = await running.replaceEach(async (herald) => {
        await moreArrive(10);
        return herald.stop();
      });
      await moreArrive(20);
      const answered = await written();
      await drained();
      expect(codes).toEqual(twoOfEach.map(() => 0));
      expect(judge(receiver.requests)).toMatchObject({ duplicates: 0 });
      const times = receiver.requests.map(({ at }) => at);
      const longest = Math.max(...times.slice(1).map((at, index) => at - times[index]!));
      process.stdout.write(
        `rolling restart of ${twoOfEach.length} processes: ${answered} writes, ${receiver.requests.length} requests, ` +
          `0 repeats, longest time without a request ${(longest / 1000).toFixed(2)} s\n`,
      );
    });

    it('S1.2, S1.12, S4.17, S4.22: kill -9 of every process in turn, whatever its role: nothing is lost and the order holds', async () => {
      const running = await start(['api,relay', 'api', 'relay,matcher', 'matcher', 'deliverer', 'deliverer'], {
        HERALD_TEST_MODE: 'true',
        HERALD_DELIVERY_DEADLINE: '1s',
        HERALD_DELIVERY_LEASE: '3s',
        HERALD_RELAY_BATCH: '10',
      });
      await subscribe(running.api, restHook('Patient', receiver.url, { settings: { 'retry-delay': '100ms' } }));
      const written = running.writing(4, receiver, hot);
      await running.replaceEach(async (herald) => {
        await moreArrive(10);
        await herald.kill();
      });
      await moreArrive(10);
      expect(await written()).toBeGreaterThan(0);
      await drained();
    });

    it('I19, I20: every connection to Postgres is ended again and again: no process ends, nothing is lost, the cap holds across deliverers', async () => {
      const running = await start(twoOfEach);
      receiver.answer(() => ({ status: 200, delayMs: 20 }));
      const cap = 3;
      await subscribe(running.api, restHook('Patient', receiver.url, { settings: { cap, 'retry-delay': '100ms' } }));
      const written = running.writing(4, receiver, hot);
      for (let round = 0; round < 5; round += 1) {
        await moreArrive(10);
        const text = `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name like 'herald %'`;
        await database.database.query({ text, values: [] });
      }
      await moreArrive(10);
      await written();
      await drained();
      expect(running.processes.filter(({ isRunning }) => !isRunning)).toEqual([]);
      // A worker that cannot tell the ledger gives its slices up when the lease ends; until then nobody else sends for them.
      expect(receiver.inFlightMax).toBeLessThanOrEqual(cap);
    });

    const shapes = [
      { matchers: 1, workers: 1, roles: ['api,relay', 'api', 'matcher', 'deliverer'] },
      { matchers: 2, workers: 2, roles: twoOfEach },
      // Twelve processes: with the long runs only.
      ...(process.env['TEST_FULL'] === '1'
        ? [{ matchers: 4, workers: 8, roles: ['api,relay', 'api', ...four('matcher,deliverer'), ...four('deliverer')] }]
        : []),
    ];
    it.each(shapes)(
      'I6, I31: $matchers matchers and $workers deliverers, each a process: what is written later has the higher number',
      async ({ matchers, roles }) => {
        const running = await start(roles, { HERALD_ORDERING_KEY: 'focus' });
        await subscribe(running.api, restHook('Patient', receiver.url));
        const clients = 3;
        const answers: { client: number; resource: string; version: number; from: number; to: number }[] = [];
        const client = async (number: number): Promise<void> => {
          for (let n = 0; n < 40; n += 1) {
            const from = performance.now();
            // Hot ones that all share, and own ones: other roots.
            const id = n % 3 === 0 ? 'shared' : `c${number}-${n % 4}`;
            const { status, headers } = await running.api.put(patient(id, 40 * number + n));
            expect(status).toBeLessThan(300);
            const version = Number(/"(\d+)"/.exec(headers['etag']!)![1]);
            answers.push({ client: number, resource: `Patient/${id}`, version, from, to: performance.now() });
          }
        };
        await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
        await drained();
        const numbers = new Map(
          receiver.processed.map(arrivalOf).map((one) => [`${one.resource}/${one.version}`, one.eventNumber]),
        );
        const numberOf = ({ resource, version }: (typeof answers)[number]): number =>
          numbers.get(`${resource}/${version}`)!;
        const wrong = answers.flatMap((later) =>
          answers
            .filter((earlier) => earlier.to < later.from && numberOf(earlier) >= numberOf(later))
            // With several matchers the promise is made for each root only.
            .filter((earlier) => matchers === 1 || earlier.resource === later.resource)
            .map((earlier) => [earlier, later]),
        );
        expect(wrong).toEqual([]);
      },
    );
  }),
);
