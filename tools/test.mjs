// `npm test`: check, then every other test on embedded Postgres, spec files side by side on clones of a migrated template.
// Then a minute of chaos. `npm run test:full` adds the long runs (ten kills in a thousand writes and their like, half an hour of chaos).
// What needs a Kafka broker or a Redis server comes with `-- --cluster`, or alone (`npm run test:cluster`).
// The last line is the honest count from jest's own reports; the exit code is 0 only if every step and every test was well.
import fs from 'node:fs';
import path from 'node:path';
import { check } from './check.mjs';
import { countTests, jestStep, runSteps } from './steps.mjs';

const isFull = process.argv.includes('--full');
const isClusterOnly = process.argv.includes('--cluster-only');
const started = performance.now();

const tiers = ['support', 'component', 'conformance', 'e2e', 'examples', 'chaos'];
const cluster = clusterSpecs(tiers);
const jestParameters = ['--maxWorkers=2', '--forceExit', '--testTimeout=60000'];
const env = isFull ? { TEST_FULL: '1' } : {};

const checked = isClusterOnly ? [] : await check();
const built = await runSteps([{ name: 'build', command: ['node', 'tools/build.mjs'] }]);
const steps = [];
if (!isClusterOnly) {
  const parameters = [
    `--testPathPatterns=/test/(${tiers.join('|')})/`,
    ...cluster.map((file) => `--testPathIgnorePatterns=${file}`),
  ];
  steps.push(jestStep('tiers', 'jest.config.cjs', { parameters: [...parameters, ...jestParameters], env, live: true }));
}
if (isClusterOnly || isFull || process.argv.includes('--cluster'))
  steps.push(jestStep('cluster', 'jest.config.cjs', { parameters: [...cluster, ...jestParameters], env, live: true }));
const tested = await runSteps(steps, 1);

// The same seeds every time: who looks for something new gives his own to `npm run chaos`.
const storms = isClusterOnly
  ? []
  : isFull
    ? [1, 2, 3, 4, 5, 6].map((seed) => ({ seed, minutes: 5 }))
    : [{ seed: 1, minutes: 1 }];
const stormed = await runSteps(
  storms.map(({ seed, minutes }) => ({
    name: `chaos, seed ${seed}`,
    command: [
      'node',
      '--require',
      './tools/typescript.cjs',
      'test/chaos/run.ts',
      ...['--seed', String(seed), '--minutes', String(minutes)],
    ],
    live: true,
  })),
  1,
);

const results = [...checked, ...built, ...tested, ...stormed];
const { passed, failed, skipped } = countTests(results);
const broken = results.filter((result) => result.code !== 0).map((result) => result.name);
const seconds = Math.round((performance.now() - started) / 1000);
console.log(`\n${seconds} s${skipped ? `, ${skipped} left out (npm run test:full runs them)` : ''}`);
if (broken.length > 0) console.log(`failed steps: ${broken.join(', ')}`);
console.log(`tests: ${passed} passed, ${failed} failed`);
process.exitCode = broken.length === 0 && failed === 0 ? 0 : 1;

/** Spec files that start one of the cluster profile's servers: known by what they import from test/support. */
function clusterSpecs(folders) {
  const starts = /from '[^']*\/(kafka-broker|redis-server)'/;
  return folders
    .flatMap((folder) =>
      fs.readdirSync(path.join('test', folder), { recursive: true }).map((file) => path.join('test', folder, file)),
    )
    .filter((file) => file.endsWith('.spec.ts') && starts.test(fs.readFileSync(file, 'utf8')));
}
