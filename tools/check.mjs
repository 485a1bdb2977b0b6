// `npm run check`: the only gate to remember. Format, lint, types, rooms, unit and architecture tests; under a minute.
import { countTests, jestStep, runSteps } from './steps.mjs';

/** The steps of the gate, the longest first so that two cores end together. */
export function checkSteps() {
  const lintCache = ['--cache', '--cache-location', 'node_modules/.cache/eslint/'];
  return [
    { name: 'lint', command: ['eslint', '.', '--max-warnings', '0', ...lintCache] },
    jestStep('unit', 'jest.unit.config.cjs', { parameters: ['--maxWorkers=2', '--silent=false'] }),
    {
      name: 'types',
      command: ['tsc', '--noEmit', '-p', '.', '--incremental', '--tsBuildInfoFile', 'node_modules/.cache/tsc.json'],
    },
    {
      name: 'rooms',
      command: ['depcruise', '--config', '.dependency-cruiser.mjs', '--cache', 'node_modules/.cache/rooms', 'src'],
    },
    { name: 'format', command: ['prettier', '--check', '--cache', '--log-level', 'warn', '.'] },
  ];
}

/** Runs the gate; answers the results of its steps. */
export async function check() {
  const started = performance.now();
  const results = await runSteps(checkSteps());
  const failed = results.filter((result) => result.code !== 0).map((result) => result.name);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    failed.length ? `check: failed in ${failed.join(', ')} (${seconds} s)` : `check: all well (${seconds} s)`,
  );
  return results;
}

if (process.argv[1]?.endsWith('check.mjs')) {
  const results = await check();
  const { passed, failed } = countTests(results);
  console.log(`tests: ${passed} passed, ${failed} failed`);
  process.exitCode = results.every((result) => result.code === 0) ? 0 : 1;
}
