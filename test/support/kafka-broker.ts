// A real Kafka broker for tests (tools/kafka): its own folder and port, gone after `remove`. Where Java or Maven is missing, the tests that
// need it are skipped, and say so loudly.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startBroker, type Broker, type BrokerOptions } from '../../tools/kafka/broker.mjs';
import { KAFKA_VERSION_DEFAULT, whyNoKafka } from '../../tools/kafka/install.mjs';

/** Starting one includes fetching it, the first time on a machine. */
export const BROKER_START_MS_MAX = 300_000;

/** The version under test: KAFKA_VERSION, or the default. */
export const kafkaVersion = process.env['KAFKA_VERSION'] || KAFKA_VERSION_DEFAULT;

/** `describe` where a broker can be started; elsewhere a skip that says what is missing. */
export function describeWithKafka(name: string, tests: () => void): void {
  const reason = whyNoKafka(kafkaVersion);
  if (reason === undefined) return void describe(name, tests);
  process.stderr.write(`\nNOT TESTED: ${name}. ${reason}\n`);
  describe.skip(`${name} (${reason})`, tests);
}

export class KafkaBroker {
  private readonly killAtExit = (): void => {
    if (this.broker.pid !== undefined) killQuietly(this.broker.pid);
  };

  private constructor(
    private readonly broker: Broker,
    private readonly options: BrokerOptions,
  ) {
    process.once('exit', this.killAtExit);
  }

  static async start(options: Partial<BrokerOptions> = {}): Promise<KafkaBroker> {
    const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'herald-kafka-'));
    const all = { dataDir, version: kafkaVersion, ...options };
    return new KafkaBroker(await startBroker(all), all);
  }

  /** host:port, as KAFKA_BROKERS wants it. */
  get address(): string {
    return this.broker.address;
  }

  get port(): number {
    return this.broker.port;
  }

  get pid(): number {
    return this.broker.pid!;
  }

  /** host:port of one of its other listeners. */
  addressOf(protocol: string): string {
    return this.broker.addressOf(protocol);
  }

  /** The folder with the broker's jars: its console tools are in there too. */
  get library(): string {
    return this.broker.library;
  }

  stop(): Promise<void> {
    return this.broker.stop();
  }

  /** kill -9. */
  kill(): Promise<void> {
    return this.broker.kill();
  }

  /** Up again after `stop` or `kill`: the same port, topics and offsets. */
  restart(): Promise<void> {
    return this.broker.run();
  }

  /** kill -9, everything it stored deleted, and up again on the same port as a new cluster. */
  async wipe(): Promise<void> {
    await this.broker.kill();
    fs.rmSync(path.join(this.broker.dataDir, 'data'), { recursive: true, force: true });
    await this.broker.format(this.options.format);
    await this.broker.run();
  }

  /** kill -9, every offset that a consumer group has committed deleted, and up again: the same cluster, topics and records. */
  async forgetOffsets(): Promise<void> {
    await this.broker.kill();
    const data = path.join(this.broker.dataDir, 'data');
    for (const name of fs.readdirSync(data).filter((one) => one.startsWith('__consumer_offsets-')))
      fs.rmSync(path.join(data, name), { recursive: true, force: true });
    await this.broker.run();
  }

  /** SIGSTOP: its lines stay open and it answers nothing. */
  freeze(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Kills it and deletes its folder. */
  async remove(): Promise<void> {
    process.off('exit', this.killAtExit);
    await this.broker.kill();
    fs.rmSync(this.broker.dataDir, { recursive: true, force: true });
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Expected: it has ended before us.
  }
}
