// node --require ./tools/typescript.cjs file.ts: runs TypeScript of tests and their support without a build. Types are checked by `npm run check`.
const fs = require('node:fs');
const transformer = require('./jest-transformer.cjs');

require.extensions['.ts'] = (module, file) => {
  const { code } = transformer.process(fs.readFileSync(file, 'utf8'), file);
  module._compile(code, file);
};
