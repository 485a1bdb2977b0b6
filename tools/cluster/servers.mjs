// The servers below a cluster on one machine: PostgreSQL, Redis, Kafka. What the environment names is used as it is; the rest is started
// here, and stopped in reverse order.
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from '../steps.mjs';
import { startBroker } from '../kafka/broker.mjs';
import { whyNoKafka } from '../kafka/install.mjs';
import { startRedis, whyNoRedis } from '../redis/server.mjs';

/**
 * In: the environment, the data folder, `tell` for what the operator should know, `onPid` for who clears up after us. Out: `env` for every Herald process, `places` for the banner,
 * `stop` (repeatable). Throws what keeps PostgreSQL from running; without Redis or Kafka a cluster is only slower.
 */
export async function startServers({ env, dataDir, tell, onPid }) {
  const stops = [];
  const stop = async () => {
    for (let next = stops.pop(); next; next = stops.pop()) await next();
  };
  try {
    const postgres = await postgresOf(env, dataDir, onPid, stops);
    const redis = await redisOf(env, dataDir, { tell, onPid }, stops);
    const kafka = await kafkaOf(env, dataDir, { tell, onPid }, stops);
    return {
      env: { ...postgres.env, ...redis.env, ...kafka.env },
      places: [postgres.place, redis.place, kafka.place],
      stop,
    };
  } catch (error) {
    // Expected: a folder in use, a port in use, a fetch that fails.
    await stop();
    throw error;
  }
}

async function postgresOf(env, dataDir, onPid, stops) {
  if (env.DATABASE_URL) return { env: {}, place: ['PostgreSQL', 'yours (DATABASE_URL)'] };
  const platform = createRequire(import.meta.url)(path.join(root, 'dist/platform/index.js'));
  const lock = platform.LockFile.take(dataDir);
  stops.push(async () => lock.release());
  const log = platform.createLog({ level: 'silent' });
  const postgres = await platform.EmbeddedPostgres.start({ dataDir, log });
  onPid(`folder ${postgres.folder}`);
  stops.push(() => postgres.stop());
  const defaults = {
    HERALD_SECRET_KEY: env.HERALD_SECRET_KEY || platform.keepSecretKey(dataDir),
    // As with the embedded database of one process: a newcomer's receiver is on this machine.
    HERALD_EGRESS_ALLOW_PRIVATE: env.HERALD_EGRESS_ALLOW_PRIVATE || 'loopback',
  };
  return { env: { ...defaults, DATABASE_URL: postgres.url }, place: ['PostgreSQL', `embedded, ${postgres.folder}`] };
}

async function redisOf(env, dataDir, { tell, onPid }, stops) {
  if (env.REDIS_URL) return { env: {}, place: ['Redis', 'yours (REDIS_URL)'] };
  const reason = whyNoRedis();
  if (reason !== undefined) {
    tell(`Without Redis, deliverers find by their sweep what others have scheduled. ${reason}`);
    return { env: {}, place: ['Redis', 'none'] };
  }
  const redis = await startRedis({ dataDir: path.join(dataDir, 'redis') });
  onPid(`+${redis.pid}`);
  stops.push(() => redis.stop());
  return { env: { REDIS_URL: redis.url }, place: ['Redis', `127.0.0.1:${redis.port}, process ${redis.pid}`] };
}

async function kafkaOf(env, dataDir, { tell, onPid }, stops) {
  if (env.KAFKA_BROKERS) return { env: {}, place: ['Kafka', 'yours (KAFKA_BROKERS)'] };
  const reason = whyNoKafka();
  if (reason !== undefined) {
    tell(`Without Kafka, the matcher finds by its sweep what others have written. ${reason}`);
    return { env: {}, place: ['Kafka', 'none'] };
  }
  const broker = await startBroker({ dataDir: path.join(dataDir, 'kafka') });
  onPid(`+${broker.pid}`);
  stops.push(() => broker.stop());
  return { env: { KAFKA_BROKERS: broker.address }, place: ['Kafka', `${broker.address}, process ${broker.pid}`] };
}
