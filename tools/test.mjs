// `npm test`: check, then every other test on the embedded profile, spec files side by side on clones of a migrated template.
// What needs a Kafka broker or a Redis server is the cluster suite: specs that bring such a server, and the embedded profile's own specs once more
// on the cluster profile. `-- --cluster` adds the part of it that the build machine runs, `-- --chaos` a minute of chaos on
// each profile.
// `npm run test:cluster` is the whole cluster suite alone; `npm run test:full` is everything, with the long runs (ten kills in a thousand writes and
// their like, half an hour of chaos on each). The last line is the honest count from jest's own reports; the exit code is 0 only if all was well.
import { createRequire } from 'node:module';
import { check } from './check.mjs';
import { countTests, jestStep, runSteps } from './steps.mjs';
import { stormsOf } from './storms.mjs';

const { leftOut, serverSpecs, gateServerSpecs, smokeSpecs } = createRequire(import.meta.url)('./cluster-specs.cjs');
const has = (flag) => process.argv.includes(flag);
const isFull = has('--full');
const isClusterOnly = has('--cluster-only');
const started = performance.now();

const tiers = ['support', 'component', 'conformance', 'e2e', 'examples', 'chaos'];
const withServers = serverSpecs(tiers);
const jestParameters = ['--maxWorkers=2', '--forceExit', '--testTimeout=60000'];
const env = isFull ? { TEST_FULL: '1' } : {};

const checked = isClusterOnly ? [] : await check();
const built = await runSteps([{ name: 'build', command: ['node', 'tools/build.mjs'] }]);
const steps = [];
if (!isClusterOnly) {
  const parameters = [
    `--testPathPatterns=/test/(${tiers.join('|')})/`,
    ...withServers.map((file) => `--testPathIgnorePatterns=${file}`),
  ];
  steps.push(jestStep('tiers', 'jest.config.cjs', { parameters: [...parameters, ...jestParameters], env, live: true }));
}
if (isClusterOnly || isFull || has('--cluster')) {
  const isWhole = isClusterOnly || isFull;
  const own = [...(isWhole ? withServers : gateServerSpecs(tiers)), ...jestParameters];
  steps.push(jestStep('cluster', 'jest.config.cjs', { parameters: own, env, live: true }));
  const profile = [...(isWhole ? [] : smokeSpecs()), ...jestParameters];
  steps.push(jestStep('profile', 'jest.cluster.config.cjs', { parameters: profile, env, live: true }));
}
const tested = await runSteps(steps, 1);

const stormy = isFull || has('--chaos') ? ['embedded', 'cluster'] : [];
const stormed = await runSteps(
  stormy.flatMap((profile) => stormsOf(profile, isFull)),
  1,
);

const results = [...checked, ...built, ...tested, ...stormed];
const { passed, failed, skipped } = countTests(results);
const broken = results.filter((result) => result.code !== 0).map((result) => result.name);
const seconds = Math.round((performance.now() - started) / 1000);
if (steps.some(({ name }) => name === 'profile')) {
  console.log('\nleft out on the cluster profile:');
  for (const { file, test, why } of leftOut) console.log(`  ${file}${test ? `, ${test}` : ''}: ${why}`);
}
console.log(`\n${seconds} s${skipped ? `, ${skipped} left out (npm run test:full runs them)` : ''}`);
if (broken.length > 0) console.log(`failed steps: ${broken.join(', ')}`);
console.log(`tests: ${passed} passed, ${failed} failed`);
process.exitCode = broken.length === 0 && failed === 0 ? 0 : 1;
