// The project's own files, as the tidy tests see them: everything that would be committed, read from disk.
import fs from 'node:fs';
import path from 'node:path';

export const root = path.resolve(__dirname, '../..');

const leftOut = new Set(['node_modules', 'dist', '.git', '.herald', 'coverage', 'results']);

/** Every project file below `folder`, as paths relative to the root with forward slashes. */
export function filesBelow(folder = '.'): string[] {
  const start = path.join(root, folder);
  if (!fs.existsSync(start)) return [];
  return fs.readdirSync(start, { withFileTypes: true }).flatMap((entry) => {
    const relative = path.posix.join(folder.split(path.sep).join('/'), entry.name);
    if (leftOut.has(entry.name)) return [];
    if (entry.isDirectory()) return filesBelow(relative);
    return entry.isFile() ? [relative.replace(/^\.\//, '')] : [];
  });
}

export function readProjectFile(relative: string): string {
  return fs.readFileSync(path.join(root, relative), 'utf8');
}

export function exists(relative: string): boolean {
  return fs.existsSync(path.join(root, relative));
}

/** Folders directly under src/. */
export function sourceFolders(): string[] {
  return fs
    .readdirSync(path.join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

/** Written by people: sources, tests, tools, pages; not data, fixtures or generated files. */
export function writtenFiles(): string[] {
  return filesBelow().filter(
    (file) =>
      /\.(ts|mjs|cjs|js|sql|md|ya?ml|html|css)$|^\.ci\//.test(file) &&
      !file.startsWith('test/fixtures/') &&
      file !== 'CHANGELOG.md',
  );
}

/** The rooms of architecture.mjs; read as text because a test file cannot import an ES module. */
export function roomNames(): string[] {
  const text = readProjectFile('architecture.mjs');
  const list = /export const rooms = \{([\s\S]*?)\n\};/.exec(text)?.[1] ?? '';
  return [...list.matchAll(/^ {2}(\w+):/gm)].map((match) => match[1]!);
}

export function rootNames(): string[] {
  const list = /export const roots = \[([^\]]*)\]/.exec(readProjectFile('architecture.mjs'))?.[1] ?? '';
  return [...list.matchAll(/'([^']+)'/g)].map((match) => match[1]!);
}
