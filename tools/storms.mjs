// The chaos runs of the gate, as steps: a short one per profile, or the long ones. The same seeds every time: who looks for something new gives
// his own to `npm run chaos`.
import { whyNoKafka } from './kafka/install.mjs';
import { whyNoRedis } from './redis/server.mjs';

/** Two of each role in five processes: what a short storm has time to start. */
const SMALL_CLUSTER = 'api api,relay relay,matcher matcher,deliverer deliverer';
const SHORT = {
  embedded: [1, ['--minutes', '1']],
  // A seed that does not kill everything at once: on a busy machine the rest of the minute would be starts.
  cluster: [2, ['--minutes', '0.8', '--roles', SMALL_CLUSTER]],
};
const LONG_SEEDS = [1, 2, 3, 4, 5, 6];
const LONG = ['--minutes', '5'];

/** In: `embedded` or `cluster`. Out: its steps; none, and a loud word, where the servers of the cluster profile cannot be had. */
export function stormsOf(profile, isFull) {
  const reason =
    profile === 'cluster' ? (whyNoKafka(process.env.KAFKA_VERSION || undefined) ?? whyNoRedis()) : undefined;
  if (reason !== undefined) {
    console.error(`\nNOT TESTED: chaos on the cluster profile. ${reason}\n`);
    return [];
  }
  const storms = isFull ? LONG_SEEDS.map((seed) => [seed, LONG]) : [SHORT[profile]];
  const program = ['node', '--require', './tools/typescript.cjs', 'test/chaos/run.ts', '--profile', profile];
  return storms.map(([seed, parameters]) => ({
    name: `chaos, ${profile}, seed ${seed}`,
    command: [...program, '--seed', String(seed), ...parameters],
    live: true,
  }));
}
