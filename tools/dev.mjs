// `npm run dev`: what `npm start` does, built again and restarted whenever a source file changes, with a receiver beside it.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './steps.mjs';

const settleMs = 150;
const node = (file, args = []) =>
  spawn(process.execPath, [...args, path.join(root, file)], { cwd: root, stdio: 'inherit' });
const build = () =>
  spawnSync(process.execPath, [path.join(root, 'tools/build.mjs'), '--if-needed'], { cwd: root, stdio: 'inherit' })
    .status === 0;

const receiver = node('tools/receiver.mjs');
let herald;
let isEnding = false;

function start() {
  herald = node('dist/main.js', ['--enable-source-maps']);
}

function ended(child) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', resolve));
}

async function restart() {
  if (!build()) return console.log('the build failed: the running Herald stays');
  herald.kill('SIGTERM');
  await ended(herald);
  if (!isEnding) start();
}

let timer;
let running = Promise.resolve();
fs.watch(path.join(root, 'src'), { recursive: true }, (_event, file) => {
  if (file?.endsWith('.spec.ts')) return;
  clearTimeout(timer);
  timer = setTimeout(() => (running = running.then(restart)), settleMs);
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    if (isEnding) return;
    isEnding = true;
    // Ctrl-C in a terminal has reached Herald already; a second signal would end it without draining.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) herald?.kill('SIGTERM');
    await ended(herald);
    receiver.kill('SIGTERM');
    process.exit(0);
  });
}

if (!build()) process.exit(1);
start();
