// docs/how-to/backup-and-restore.md, done: a dump of a running Herald, restored into a fresh cluster, goes on without loss. Transaction numbers
// begin again there, so everything that was remembered by them has to be thought of anew.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Database } from '../../src/platform';
import type { TestDatabase } from '../support/database';
import { eventually } from '../support/deadline';
import { judge } from '../support/deliveries';
import { startHerald, type Herald } from '../support/herald';
import { silentLog } from '../support/silent-log';
import { restHook, subscribe } from '../support/subscription';
import { SubscriberStub } from '../support/subscriber-stub';
import { findSystemPostgres, SystemPostgres } from '../support/system-postgres';

const bin = findSystemPostgres();
const NO_BINARIES =
  'skipped: this machine has no PostgreSQL programs (pg_dump, pg_restore, initdb, pg_ctl); install postgresql';
if (bin === undefined) console.warn(`backup and restore: ${NO_BINARIES}`);
const whenPossible = bin === undefined ? it.skip : it;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'herald-dump-'));
const clusters: SystemPostgres[] = [];
const databases: Database[] = [];
const running: Herald[] = [];
let receiver: SubscriberStub;
beforeAll(async () => {
  receiver = await SubscriberStub.start();
});
afterAll(async () => {
  for (const herald of running) await herald.stop();
  for (const database of databases) await database.close();
  for (const cluster of clusters) cluster.stop();
  await receiver.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

async function newCluster(): Promise<{ postgres: SystemPostgres; database: TestDatabase }> {
  const postgres = await SystemPostgres.start(bin!);
  clusters.push(postgres);
  const open = (): Database => {
    const pool = Database.open({ url: postgres.url, poolMax: 4, applicationName: 'test', log: silentLog });
    databases.push(pool);
    return pool;
  };
  return {
    postgres,
    database: { url: postgres.url, name: 'postgres', database: open(), open, drop: async () => undefined },
  };
}

async function start(database: TestDatabase, roles?: string): Promise<Herald> {
  const herald = await startHerald({ database, roles });
  running.push(herald);
  return herald;
}
async function stop(herald: Herald): Promise<void> {
  running.splice(running.indexOf(herald), 1);
  await herald.stop();
}
const write = async (herald: Herald, id: string, version = 1): Promise<void> => {
  const answer = await herald.put({ resourceType: 'Patient', id, gender: version % 2 ? 'female' : 'male' } as never);
  expect(answer.status).toBeLessThan(300);
};
const told = (): Set<string> =>
  new Set(receiver.requests.map((r) => `${r.path.split('/').at(-1)}/${r.headers['herald-version']}`));
const numberNow = async (database: TestDatabase): Promise<number> => {
  const { rows } = await database.database.query<{ n: number }>({
    text: 'select pg_current_xact_id()::text::bigint as n',
    values: [],
  });
  return rows[0]!.n;
};

whenPossible(
  bin === undefined ? NO_BINARIES : 'a dump of a running Herald, restored into a fresh cluster, goes on without loss',
  async () => {
    const old = await newCluster();
    const file = path.join(folder, 'herald.dump');
    const first = await start(old.database);
    await old.database.database.query({
      text: 'do $$ begin for i in 1..20000 loop perform pg_current_xact_id(); commit; end loop; end $$',
      values: [],
    });
    receiver.answer((request) => ({ status: /\/bad\d/.test(request.path) ? 503 : 200 }));
    const settings = { 'retry-delay': '500ms' };
    const subscription = await subscribe(first, restHook('Patient', receiver.url, { settings }));
    for (const id of ['good0', 'good1', 'bad0', 'bad1']) for (const version of [1, 2]) await write(first, id, version);
    await eventually(async () => (await first.statesOf(subscription))['delivered'] === 4);
    const sent = new Set(receiver.requests.filter((r) => /good/.test(r.path)).map((r) => r.headers['herald-event-id']));
    await stop(first);

    // Events that nobody matches, and a writer that does not stop for the backup.
    const api = await start(old.database, 'api');
    for (const id of ['late0', 'late1', 'late2', 'bad0']) await write(api, id, 3);
    let isDumping = true;
    let during = 0;
    const writing = (async () => {
      while (isDumping) await write(api, `during${during++}`);
    })();
    await old.postgres.dump(file);
    isDumping = false;
    await writing;
    const numberThere = await numberNow(old.database);
    await stop(api);

    const fresh = await newCluster();
    await fresh.postgres.restore(file);
    const unmatched = await fresh.database.database.query<{ id: string; xid: number }>({
      text: 'select id, xid::text::bigint as xid from outbox where matched_at is null order by seq',
      values: [],
    });
    expect(unmatched.rows.slice(0, 4).map(({ id }) => id)).toEqual(['late0', 'late1', 'late2', 'bad0']);
    const numberHere = await numberNow(fresh.database);
    expect(numberHere).toBeLessThan(unmatched.rows[0]!.xid);
    expect(numberHere).toBeLessThan(numberThere);

    receiver.answer(() => ({ status: 200 }));
    const again = await start(fresh.database);
    // Numbers below the old snapshots: without care they would count as written before the Subscription was active.
    for (const id of ['after0', 'after1', 'bad1']) await write(again, id, 3);
    await again.drained(60_000);
    const all = told();
    for (const one of ['bad0/1', 'bad0/2', 'bad0/3', 'bad1/1', 'bad1/2', 'bad1/3']) expect(all).toContain(one);
    for (const one of ['late0/1', 'late1/1', 'late2/1', 'after0/1', 'after1/1']) expect(all).toContain(one);
    for (const { id } of unmatched.rows) expect([...all].some((one) => one.startsWith(`${id}/`))).toBe(true);
    expect(again.logLines().filter((line) => line['msg'] === 'subscriptions.foreign-snapshots-cleared')).toHaveLength(
      1,
    );
    expect(await again.violations()).toEqual([]);
    // What had been delivered before the dump is not sent again, and order holds across the restore.
    expect(receiver.requests.filter((r) => sent.has(r.headers['herald-event-id']))).toHaveLength(sent.size);
    expect(judge(receiver.requests)).toMatchObject({ orderViolations: 0, unequalRepeats: 0, gaps: 0 });
    // The next Subscription sees what is written from now on, and nothing of before.
    const later = await SubscriberStub.start();
    const second = await subscribe(again, restHook('Patient', later.url));
    await write(again, 'new0');
    await again.drained();
    expect(await again.statesOf(second)).toEqual({ delivered: 1 });
    await later.stop();
  },
  180_000,
);
