// Runs the steps of a gate side by side, as many as there are cores, and tells each one's story in one piece when it ends.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** No step may hang a build machine; a busy one is slow, and that is no failure. */
const stepMinutesMax = 35;

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const bin = (name) => path.join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);

const hasGroups = process.platform !== 'win32';
const running = new Set();

/** Ends a step with everything it started: jest's workers would outlive jest. */
function end(child, signal) {
  try {
    if (hasGroups) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It ended by itself in this moment.
  }
}

/** Runs one program to its end; `live` shows its output as it comes, else it is kept and returned. */
function run(step) {
  return new Promise((resolve) => {
    const started = performance.now();
    const [program, ...parameters] = step.command;
    const child = spawn(program === 'node' ? process.execPath : bin(program), parameters, {
      cwd: root,
      detached: hasGroups,
      env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? '1' : '0', ...step.env },
      stdio: ['ignore', step.live ? 'inherit' : 'pipe', step.live ? 'inherit' : 'pipe'],
    });
    running.add(child);
    let output = '';
    const keep = (chunk) => (output += chunk);
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const patience = setTimeout(() => {
      output += `not done after ${stepMinutesMax} minutes: ended\n`;
      end(child, 'SIGKILL');
    }, stepMinutesMax * 60_000);
    const done = (code) => {
      clearTimeout(patience);
      running.delete(child);
      resolve({ ...step, code, output, seconds: (performance.now() - started) / 1000 });
    };
    child.on('error', (error) => ((output += `${error.message}\n`), done(1)));
    child.on('exit', (code) => done(code ?? 1));
  });
}

function report(result) {
  const verdict = result.code === 0 ? 'ok    ' : 'FAILED';
  console.log(`${verdict} ${result.name.padEnd(14)} ${result.seconds.toFixed(1).padStart(6)} s`);
  const story = told(result.output);
  if (result.code !== 0 && story) console.log(story.replace(/^/gm, '    '));
}

/** What is worth reading of a failed step: not the suites that passed, nor jest's second telling of the failures. */
function told(output) {
  const lines = output.split('Summary of all failing tests')[0].split('\n');
  return lines
    .filter((line) => !/^PASS /.test(line) && !/^npm warn/.test(line))
    .join('\n')
    .trim();
}

/** Runs the steps, `width` at a time in the order given; answers what became of each. */
export async function runSteps(steps, width = Math.min(2, os.availableParallelism())) {
  const waiting = [...steps];
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      waiting.length = 0;
      for (const child of running) end(child, signal);
      process.exit(130);
    });
  }
  const results = [];
  const lane = async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) {
      const result = await run(step);
      report(result);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}

/** Where a jest step leaves its report. */
export function reportFile(name) {
  const folder = path.join(root, 'node_modules', '.cache', 'herald-tests');
  fs.mkdirSync(folder, { recursive: true });
  return path.join(folder, `${name}.json`);
}

/** A jest step whose counts are read back from its own JSON report. */
export function jestStep(name, config, extra = {}) {
  const file = reportFile(name);
  fs.rmSync(file, { force: true });
  const { parameters = [], ...rest } = extra;
  return {
    name,
    jestReport: file,
    command: ['jest', '--config', config, '--json', `--outputFile=${file}`, ...parameters],
    ...rest,
  };
}

/** Adds up jest's reports. A suite that could not run counts as one failed test: nothing is passed over in silence. */
export function countTests(results) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { jestReport } of results) {
    if (!jestReport) continue;
    if (!fs.existsSync(jestReport)) {
      total.failed += 1;
      continue;
    }
    const report = JSON.parse(fs.readFileSync(jestReport, 'utf8'));
    total.passed += report.numPassedTests;
    total.failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
    total.skipped += report.numPendingTests + report.numTodoTests;
  }
  return total;
}
