// Herald and its durable Postgres for a benchmark: real processes, the data beside the project and removed afterwards.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { freePort } from '../../../tools/free-port.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const { EmbeddedPostgres, createLog } = createRequire(import.meta.url)(path.join(root, 'dist/platform/index.js'));

export async function startPostgres() {
  const folder = path.join(root, '.herald', `bench-${process.pid}`);
  fs.mkdirSync(folder, { recursive: true });
  const postgres = await EmbeddedPostgres.start({ dataDir: folder, log: createLog({ level: 'error' }), durable: true });
  const stop = async () => {
    await postgres.stop();
    fs.rmSync(postgres.folder, { recursive: true, force: true });
    fs.rmSync(folder, { recursive: true, force: true });
  };
  return { url: postgres.url, ownFolder: folder, stop };
}

const profiling = process.argv.includes('--profile')
  ? ['--cpu-prof', `--cpu-prof-dir=${path.join(root, 'test/bench/results/profiles')}`]
  : [];

/** A fresh database on the server and one Herald process with all roles on it. */
export async function startHerald(postgres, name, env = {}) {
  const url = new URL(postgres.url);
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(`create database ${name}`);
  await admin.end();
  url.pathname = `/${name}`;
  const port = await freePort();
  const child = spawn(process.execPath, ['--enable-source-maps', ...profiling, path.join(root, 'dist/main.js')], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DATABASE_URL: url.href,
      PORT: String(port),
      HERALD_DATA: path.join(postgres.ownFolder, name),
      HERALD_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      HERALD_EGRESS_ALLOW_PRIVATE: 'loopback',
      LOG_LEVEL: 'error',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const base = `http://127.0.0.1:${port}`;
  await until(`${name} to be ready`, 60_000, async () => {
    if (child.exitCode !== null) throw new Error(`Herald ended with ${child.exitCode}`);
    return (await fetch(`${base}/health/ready`).catch(() => undefined))?.ok;
  });
  const stop = () =>
    new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once('exit', resolve);
      child.kill('SIGTERM');
    });
  const database = new pg.Pool({ connectionString: url.href, max: 2 });
  return { base, fhirUrl: `${base}/fhir`, database, pid: child.pid, stop: () => database.end().then(stop) };
}

/** Asks until the answer is truthy; fails at the deadline. */
export async function until(what, deadlineMs, ask, everyMs = 50) {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
