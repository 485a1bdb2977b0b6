// What the cluster profile has below it besides Postgres: a real Redis and a real Kafka broker, each behind a line of its own. The broker names
// its line to clients, so that nobody gets round it.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { whyNoKafka } from '../../tools/kafka/install.mjs';
import { whyNoRedis } from '../../tools/redis/server.mjs';
import { KafkaBroker, kafkaVersion } from '../support/kafka-broker';
import { TestRedis } from '../support/redis-server';
import { Line } from '../support/line';

export const TOPIC = 'chaos';
const partitions = 4;
const setupProgram = path.resolve(__dirname, '../../dist/app/kafka-setup.js');
const setupMsMax = 60_000;

/** Why this machine cannot have them, or undefined when it can. */
export function whyNoCluster(): string | undefined {
  return whyNoKafka(kafkaVersion) ?? whyNoRedis();
}

export class ClusterServers {
  /** True from the moment on in which the topic lost what was in it. */
  hasTopicLost = false;

  private constructor(
    readonly redis: TestRedis,
    readonly redisLine: Line,
    readonly kafka: KafkaBroker,
    readonly kafkaLine: Line,
    private readonly onPid: (line: string) => void,
  ) {}

  static async start(onPid: (line: string) => void): Promise<ClusterServers> {
    const [redisLine, kafkaLine] = await Promise.all([Line.open(), Line.open()]);
    const redis = await TestRedis.start();
    redisLine.aim(redis.port);
    const properties = { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${kafkaLine.port}` };
    const kafka = await KafkaBroker.start({ properties });
    kafkaLine.aim(kafka.port);
    const servers = new ClusterServers(redis, redisLine, kafka, kafkaLine, onPid);
    servers.tellPids();
    return servers;
  }

  /** What every Herald process is told of them. */
  get env(): Record<string, string> {
    return {
      REDIS_URL: this.redisLine.through(this.redis.url),
      KAFKA_BROKERS: `127.0.0.1:${this.kafkaLine.port}`,
      HERALD_KAFKA_TOPIC: TOPIC,
      HERALD_KAFKA_GROUP: `${TOPIC}-matchers`,
      HERALD_KAFKA_PARTITIONS: String(partitions),
    };
  }

  /** A client of the broker through its line, for the harness. */
  client(): Kafka {
    const retry = { retries: 2 };
    return new Kafka({ brokers: [`127.0.0.1:${this.kafkaLine.port}`], logLevel: logLevel.NOTHING, retry });
  }

  /** Whatever it does to a server that comes back as another process: whoever clears up after us is told. */
  async replacing(work: () => Promise<void>): Promise<void> {
    await work();
    this.tellPids();
  }

  async deleteTopic(): Promise<void> {
    const admin = this.client().admin();
    try {
      await admin.connect();
      this.hasTopicLost = true;
      await admin.deleteTopics({ topics: [TOPIC] });
    } finally {
      await admin.disconnect();
    }
  }

  /** `npm run kafka:setup`, as an operator would run it. */
  async setUpTopic(): Promise<void> {
    const { KAFKA_BROKERS, HERALD_KAFKA_TOPIC, HERALD_KAFKA_PARTITIONS } = this.env;
    const env = { PATH: process.env['PATH'], KAFKA_BROKERS, HERALD_KAFKA_TOPIC, HERALD_KAFKA_PARTITIONS };
    await promisify(execFile)(process.execPath, [setupProgram], { env, timeout: setupMsMax });
  }

  async stop(): Promise<void> {
    await Promise.all([this.redis.remove(), this.kafka.remove(), this.redisLine.close(), this.kafkaLine.close()]);
  }

  private tellPids(): void {
    for (const { pid } of [this.redis, this.kafka]) this.onPid(`+${pid}`);
  }
}
