// The tests of `npm run check`: pure code beside its source, and the tidy tests. No database is started.
const { globalSetup, globalTeardown, ...rest } = require('./jest.config.cjs');

void globalSetup;
void globalTeardown;
module.exports = {
  ...rest,
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/architecture/**/*.spec.ts'],
  testTimeout: 10000,
};
