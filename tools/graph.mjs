// `npm run graph`: redraws the room graph of docs/ARCHITECTURE.md from the imports that the code really has.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { rooms, roots } from '../architecture.mjs';
import { root } from './steps.mjs';

const cruise = spawnSync(
  path.join(root, 'node_modules', '.bin', 'depcruise'),
  ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'src'],
  { cwd: root, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
);
if (!cruise.stdout) throw new Error(cruise.stderr);
const { modules } = JSON.parse(cruise.stdout);

const roomOf = (file) => /^src\/([^/]+)(\/|$)/.exec(file)?.[1];
const names = [...roots, ...Object.keys(rooms).reverse()];
const edges = new Map();
for (const { source, dependencies } of modules) {
  const from = roomOf(source);
  for (const { resolved } of dependencies) {
    const to = roomOf(resolved);
    if (!to || to === from || source.endsWith('.spec.ts')) continue;
    edges.set(from, (edges.get(from) ?? new Set()).add(to));
  }
}

const ground = new Set(['platform', 'fhir']);
const lines = ['```mermaid', 'graph TD'];
for (const from of names) {
  const to = names.filter((name) => edges.get(from)?.has(name) && !ground.has(name));
  if (to.length > 0 && from !== 'app')
    lines.push(`  ${from.replace('.ts', '')} --> ${to.map((name) => name.replace('.ts', '')).join(' & ')}`);
}
lines.push('```');

const page = path.join(root, 'docs/ARCHITECTURE.md');
const marks = /(<!-- room graph: drawn by npm run graph -->)[\s\S]*?(<!-- end of room graph -->)/;
const text = fs.readFileSync(page, 'utf8');
if (!marks.test(text)) throw new Error(`${page} has lost its marks for the room graph`);
fs.writeFileSync(page, text.replace(marks, `$1\n${lines.join('\n')}\n$2`));
console.log(`drawn ${edges.size} rooms into docs/ARCHITECTURE.md`);
