// Kafka and Redis of a benchmark on the cluster profile: real servers, a topic, a group and a key prefix per Herald.
import path from 'node:path';
import { startBroker } from '../../../tools/kafka/broker.mjs';
import { startRedis } from '../../../tools/redis/server.mjs';

/** Enough for every number of matchers that is measured. */
const partitions = '12';

/** In: a folder for their data. Out: their pids, the environment of a Herald's processes, `stop`. Throws what is missing on this machine. */
export async function startHintServers(folder) {
  const redis = await startRedis({ dataDir: path.join(folder, 'redis') });
  const kafka = await startBroker({ dataDir: path.join(folder, 'kafka') }).catch(async (error) => {
    await redis.stop();
    throw error;
  });
  return {
    pids: { redis: redis.pid, kafka: kafka.pid },
    envOf: (name) => ({
      KAFKA_BROKERS: kafka.address,
      HERALD_KAFKA_TOPIC: name,
      HERALD_KAFKA_GROUP: name,
      HERALD_KAFKA_PARTITIONS: partitions,
      REDIS_URL: redis.url,
      HERALD_REDIS_PREFIX: name,
    }),
    stop: () => Promise.all([kafka.stop(), redis.stop()]),
  };
}
