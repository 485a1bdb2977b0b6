import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Database, EmbeddedPostgres, isTransient } from '../../../src/platform';
import { eventually } from '../../support/deadline';
import { silentLog } from '../../support/silent-log';

const sql = (text: string) => ({ text, values: [] });
const pidOf = (folder: string): number =>
  Number(fs.readFileSync(path.join(folder, 'postmaster.pid'), { encoding: 'utf8' }).split('\n')[0]);

// Starts a server in a process of its own and kills that process, as `kill -9` of Herald does.
const orphaning = `
  const { EmbeddedPostgres, createLog } = require(process.argv[1]);
  EmbeddedPostgres.start({ dataDir: process.argv[2], log: createLog({ level: 'silent' }), durable: false })
    .then((server) => { console.log(server.url); process.kill(process.pid, 'SIGKILL'); });`;

describe('embedded Postgres', () => {
  let dataDir: string;
  beforeAll(() => {
    dataDir = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'herald-component ')), 'a path with spaces');
    fs.mkdirSync(dataDir, { recursive: true });
    fs.chmodSync(path.dirname(dataDir), 0o711);
  });
  afterAll(() => fs.rmSync(path.dirname(dataDir), { recursive: true }));

  const started: EmbeddedPostgres[] = [];
  const start = async () => {
    const server = await EmbeddedPostgres.start({ dataDir, log: silentLog, durable: false });
    started.push(server);
    return server;
  };
  afterEach(() => Promise.all(started.splice(0).map((server) => server.stop())));
  const open = (url: string) => Database.open({ url, poolMax: 1, applicationName: 'test', log: silentLog });

  it('starts in a path with spaces, on loopback with a password, stops, and finds its data again', async () => {
    const first = await start();
    expect(fs.statSync(path.join(path.dirname(first.folder), 'password')).mode & 0o777).toBe(0o600);
    const database = open(first.url);
    await database.query(sql('create table kept as select 42 as n'));
    await database.close();
    const wrong = open(first.url.replace(/:[^:@]+@/, ':wrong@'));
    await expect(wrong.ping()).rejects.toMatchObject({ code: '28P01' });
    await wrong.close();
    const pid = pidOf(first.folder);
    await first.stop();
    await first.stop();
    expect(() => process.kill(pid, 0)).toThrow();
    const second = await start();
    const again = open(second.url);
    expect((await again.query(sql('select n from kept'))).rows).toEqual([{ n: 42 }]);
    await again.close();
    await second.stop();
  }, 60_000);

  it('I19: starts again by itself, on the same port, when it is killed', async () => {
    const server = await start();
    const database = open(server.url);
    await database.ping();
    const killed = pidOf(server.folder);
    process.kill(killed, 'SIGKILL');
    await eventually(
      async () => {
        const error: unknown = await database.ping().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error !== undefined && !isTransient(error)) throw error as Error;
        return error === undefined && pidOf(server.folder) !== killed;
      },
      { deadlineMs: 25_000, what: 'the server to be back' },
    );
    await expect(database.ping()).resolves.toBeGreaterThan(0);
    await database.close();
    await server.stop();
  }, 60_000);

  it('stops the orphan that a killed process left behind, and starts', async () => {
    const build = path.join(path.dirname(dataDir), 'dist');
    compilePlatform(build);
    const killed = spawnSync(process.execPath, ['-e', orphaning, path.join(build, 'index.js'), dataDir], {
      encoding: 'utf8',
    });
    expect(killed.signal).toBe('SIGKILL');
    const url = killed.stdout.trim();
    const orphan = open(url);
    await orphan.ping();
    await orphan.close();
    const server = await start();
    const database = open(server.url);
    await database.ping();
    await database.close();
    await server.stop();
  }, 60_000);

  it('starts although postmaster.pid names a process that is no Postgres', async () => {
    const server = await start();
    await server.stop();
    fs.writeFileSync(path.join(server.folder, 'postmaster.pid'), `${process.ppid}\n${server.folder}\n1\n1\n\n\n`);
    const again = await start();
    await again.stop();
  }, 60_000);
});

/** The room as plain JavaScript, for a process that runs without a transformer. */
function compilePlatform(target: string): void {
  const source = path.resolve(__dirname, '../../../src/platform');
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { transformFileSync } = require('@swc/core') as typeof import('@swc/core');
  for (const entry of fs.readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts') || entry.name.endsWith('.spec.ts')) continue;
    const file = path.join(entry.parentPath, entry.name);
    const to = path.join(target, path.relative(source, file)).replace(/\.ts$/, '.js');
    fs.mkdirSync(path.dirname(to), { recursive: true });
    const { code } = transformFileSync(file, {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs' },
      swcrc: false,
    });
    fs.writeFileSync(to, code);
  }
  fs.symlinkSync(path.resolve(__dirname, '../../../node_modules'), path.join(target, 'node_modules'));
}
