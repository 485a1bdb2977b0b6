// The servers of a run on the cluster profile: one real Kafka broker and one Redis for all its tests.
import { KafkaBroker } from './kafka-broker';
import { BROKERS_VARIABLE, isClusterProfile, REDIS_VARIABLE } from './profile';
import { TestRedis } from './redis-server';

/** Starts what the environment does not lend. Out: how it is stopped again. Throws what is missing on this machine, in a sentence. */
export async function startProfileServers(): Promise<() => Promise<void>> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(stops.splice(0).map((each) => each()));
  };
  if (!isClusterProfile) return stop;
  try {
    if (!process.env[BROKERS_VARIABLE]) {
      const broker = await KafkaBroker.start();
      stops.push(() => broker.remove());
      process.env[BROKERS_VARIABLE] = broker.address;
    }
    if (!process.env[REDIS_VARIABLE]) {
      const redis = await TestRedis.start();
      stops.push(() => redis.remove());
      process.env[REDIS_VARIABLE] = redis.url;
    }
    return stop;
  } catch (error) {
    // Expected: no Java, no Redis, a fetch that fails.
    await stop();
    throw error;
  }
}
