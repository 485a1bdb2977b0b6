// Compiles TypeScript, and turns dependencies published as ES modules into CommonJS, with swc; any other file passes through.
const crypto = require('node:crypto');
const fs = require('node:fs');
const swc = require('@swc/core');

const ownSource = fs.readFileSync(__filename, 'utf8');
const esModule = /^\s*(?:import\s*[\w*{'"]|export\s+(?:\*|\{|default|const|let|var|class|function|async))/m;

function swcOptions(isTypeScript) {
  return {
    jsc: {
      parser: { syntax: isTypeScript ? 'typescript' : 'ecmascript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2022',
    },
    module: { type: 'commonjs' },
    sourceMaps: isTypeScript ? 'inline' : false,
    swcrc: false,
  };
}

module.exports = {
  canInstrument: false,
  getCacheKey: (source, file) => crypto.createHash('sha1').update(source).update(file).update(ownSource).digest('hex'),
  process(source, file) {
    const isTypeScript = file.endsWith('.ts');
    if (!isTypeScript && !esModule.test(source)) return { code: source };
    let { code } = swc.transformSync(source, { ...swcOptions(isTypeScript), filename: file });
    if (code.includes('import.meta')) {
      code = code
        .replace(/import\.meta\.url/g, "require('url').pathToFileURL(__filename).href")
        .replace(/import\.meta\.dirname/g, '__dirname')
        .replace(/import\.meta\.filename/g, '__filename');
    }
    return { code };
  },
};
