// A Herald of the demo's own: a child process with a temporary data directory, stopped and swept away at the end.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { READY_POLL_MS, READY_TRIES_MAX } from './limits';

export interface OwnHerald {
  readonly url: string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as net.AddressInfo;
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return port;
}

/** Starts dist/main.js on a free port and resolves when it is ready. Throws with its last words when it is not within half a minute. */
export async function startOwnHerald(environment: NodeJS.ProcessEnv): Promise<OwnHerald> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'herald-demo-'));
  // The embedded Postgres of a root user runs as somebody else, who must be able to enter.
  fs.chmodSync(folder, 0o711);
  const port = await freePort();
  const kept = Object.entries(environment).filter(
    ([name]) => !/^(HERALD_|DATABASE_URL|KAFKA_|REDIS_|ROLES$|HOST$|PORT$)/.test(name),
  );
  const child = spawn(process.execPath, ['--enable-source-maps', path.resolve(__dirname, '../main.js')], {
    env: { ...Object.fromEntries(kept), HERALD_DATA: folder, PORT: String(port), LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const listen = (chunk: Buffer): void => {
    said = (said + chunk.toString('utf8')).slice(-4000);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
    fs.rmSync(folder, { recursive: true, force: true });
  };

  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < READY_TRIES_MAX; tries += 1) {
    if (child.exitCode !== null) break;
    // A refused connection is what a starting server answers.
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (answer?.ok) return { url, stop };
    await pause(READY_POLL_MS);
  }
  await stop();
  throw new Error(`Herald did not start:\n${said}`);
}
