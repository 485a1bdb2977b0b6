import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { clusterId } from '../../tools/kafka/broker.mjs';
import { BROKER_START_MS_MAX, describeWithKafka, KafkaBroker } from './kafka-broker';

const startTool = path.resolve(__dirname, '../../tools/kafka/start.mjs');

it('the launcher refuses clearly on a machine without Java', () => {
  const { status, stderr } = spawnSync(process.execPath, [startTool, '--data', '/nowhere'], {
    env: { PATH: '/nonexistent' },
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('There is no `java`') });
});

it('regression: a broker did not start when its random id began with a hyphen', () => {
  const ids = Array.from({ length: 2_000 }, clusterId);
  expect(ids.filter((id) => !/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/.test(id))).toEqual([]);
});

describeWithKafka('a real broker for tests', () => {
  it(
    'keeps its topics over kill -9 and loses them when wiped, on one port',
    async () => {
      const broker = await KafkaBroker.start();
      const admin = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      await admin.createTopics({ topics: [{ topic: 'one', numPartitions: 3 }] });
      await broker.kill();
      await broker.restart();
      expect(await admin.listTopics()).toContain('one');
      await admin.disconnect();
      const { address } = broker;
      await broker.wipe();
      expect(broker.address).toBe(address);
      await admin.connect();
      expect(await admin.listTopics()).toEqual([]);
      await admin.disconnect();
      await broker.remove();
    },
    BROKER_START_MS_MAX,
  );
});
