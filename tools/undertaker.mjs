// Outlives who started it by a moment: when that one ends, however it ends, whatever it started and did not stop is killed. Reads lines from its
// standard input: `+pid`, `-pid`, and `folder path` for a Postgres whose own file names its process.
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';

/** By start time too: a number that was given to another process meanwhile is left alone. */
const startOf = (pid) => {
  try {
    return fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[19];
  } catch {
    return undefined;
  }
};
const known = new Map();
const folders = [];

const lines = readline.createInterface({ input: process.stdin });
lines.on('line', (line) => {
  if (line.startsWith('+')) known.set(Number(line.slice(1)), startOf(line.slice(1)));
  if (line.startsWith('-')) known.delete(Number(line.slice(1)));
  if (line.startsWith('folder ')) folders.push(line.slice('folder '.length));
});
lines.on('close', () => {
  for (const [pid, start] of known) if (start !== undefined && startOf(pid) === start) kill(pid, 'SIGKILL');
  for (const folder of folders) {
    try {
      const pid = Number(fs.readFileSync(path.join(folder, 'postmaster.pid'), 'utf8').split('\n')[0]);
      if (fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)) kill(pid, 'SIGQUIT');
    } catch {
      // Expected: it was stopped in order.
    }
  }
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // Expected: gone already.
  }
}
