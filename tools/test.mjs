// `npm test`: check, then every other test on embedded Postgres, spec files side by side on clones of a migrated template.
// Then a minute of chaos. `npm run test:full` adds the long runs (ten kills in a thousand writes and their like, half an hour of chaos).
// The last line is the honest count from jest's own reports; the exit code is 0 only if every step and every test was well.
import { check } from './check.mjs';
import { countTests, jestStep, runSteps } from './steps.mjs';

const isFull = process.argv.includes('--full');
const started = performance.now();

const checked = await check();
const built = await runSteps([{ name: 'build', command: ['node', 'tools/build.mjs'] }]);
const tiers = ['support', 'component', 'conformance', 'e2e', 'examples', 'chaos'];
const tested = await runSteps([
  jestStep('tiers', 'jest.config.cjs', {
    parameters: [
      `--testPathPatterns=/test/(${tiers.join('|')})/`,
      '--maxWorkers=2',
      '--forceExit',
      '--testTimeout=60000',
    ],
    env: isFull ? { TEST_FULL: '1' } : {},
    live: true,
  }),
]);

// The same seeds every time: who looks for something new gives his own to `npm run chaos`.
const storms = isFull ? [1, 2, 3, 4, 5, 6].map((seed) => ({ seed, minutes: 5 })) : [{ seed: 1, minutes: 1 }];
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
