// npm run kafka:setup: makes the topic, or gives it more partitions, as configured; repeatable. With --leave: Herald stops publishing, and
// what waited will never be published. Reads the same environment as Herald itself.
import { KafkaLink, setUpTopic, TopicRefusal } from '../bus';
import { endPublishing } from '../outbox';
import {
  ConfigError,
  createLog,
  Database,
  describeError,
  loadConfig,
  SystemClock,
  type HeraldConfig,
} from '../platform';

const LEAVE_CONNECTIONS = 1;

async function setUp(config: HeraldConfig): Promise<string> {
  if (config.kafka === undefined) throw new TopicRefusal('KAFKA_BROKERS is not set: there is nothing to set up.');
  const log = createLog({ level: 'silent' });
  const { topic } = config.kafka;
  const { did, partitions } = await setUpTopic(
    new KafkaLink({ settings: config.kafka, clock: new SystemClock(), log }),
  );
  return `The topic ${topic} ${did === 'kept' ? 'is there' : `was ${did}`}, with ${partitions} partition(s).`;
}

async function leave(config: HeraldConfig): Promise<string> {
  if (config.databaseUrl === undefined) throw new TopicRefusal('--leave needs DATABASE_URL.');
  const database = Database.open({
    url: config.databaseUrl,
    poolMax: LEAVE_CONNECTIONS,
    applicationName: 'herald kafka-setup',
    log: createLog({ level: 'silent' }),
  });
  try {
    return `Events wait for no relay any more; ${await endPublishing(database)} that waited will not be published.`;
  } finally {
    await database.close();
  }
}

async function main(parameters: readonly string[]): Promise<void> {
  try {
    const config = loadConfig();
    const said = await (parameters.includes('--leave') ? leave(config) : setUp(config));
    process.stdout.write(`${said}\n`);
  } catch (error) {
    // Expected: settings that are wrong, brokers that cannot be reached, a topic that would have to shrink.
    const isTold = error instanceof ConfigError || error instanceof TopicRefusal;
    process.stderr.write(`${isTold ? error.message : `Kafka cannot be set up: ${describeError(error)}`}\n`);
    process.exitCode = 1;
  }
}

void main(process.argv.slice(2));
