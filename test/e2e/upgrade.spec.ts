// An upgrade, as docs/how-to/upgrade.md has it for several processes and migrations that are safe online: the first new process migrates, the old
// one goes on beside it on a schema it does not know, until it is its turn to be replaced.
import path from 'node:path';
import { migrateFiles, readMigrations } from '../../src/platform/database/migrate';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/deadline';
import { judge } from '../support/deliveries';
import { HeraldProcess } from '../support/herald-process';
import { Ledger } from '../support/ledger';
import { silentLog } from '../support/silent-log';
import { SubscriberStub } from '../support/subscriber-stub';
import { restHook, subscribe } from '../support/subscription';

/** What a later version may add while this one runs: columns with a default, tables, indexes. */
const later = {
  number: 9_999,
  name: '9999-deliveries-of-a-later-version',
  digest: '0123456789ab',
  sql: `
    alter table outbox add column later_mark text;
    alter table delivery add column later_count integer not null default 7;
    alter table held_key add column later_mark text;
    alter table subscription_runtime add column later_flag boolean not null default false;
    alter table attempt add column later_mark text;
    create table later_thing (id bigint primary key, what text not null);
    create index later_index on delivery (later_count, subscription_key) where state = 'pending';`,
};

let database: TestDatabase;
let receiver: SubscriberStub;
let old: HeraldProcess;
let next: HeraldProcess | undefined;
beforeAll(async () => {
  [database, receiver] = await Promise.all([createTestDatabase(), SubscriberStub.start()]);
  receiver.answer((_, number) => ({ status: number % 7 === 3 ? 503 : 200, delayMs: 10 }));
  old = await HeraldProcess.start({ databaseUrl: database.url });
}, 60_000);
afterAll(async () => {
  await old?.stop();
  await next?.stop();
  await receiver?.stop();
  await database?.drop();
});

it('old workers go on with a newer schema, and hand over: nothing is lost, repeated or out of order', async () => {
  await subscribe(old, restHook('Patient', receiver.url, { settings: { 'retry-delay': '20ms', 'error-after': '1h' } }));
  let isOver = false;
  let written = 0;
  const client = async (number: number): Promise<void> => {
    for (let n = 0; !isOver; n += 1) {
      const patient = { resourceType: 'Patient', id: `c${number}-${n % 10}`, birthDate: `${1000 + n}` };
      const { status } = await (next ?? old).put(patient);
      expect(status).toBeLessThan(300);
      written += 1;
    }
  };
  const more = async (count: number): Promise<void> => {
    const seen = receiver.processed.length;
    await receiver.waitFor((stub) => stub.processed.length >= seen + count, 40_000, `${count} more deliveries`);
  };
  const writing = Promise.all([1, 2, 3].map(client));
  try {
    await more(20);
    const files = readMigrations(path.resolve(__dirname, '../../migrations'));
    expect(await migrateFiles(database.url, [...files, later], silentLog)).toBe(1);
    // Alone on the new schema, with retries among it.
    await more(60);
    next = await HeraldProcess.start({ databaseUrl: database.url });
    await more(30);
    expect(await old.stop()).toBe(0);
    await more(30);
    expect((await next.get('/health/ready')).status).toBe(200);
  } finally {
    isOver = true;
  }
  await writing;
  const ledger = new Ledger(database.database);
  await ledger.drained(60_000);
  const isWell = async (): Promise<boolean> => /^All is well/.test((await next!.get('/admin/status')).body.verdict);
  await eventually(isWell, { what: 'a good verdict' });
  expect(judge(receiver.processed)).toEqual({
    distinct: written,
    duplicates: 0,
    orderViolations: 0,
    gaps: 0,
    unequalRepeats: 0,
  });
  expect(await ledger.violations()).toEqual([]);
  expect(old.output).not.toMatch(/"level":(50|60)/);
}, 150_000);
