// `npm run cluster`: Herald as several processes on one machine, with real servers below them. The same variables as `npm start`: PORT (of the
// process that serves the API), HERALD_DATA, DATABASE_URL, REDIS_URL, KAFKA_BROKERS, HERALD_…; Ctrl-C or SIGTERM stops everything by pid.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../steps.mjs';
import { RoleProcess } from './role-process.mjs';
import { startServers } from './servers.mjs';

const PARTS = [
  ['api', 'api'],
  ['relay', 'relay'],
  ['matcher', 'matcher'],
  ['deliverer-1', 'deliverer'],
  ['deliverer-2', 'deliverer'],
];

const dataDir = path.resolve(process.env.HERALD_DATA || '.herald');
const tell = (text) => console.log(`  ${text}`);
const stopping = new AbortController();
/** Sees the pipe close when we are gone, however that happened, and ends what we left behind. */
const undertaker = spawn(process.execPath, [path.join(root, 'tools/undertaker.mjs')], {
  stdio: ['pipe', 'ignore', 'ignore'],
  detached: true,
});
const onPid = (line) => undertaker.stdin.write(`${line}\n`);
const stops = [];

async function stopAll() {
  for (let next = stops.pop(); next; next = stops.pop()) await next();
}

function onSignals() {
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => stopping.abort());
  if (!process.env.npm_lifecycle_event) return;
  // npm passes a SIGTERM on to the shell it runs us in, and the shell dies of it without telling us.
  const shell = process.ppid;
  setInterval(() => process.ppid !== shell && stopping.abort(), 250).unref();
}

/** PORT and the ones after it; with PORT=0 each takes a free one. */
function portsOf() {
  const first = Number(process.env.PORT || 8080);
  return PARTS.map((_, index) => (first === 0 ? 0 : first + index));
}

async function startProcesses(serverEnv) {
  const logs = path.join(dataDir, 'cluster');
  fs.mkdirSync(logs, { recursive: true });
  const ports = portsOf();
  const processes = PARTS.map(([name, roles], index) => {
    const own = { HERALD_DATA: path.join(dataDir, 'cluster', name), ROLES: roles };
    const env = { ...process.env, ...serverEnv, ...own };
    const logFile = path.join(logs, `${name}.log`);
    return new RoleProcess({ name, port: ports[index], env, logFile, tell, onPid });
  });
  stops.push(() => Promise.all(processes.map((part) => part.stop())));
  // One after the other brings the database up to date; the rest come together.
  await processes[0].start();
  await Promise.all(processes.slice(1).map((part) => part.start()));
  processes.forEach((part) => part.watch());
  return processes;
}

function banner(places, processes) {
  const [api] = processes;
  const lines = [
    ['FHIR base', `${api.url}/fhir (R4, JSON)`],
    ['Admin', `${api.url}/admin/status`],
    ...places,
    ...processes.map((part) => [part.options.name, `${part.url}/health/ready, process ${part.pid}`]),
    ['Logs', path.join(dataDir, 'cluster')],
  ];
  const shown = lines.map(([name, text]) => `  ${name.padEnd(12)} ${text}`);
  return ['', '  Herald is ready, as a cluster of one machine.', '', ...shown, ''].join('\n');
}

async function main() {
  onSignals();
  const built = spawnSync(process.execPath, [path.join(root, 'tools/build.mjs'), '--if-needed'], { stdio: 'inherit' });
  if (built.status !== 0) return built.status ?? 1;
  try {
    const servers = await startServers({ env: process.env, dataDir, tell, onPid });
    stops.push(servers.stop);
    const processes = stopping.signal.aborted ? [] : await startProcesses(servers.env);
    if (!stopping.signal.aborted) console.log(banner(servers.places, processes));
  } catch (error) {
    // Expected: a folder or a port in use, a setting that is refused. The parts that run are stopped.
    console.error(error instanceof Error ? error.message : String(error));
    await stopAll();
    return 1;
  }
  // Keeps us here, though all the work is done by others.
  const keep = setInterval(() => undefined, 60_000);
  await new Promise((resolve) => {
    if (stopping.signal.aborted) resolve();
    stopping.signal.addEventListener('abort', resolve, { once: true });
  });
  clearInterval(keep);
  console.log('  Stopping: what is being sent is finished first.');
  await stopAll();
  return 0;
}

process.exit(await main());
