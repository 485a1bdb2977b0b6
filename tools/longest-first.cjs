// The order of spec files: those known to take long first, so that no worker begins one when the others have nothing left to do. A file that is not
// named comes after them, in jest's own order (by what it remembers of the last run, else by size).
const path = require('node:path');
const Sequencer = require(require.resolve('@jest/test-sequencer', { paths: [require.resolve('jest')] })).default;

const longest = [
  'test/e2e/failpoints-exit.spec.ts',
  'test/e2e/failpoints.spec.ts',
  'test/e2e/start.spec.ts',
  'test/e2e/frozen-process.spec.ts',
  'test/e2e/kill-nine.spec.ts',
  'test/component/deliveries/interleavings.spec.ts',
  'test/component/matching/intervals.spec.ts',
  'test/component/matching/workers.spec.ts',
  'test/e2e/independence.spec.ts',
  'test/e2e/backup-and-restore.spec.ts',
  'test/component/deliveries/audit.spec.ts',
  'test/conformance/fhir-rest/bundles.spec.ts',
  'test/e2e/graceful-stop.spec.ts',
  'test/e2e/order-under-failure.spec.ts',
  'test/component/deliveries/chaos.spec.ts',
];

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path: file, context }) => {
      const name = path.relative(context.config.rootDir, file).split(path.sep).join('/');
      return longest.includes(name) ? longest.indexOf(name) : longest.length;
    };
    return [...super.sort(tests)].sort((a, b) => rank(a) - rank(b));
  }
};
