// Prints figures with their baselines, ratios and targets, and keeps them in a file that a later run can be compared with.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from './parts/server.mjs';

const number = (value, digits = 2) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(digits));

function verdict({ ratio, target, least, isLowBetter }) {
  if (target === undefined) return '';
  const meets = (bound) => (isLowBetter ? ratio <= bound : ratio >= bound);
  if (meets(target)) return 'target met';
  return meets(least) ? 'least met' : 'MISSED';
}

export function printFigures(figures) {
  for (const figure of figures) {
    const { value, unit, baseline, ratio, spread, target, least, note } = figure;
    const rounds = spread ? ` (${spread.map((each) => number(each)).join(' to ')})` : '';
    const bounds = target === undefined ? '' : `, target ${target}, least ${least}: ${verdict(figure)}`;
    console.log(
      `  ${figure.figure}\n    ${number(value)} ${unit} = ${number(ratio)} × ${baseline}${rounds}${bounds}${note ? `\n    ${note}` : ''}`,
    );
  }
}

export function writeResult(result) {
  const folder = path.join(root, 'test/bench/results');
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${result.at.replace(/[:.]/g, '-')}.json`);
  fs.writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  return path.relative(root, file);
}

export function machine() {
  const [cpu] = os.cpus();
  return {
    node: process.version,
    cores: os.availableParallelism(),
    cpu: cpu?.model,
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    load: os.loadavg()[0],
  };
}

/** Which program was measured; `+` when files were changed since. Undefined outside a clone. */
export function commit() {
  const { status, stdout } = spawnSync('git', ['describe', '--always', '--dirty=+'], { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
