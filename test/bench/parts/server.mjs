// Herald and its durable Postgres for a benchmark: real processes, one or (cluster profile) one per role, the data beside the project and removed afterwards.
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
  const pid = Number(fs.readFileSync(path.join(postgres.folder, 'postmaster.pid'), 'utf8').split('\n')[0]);
  return { url: postgres.url, ownFolder: folder, pid, stop };
}

const profiling = process.argv.includes('--cpu-profiles')
  ? ['--cpu-prof', `--cpu-prof-dir=${path.join(root, 'test/bench/results/profiles')}`]
  : [];

const readyMsMax = 180_000;

/** How many processes the cluster profile has of each role that may have several, unless told otherwise. */
const clusterShape = { matcher: 1, deliverer: 1 };

/**
 * A fresh database on the server and a Herald on it: one process with all roles, or, where the server has Kafka and Redis beside it
 * (`postgres.hints`), a process per role and as many matchers and deliverers as `shape` says.
 */
export async function startHerald(postgres, name, env = {}, shape = clusterShape) {
  return startHeraldOn(await newDatabase(postgres, name), postgres, name, env, shape);
}

/** The same on a database that was used before. */
export async function startHeraldOn(url, postgres, name, env = {}, shape = clusterShape) {
  const roles = postgres.hints ? rolesOf(shape) : [undefined];
  const all = { DATABASE_URL: url, ...postgres.hints?.envOf(name), ...env };
  const start = (role, index) =>
    startProcess(`${name}-${index}`, postgres.ownFolder, { ...all, ...(role && { ROLES: role }) });
  const processes = [];
  const stopAll = () => Promise.all(processes.map((each) => each.stop()));
  try {
    // One after another: the first one brings the database to its form, and a loaded machine starts them no sooner side by side.
    for (const [index, role] of roles.entries()) processes.push({ role: role ?? 'all', ...(await start(role, index)) });
  } catch (error) {
    await stopAll();
    throw error;
  }
  const [{ base, pid }] = processes;
  const database = new pg.Pool({ connectionString: url, max: 2 });
  const stop = () => database.end().then(stopAll);
  return { url, base, fhirUrl: `${base}/fhir`, database, pid, processes, stop };
}

function rolesOf({ matcher, deliverer }) {
  return ['api', 'relay', ...Array(matcher).fill('matcher'), ...Array(deliverer).fill('deliverer')];
}

async function newDatabase(postgres, name) {
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(`create database ${name}`);
  await admin.end();
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  return url.href;
}

async function startProcess(name, folder, env) {
  const port = await freePort();
  const child = spawn(process.execPath, ['--enable-source-maps', ...profiling, path.join(root, 'dist/main.js')], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: String(port),
      HERALD_DATA: path.join(folder, name),
      HERALD_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      HERALD_EGRESS_ALLOW_PRIVATE: 'loopback',
      LOG_LEVEL: 'error',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const base = `http://127.0.0.1:${port}`;
  const isReady = async () => {
    if (child.exitCode !== null) throw new Error(`Herald ended with ${child.exitCode}`);
    return (await fetch(`${base}/health/ready`).catch(() => undefined))?.ok;
  };
  await until(`${name} to be ready`, readyMsMax, isReady).catch((error) => {
    child.kill('SIGKILL');
    throw error;
  });
  const stop = () =>
    new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once('exit', resolve);
      child.kill('SIGTERM');
    });
  return { base, pid: child.pid, stop };
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
