// Builds src/ into dist/ with swc (types are checked by `npm run check`, not here), and copies what is not TypeScript.
// With --if-needed only files newer than their output are compiled: a second `npm start` costs a directory walk.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const source = path.join(root, 'src');
const output = path.join(root, 'dist');
const onlyIfNeeded = process.argv.includes('--if-needed');

function outputOf(file) {
  return path.join(output, path.relative(source, file)).replace(/\.ts$/, '.js');
}

function isStale(file) {
  const built = fs.statSync(outputOf(file), { throwIfNoEntry: false });
  return !onlyIfNeeded || !built || built.mtimeMs < fs.statSync(file).mtimeMs;
}

const files = fs
  .readdirSync(source, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => path.join(entry.parentPath, entry.name))
  .filter((file) => !file.endsWith('.spec.ts') && !file.endsWith('.md'));

const stale = files.filter(isStale);
if (stale.length > 0) {
  const swc = await import('@swc/core');
  for (const file of stale) {
    const target = outputOf(file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    if (!file.endsWith('.ts')) {
      fs.copyFileSync(file, target);
      continue;
    }
    const { code, map } = await swc.transformFile(file, {
      jsc: {
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        target: 'es2022',
      },
      module: { type: 'commonjs' },
      sourceMaps: true,
      swcrc: false,
    });
    fs.writeFileSync(`${target}.map`, map ?? '');
    fs.writeFileSync(target, `${code}\n//# sourceMappingURL=${path.basename(target)}.map\n`);
  }
  console.log(`built ${stale.length} files`);
}

// What has no source any more must not be loaded by accident.
const expected = new Set(files.flatMap((file) => [outputOf(file), `${outputOf(file)}.map`]));
for (const entry of fs.existsSync(output) ? fs.readdirSync(output, { recursive: true, withFileTypes: true }) : []) {
  const file = path.join(entry.parentPath, entry.name);
  if (entry.isFile() && !expected.has(file)) fs.rmSync(file);
}
