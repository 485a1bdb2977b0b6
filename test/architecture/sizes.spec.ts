// Nothing grows out of sight: files that are read fit on a few screens, files that are shipped stay small.
import fs from 'node:fs';
import path from 'node:path';
import { filesBelow, readProjectFile, root } from './project-files';

const linesMax = 300;
const bytesMax = 1_500_000;
const bytesOfAllMax = 30_000_000;

it(`keeps every source, tool and SQL file within ${linesMax} lines`, () => {
  const long = filesBelow()
    .filter((file) => /\.(ts|mjs|cjs|sql)$/.test(file))
    .map((file) => ({ file, lines: readProjectFile(file).trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > linesMax);
  expect(long).toEqual([]);
});

it('ships no big file, and stays a quick clone', () => {
  const sizes = filesBelow()
    .filter((file) => file !== 'package-lock.json')
    .map((file) => ({ file, bytes: fs.statSync(path.join(root, file)).size }));
  expect(sizes.filter(({ bytes }) => bytes > bytesMax)).toEqual([]);
  expect(sizes.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(bytesOfAllMax);
});

it('pins every dependency to one exact version', () => {
  const manifest = JSON.parse(readProjectFile('package.json')) as Record<string, Record<string, string> | undefined>;
  const loose = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.entries(manifest[kind] ?? {}).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)),
  );
  expect(loose).toEqual([]);
});
