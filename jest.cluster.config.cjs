// The same spec files on the cluster profile: what starts a Herald, on a real Kafka broker and a real Redis, with a process per role.
const { profileSpecs } = require('./tools/cluster-specs.cjs');
const embedded = require('./jest.config.cjs');

process.env.HERALD_TEST_PROFILE = 'cluster';
module.exports = {
  ...embedded,
  testMatch: profileSpecs().map((file) => `<rootDir>/${file}`),
  testEnvironment: '<rootDir>/tools/cluster-environment.cjs',
  testTimeout: 60000,
};
