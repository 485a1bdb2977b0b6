// A match commits without waiting for the disk (ADR 26). What a crash of the server undoes by it was not told to anyone: whatever was claimed after it,
// and so may have been sent, is still there.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { auditLedger, scheduleDeliveries } from '../../../src/deliveries';
import { claimSlices } from '../../../src/deliveries/ledger/claim';
import { Database, EmbeddedPostgres, migrateFiles, readMigrations } from '../../../src/platform';
import { eventually } from '../../support/deadline';
import { silentLog } from '../../support/silent-log';
import { defaults, Delivering, event } from './delivering';

const crashes = 3;
const migrations = path.resolve(__dirname, '../../../migrations');
let folder: string;
let server: EmbeddedPostgres;
let database: Database;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'herald-flushed-'));
  fs.chmodSync(folder, 0o711);
  server = await EmbeddedPostgres.start({ dataDir: folder, log: silentLog, durable: true });
  database = Database.open({ url: server.url, poolMax: 2, applicationName: 'test', log: silentLog });
  // So that what need not be on disk is not there by chance.
  await database.query({ text: `alter system set wal_writer_delay = '10s'`, values: [] });
  await database.query({ text: 'select pg_reload_conf()', values: [] });
  await migrateFiles(server.url, readMigrations(migrations), silentLog);
}, 60_000);
afterAll(async () => {
  await database?.close();
  await server?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** As a power cut would: what stood in the server's memory only is gone. */
async function crash(): Promise<void> {
  const pid = (): number => Number(fs.readFileSync(path.join(server.folder, 'postmaster.pid'), 'utf8').split('\n')[0]);
  const killed = pid();
  process.kill(killed, 'SIGKILL');
  const isBack = async (): Promise<boolean> => {
    // Expected: no server, or one that recovers.
    const answered = await database.ping().catch(() => undefined);
    return answered !== undefined && pid() !== killed;
  };
  await eventually(isBack, { deadlineMs: 60_000, what: 'the server to be back' });
}

it('I1, I4: what a crash undoes of a match was not claimed, and is numbered the same again; what was claimed stays', async () => {
  const herald = new Delivering(database);
  await herald.subscribe(1, 'http://127.0.0.1:1', { slices: 64 });
  const now = () => herald.clock.now();
  const match = (id: string) =>
    database.transaction(async (tx) => scheduleDeliveries(tx, now(), [{ subscriptionKey: 1, event: event(id) }]), {
      isEager: true,
      isFlushedLater: true,
    });
  const deliveries = async (): Promise<string[]> => {
    const text = 'select event_no, id from delivery order by event_no';
    const { rows } = await database.query<{ event_no: number; id: string }>({ text, values: [] });
    return rows.map((row) => `${row.event_no} ${row.id}`);
  };
  const claimed: string[] = [];
  for (let number = 1; number <= crashes; number += 1) {
    const next = `${number} p${number}`;
    await match(`p${number}`);
    await crash();
    const left = await deliveries();
    expect([claimed, [...claimed, next]]).toContainEqual(left);
    // As the sweep does with an event that is not marked.
    if (left.length < number) await match(`p${number}`);
    const { slices } = await claimSlices(database, { ...defaults, now: now(), slicesMax: 100, includeNarrow: true });
    expect(slices.flatMap((slice) => slice.window.rows.map((row) => `${row.eventNo} ${row.id}`))).toEqual([next]);
    claimed.push(next);
    await crash();
    expect(await deliveries()).toEqual(claimed);
    expect(await auditLedger(database, now())).toEqual([]);
  }
  await herald.stop();
}, 180_000);
