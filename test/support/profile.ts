// Which profile the tests run on. HERALD_TEST_PROFILE=cluster: every Herald of a test uses the run's one Kafka broker and one Redis, with a topic, a
// group and a key prefix of its own database, and a HeraldProcess is a process per role. Else everything is inside one process.

/** Set by whoever has servers to lend; else by the global setup, which starts them. Inherited by the test workers. */
export const BROKERS_VARIABLE = 'TEST_KAFKA_BROKERS';
export const REDIS_VARIABLE = 'TEST_REDIS_URL';
/** Enough for two matchers to share the work, and quick to make. */
const PARTITIONS = '4';
/** What one process each does in the cluster profile. */
const ROLE_GROUPS = [['api'], ['relay', 'matcher'], ['deliverer']];

export const isClusterProfile = process.env['HERALD_TEST_PROFILE'] === 'cluster';

/** By how much deadlines are stretched: several processes and real servers take longer to start than one process. */
export const PATIENCE = isClusterProfile ? 3 : 1;

/** What a Herald on this test database gets besides, so that it runs on the profile under test; what a test sets itself goes before it. */
export function profileEnv(databaseUrl: string): Record<string, string> {
  if (!isClusterProfile) return {};
  const [brokers, redis] = [process.env[BROKERS_VARIABLE], process.env[REDIS_VARIABLE]];
  if (!brokers || !redis) throw new Error('No Kafka and Redis: the cluster profile runs under jest (global setup)');
  const world = new URL(databaseUrl).pathname.slice(1);
  return {
    KAFKA_BROKERS: brokers,
    HERALD_KAFKA_TOPIC: world,
    HERALD_KAFKA_GROUP: world,
    HERALD_KAFKA_PARTITIONS: PARTITIONS,
    REDIS_URL: redis,
    HERALD_REDIS_PREFIX: world,
  };
}

/** The roles of each process of a Herald with these roles: one process, but in the cluster profile several for a Herald with all of them. */
export function rolesApart(roles?: string): (string | undefined)[] {
  const isWhole = roles === undefined || ROLE_GROUPS.flat().every((role) => roles.split(',').includes(role));
  return isClusterProfile && isWhole ? ROLE_GROUPS.map((group) => group.join(',')) : [roles];
}
