// Herald as several processes with a real broker and a real Redis between them, each process with the roles a test gives it, and clients that write
// to whichever serves requests.
import { HeraldProcess } from './herald-process';
import type { KafkaBroker } from './kafka-broker';
import type { TestDatabase } from './database';
import type { TestRedis } from './redis-server';
import type { SubscriberStub } from './subscriber-stub';

const aheadMax = 8;
const patienceMs = 300_000;

export interface ClusterServersOfTest {
  readonly broker: KafkaBroker;
  readonly redis: TestRedis;
}

export class Cluster {
  private constructor(readonly processes: HeraldProcess[]) {}

  /** `roles`: those of each process. */
  static async start(
    database: TestDatabase,
    { broker, redis }: ClusterServersOfTest,
    roles: readonly string[],
    more: Record<string, string> = {},
  ): Promise<Cluster> {
    const world = database.name;
    const env = {
      KAFKA_BROKERS: broker.address,
      HERALD_KAFKA_TOPIC: world,
      HERALD_KAFKA_GROUP: world,
      HERALD_KAFKA_PARTITIONS: '4',
      REDIS_URL: redis.url,
      HERALD_REDIS_PREFIX: world,
      NODE_OPTIONS: '--max-old-space-size=256',
      HERALD_POOL_API: '4',
      HERALD_POOL_DELIVERER: '4',
      ...more,
    };
    const start = (each: string): Promise<HeraldProcess> =>
      HeraldProcess.start({ databaseUrl: database.url, roles: each, env, readyDeadlineMs: 180_000 });
    return new Cluster(await Promise.all(roles.map(start)));
  }

  /** One that serves requests, another one each time. */
  get api(): HeraldProcess {
    const serving = this.processes.filter(({ options }) => /api/.test(options.roles!));
    this.turn += 1;
    return serving[this.turn % serving.length]!;
  }
  private turn = 0;

  /** Ends each process in turn by `end`, and starts another in its place before the next one. Answers what `end` answered. */
  async replaceEach<T>(end: (herald: HeraldProcess) => Promise<T>): Promise<T[]> {
    const answers: T[] = [];
    for (const [index, herald] of this.processes.entries()) {
      answers.push(await end(herald));
      this.processes[index] = await herald.again();
    }
    return answers;
  }

  /**
   * Clients that write, one thing after another each, until the function answered is called: it resolves to how many writes were answered. They stay
   * a few writes ahead of the receiver, so that a test stays small wherever it runs.
   */
  writing(
    clients: number,
    receiver: SubscriberStub,
    resource: (client: number, n: number) => any,
  ): () => Promise<number> {
    let isOver = false;
    let answered = 0;
    const mayWrite = (): boolean => answered < receiver.processed.length + aheadMax;
    const client = async (number: number): Promise<void> => {
      for (let n = 0; !isOver; n += 1) {
        await receiver.waitFor(mayWrite, patienceMs, 'the receiver to follow');
        if (isOver) return;
        // Expected: nobody there, or gone in the middle. The next one is asked.
        const answer = await this.api.put(resource(number, n)).catch(() => undefined);
        if (answer && answer.status < 300) answered += 1;
      }
    };
    const all = Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
    return async () => {
      isOver = true;
      await all;
      return answered;
    };
  }

  async stop(): Promise<(number | null)[]> {
    return Promise.all(this.processes.map((herald) => herald.stop()));
  }
}
