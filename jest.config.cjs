// One runner for every tier. Nest 12 is ESM only, so dependencies written as ES modules are transformed too;
// everything else passes through untouched (tools/jest-transformer.cjs).
module.exports = {
  rootDir: __dirname,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json'],
  transform: { '^.+\\.(ts|js|mjs|cjs)$': '<rootDir>/tools/jest-transformer.cjs' },
  transformIgnorePatterns: [],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  testTimeout: 30000,
  testSequencer: '<rootDir>/tools/longest-first.cjs',
  maxWorkers: 2,
};
