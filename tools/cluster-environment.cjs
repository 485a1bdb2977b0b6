// The environment of a spec file on the cluster profile: single tests that make no sense there are skipped by name, and all are given more time,
// since several processes and real servers start where elsewhere one process does.
const path = require('node:path');
const { TestEnvironment } = require(require.resolve('jest-environment-node', { paths: [require.resolve('jest')] }));
const { leftOut } = require('./cluster-specs.cjs');

const PATIENCE = 4;

module.exports = class ClusterEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    const file = path.relative(config.projectConfig.rootDir, context.testPath).split(path.sep).join('/');
    this.skipped = leftOut.filter((each) => each.file === file && each.test).map((each) => each.test);
    this.stretched = new WeakSet();
  }

  handleTestEvent({ name, test, hook }, state) {
    if (name === 'hook_start') this.stretch(hook, state);
    if (name !== 'test_start') return;
    this.stretch(test, state);
    if (this.skipped.some((words) => test.name.startsWith(words))) test.mode = 'skip';
  }

  stretch(timed, state) {
    if (this.stretched.has(timed)) return;
    this.stretched.add(timed);
    timed.timeout = PATIENCE * (timed.timeout || state.testTimeout);
  }
};
