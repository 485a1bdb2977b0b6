// Strikes on what only carries hints: Redis and Kafka stopped, frozen, emptied. Nothing of it may cost anything but time.
import { SystemClock } from '../../src/platform';
import type { ClusterServers } from './cluster-servers';
import type { FaultGround, Strike, Strikes } from './strike';

const clock = new SystemClock();
const awayMs: readonly [number, number] = [500, 6_000];

type Blow = (servers: ClusterServers, ground: FaultGround) => Promise<void>;

function on(takes: 'Redis' | 'Kafka', weight: number, blow: Blow): Strike {
  return {
    weight,
    takes,
    run: async (ground) => {
      await ground.servers!.replacing(() => blow(ground.servers!, ground));
      return 1;
    },
  };
}

const away = ({ dice }: FaultGround): Promise<void> => clock.sleep(dice.between(...awayMs));

export const strikesOnServers: Strikes = {
  'Redis flushed': on('Redis', 6, ({ redis }) => redis.flush()),
  'Redis killed, and back empty': on('Redis', 4, async ({ redis }, ground) => {
    await redis.kill();
    await away(ground);
    await redis.restart();
  }),
  'Redis frozen': on('Redis', 2, async ({ redis }, ground) => {
    redis.freeze();
    await away(ground);
    redis.resume();
  }),
  'Kafka stopped, and back': on('Kafka', 2, async ({ kafka }, ground) => {
    await kafka.stop();
    await away(ground);
    await kafka.restart();
  }),
  'Kafka killed, and back': on('Kafka', 3, async ({ kafka }, ground) => {
    await kafka.kill();
    await away(ground);
    await kafka.restart();
  }),
  'Kafka frozen': on('Kafka', 2, async ({ kafka }, ground) => {
    kafka.freeze();
    await away(ground);
    kafka.resume();
  }),
  'Kafka topic deleted': on('Kafka', 3, async (servers, ground) => {
    await servers.deleteTopic();
    // Who notices first makes it again: the relay, or an operator.
    if (ground.dice.chance(0.5)) await servers.setUpTopic();
  }),
  'Kafka offsets deleted': on('Kafka', 3, ({ kafka }) => kafka.forgetOffsets()),
  'Kafka wiped': on('Kafka', 3, async (servers) => {
    servers.hasTopicLost = true;
    await servers.kafka.wipe();
  }),
};

/** Everything that Kafka and Redis hold, at once: topic, offsets, groups, wake-ups. */
export const wipes: Strikes = {
  'Kafka wiped and Redis flushed': on('Kafka', 1, async (servers) => {
    servers.hasTopicLost = true;
    await Promise.all([servers.kafka.wipe(), servers.redis.flush()]);
  }),
};
