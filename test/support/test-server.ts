// The one Postgres of a test run: its folder, its template database, and the sweep of what killed runs left behind.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createLog, Database, EmbeddedPostgres, migrateFiles, readMigrations } from '../../src/platform';

export const TEMPLATE_DATABASE = 'herald_template';
/** Set by the global setup, inherited by the test workers. */
export const SERVER_URL_VARIABLE = 'TEST_SERVER_URL';

const PREFIX = 'herald-test-';
const log = createLog({ level: 'fatal' });

export interface TestServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts an unsynced Postgres in a temp folder and migrates the template database. */
export async function startTestServer(): Promise<TestServer> {
  sweepLeftOvers();
  const folder = fs.mkdtempSync(path.join(roomyMemory() ?? os.tmpdir(), `${PREFIX}${process.pid}-`));
  fs.chmodSync(folder, 0o711);
  const postgres = await EmbeddedPostgres.start({ dataDir: folder, log, durable: false });
  const stop = async (): Promise<void> => {
    await postgres.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  };
  try {
    await makeTemplate(postgres.url);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: postgres.url, stop };
}

/** The same server, another database. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function makeTemplate(serverUrl: string): Promise<void> {
  const server = Database.open({ url: serverUrl, poolMax: 1, applicationName: 'test setup', log });
  await server.query({ text: `create database ${TEMPLATE_DATABASE}`, values: [] });
  await server.close();
  const url = databaseUrl(serverUrl, TEMPLATE_DATABASE);
  const files = readMigrations(path.resolve(__dirname, '../../migrations'));
  try {
    await migrateFiles(url, files, log);
  } catch (error) {
    // One broken file must not take away every room's tests: apply what can be applied and say loudly what cannot.
    console.error(
      `\nMIGRATIONS FAIL: ${String(error)}\nApplying them one by one; tests that need the broken ones will fail.`,
    );
    for (const file of files)
      await migrateFiles(url, [file], log).catch((reason: unknown) => console.error(String(reason)));
  }
}

/** Linux keeps files here in memory. */
const MEMORY = '/dev/shm';
/** A run has some hundred databases, a few at a time, and two gigabytes of log at most. */
const MEMORY_BYTES_MIN = 6 * 1024 ** 3;

/**
 * Every test file clones the template, which is some 1,900 files: on a disk that takes longer than many a test (ADR 24). Undefined where there
 * is no room, as in most containers.
 */
function roomyMemory(): string | undefined {
  try {
    fs.accessSync(MEMORY, fs.constants.W_OK);
    const { bavail, bsize } = fs.statfsSync(MEMORY);
    return Math.min(bavail * bsize, process.availableMemory()) >= MEMORY_BYTES_MIN ? MEMORY : undefined;
  } catch {
    // Expected: another system, or not ours to write to.
    return undefined;
  }
}

/** Stops servers and removes folders of runs whose process is gone (killed before their teardown). */
function sweepLeftOvers(): void {
  const places = [os.tmpdir(), MEMORY].filter((place) => fs.existsSync(place));
  for (const [place, name] of places.flatMap((each) => fs.readdirSync(each).map((name) => [each, name] as const))) {
    const owner = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length).split('-')[0]) : NaN;
    if (!Number.isInteger(owner) || isRunning(owner)) continue;
    const folder = path.join(place, name);
    stopServer(folder);
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function stopServer(folder: string): void {
  try {
    const pid = Number(
      fs.readFileSync(path.join(folder, 'database', 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0],
    );
    const commandLine = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    if (commandLine.includes(folder)) process.kill(pid, 'SIGQUIT');
  } catch {
    // Expected: the server is gone already.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Expected: no such process.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
