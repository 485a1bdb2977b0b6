// The audit over a real ledger: it repairs nothing in a healthy system, and finds and mends every kind of damage when it is made by hand.
import { Audit, auditLedger, ledgerChecks, type AuditResult } from '../../../src/deliveries';
import { findDamagedKeys, KEY_WALKS } from '../../../src/deliveries/ledger/audit-keys';
import { findDamagedSlices } from '../../../src/deliveries/ledger/audit-slices';
import { countNumbers } from '../../../src/deliveries/ledger/watermarks';
import { AUDIT_PAGE_KEYS, GAP_RECOUNT_MS } from '../../../src/deliveries/limits';
import { Metrics } from '../../../src/platform';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { eventually } from '../../support/deadline';
import { silentLog } from '../../support/silent-log';
import { SubscriberStub } from '../../support/subscriber-stub';
import { defaults, Delivering, emptyLedger, event } from './delivering';

let db: TestDatabase;
let receiver: SubscriberStub;
let herald: Delivering;
let metrics: Metrics;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => db.drop());
beforeEach(async () => {
  receiver = await SubscriberStub.start();
  herald = new Delivering(db.database);
  metrics = new Metrics();
});
afterEach(async () => {
  await herald.stop();
  await receiver.stop();
  await emptyLedger(db.database);
  await sql('truncate delivery_watermark, delivery_audit');
});

const sql = async <R extends object>(text: string, ...values: unknown[]): Promise<R[]> =>
  (await db.database.query<R>({ text, values })).rows;

function newAudit(): Audit {
  const { database, clock, doorbell } = herald;
  const checks = ledgerChecks({ database, doorbell, leaseMs: defaults.leaseMs });
  return new Audit({ database, clock, log: silentLog, metrics, checks });
}
const turn = { epoch: 1, mayGoOn: async () => true };
const round = async (audit = newAudit()): Promise<AuditResult> => (await audit.round(turn))!;
const found = ({ repairs, alarms }: AuditResult): object => ({ repairs, alarms });
const nothing = { repairs: {}, alarms: {} };

async function delivered(count: number): Promise<void> {
  await eventually(async () => (await herald.states())['delivered'] === count, { what: `${count} deliveries` });
}

it('I11: in a healthy system it repairs nothing, whatever goes on meanwhile', async () => {
  receiver.answer((_request, number) => ({ status: number % 4 === 0 ? 503 : 200 }));
  for (const key of [1, 2, 3]) await herald.subscribe(key, receiver.url, { orderingKey: key === 3 ? 'none' : 'focus' });
  herald.run(herald.worker());
  const leave = herald.run(herald.worker());
  const audit = newAudit();
  const results: AuditResult[] = [];
  for (let step = 1; step <= 25; step += 1) {
    await herald.schedule(
      [1, 2, 3],
      Array.from({ length: 8 }, (_, n) => event(`p${n % 5}`, step * 8 + n)),
    );
    results.push(await round(audit));
    if (step === 10) await leave();
    if (step === 15) await herald.subscribe(2, receiver.url, { cap: 2 });
    if (step === 20) await herald.delete(3);
  }
  await eventually(async () => Object.keys(await herald.states(1)).join() === 'delivered', { deadlineMs: 20_000 });
  results.push(await round(audit));
  expect(results.map(found)).toEqual(results.map(() => nothing));
  expect((await metrics.registry.metrics()).match(/^herald_audit_(repairs|alarms)_total\{.*$/gm)).toBeNull();
});

/** Three versions of one resource that wait, and one of another, without anybody at work. */
async function waitingRows(): Promise<void> {
  await herald.subscribe(1, receiver.url, { slices: 1 });
  await herald.schedule([1], [event('a', 1), event('a', 2), event('b', 1), event('a', 3)]);
}

/** The same after the first failed: its key is held, the others behind it. */
async function heldRows(): Promise<void> {
  receiver.answer((request) => ({ status: request.path.endsWith('/a') ? 503 : 200 }));
  await waitingRows();
  const stop = herald.run(herald.worker({ defaults: { ...defaults, retryBaseMs: 3_600_000, retryMaxMs: 3_600_000 } }));
  await eventually(async () => (await herald.states())['behind'] === 2 && (await herald.states())['delivered'] === 1);
  await stop();
  receiver.answer(() => ({ status: 200 }));
  await sql(`update held_key set next_at = $1`, new Date(herald.clock.now().getTime() - 1_000));
  await sql(`update slice set due_at = $1`, new Date(herald.clock.now().getTime() - 1_000));
}

const damages: readonly (readonly [string, kind: string, prepare: () => Promise<void>, damage: string])[] = [
  ['a slice that sleeps over pending rows', 'idle-slice', waitingRows, `update slice set due_at = 'infinity'`],
  ['a slice that sleeps over a due held key', 'idle-slice', heldRows, `update slice set due_at = 'infinity'`],
  [
    'a slice that sleeps over a resend',
    'idle-slice',
    async () => {
      await waitingRows();
      const stop = herald.run(herald.worker());
      await delivered(4);
      await stop();
    },
    `insert into resend (subscription_key, event_no, slice_no, key_hash, requested_by, reason, requested_at)
       select subscription_key, event_no, slice_no, key_hash, 'test', 'test', '2026-01-01' from delivery where event_no = 4`,
  ],
  ['a slice that is gone', 'missing-slice', waitingRows, `delete from slice`],
  [
    'a lease far beyond any worker’s',
    'stuck-lease',
    waitingRows,
    `update slice set lease_until = '2100-01-01', due_at = '2100-01-01'`,
  ],
  [
    'a lease that ran out long ago and is not due',
    'stuck-lease',
    waitingRows,
    `update slice set lease_until = '2020-01-01', due_at = 'infinity'`,
  ],
  ['a held key that is gone', 'orphaned-key', heldRows, `delete from held_key`],
  [
    'a held key whose head is gone on',
    'lost-head',
    heldRows,
    `update delivery set state = 'delivered', ended_at = '2026-01-01' where state = 'held'`,
  ],
  ['a held key that names a later head', 'lost-head', heldRows, `update held_key set head_event_no = 4, kind = 'busy'`],
];

it.each(damages)('I11: finds and mends %s', async (_, kind, prepare, damage) => {
  await prepare();
  expect(found(await round())).toEqual(nothing);
  await sql(damage);
  const first = await round();
  expect(Object.keys(first.repairs)).toEqual([kind]);
  expect(first.alarms).toEqual({});
  expect(await metrics.registry.metrics()).toContain(
    `herald_audit_repairs_total{kind="${kind}"} ${first.repairs[kind]}`,
  );
  const second = await round();
  expect(found(second)).toEqual(nothing);
  expect(second.repairsTotal).toEqual(first.repairs);
  expect(await auditLedger(db.database, herald.clock.now())).toEqual([]);
  herald.run(herald.worker());
  await delivered(4);
  const versionsOfA = receiver.requests
    .filter((request) => request.path.endsWith('/a'))
    .map((request) => Number(request.headers['herald-version']));
  expect(versionsOfA).toEqual([...versionsOfA].sort());
});

it('I9: whoever holds the slice of an orphaned key loses it: the key may be in its hands in the wrong order', async () => {
  await heldRows();
  await sql(
    `update slice set lease_until = $1, due_at = $1, epoch = 7`,
    new Date(herald.clock.now().getTime() + 20_000),
  );
  await sql('delete from held_key');
  expect((await round()).repairs).toEqual({ 'orphaned-key': 1 });
  expect(await sql('select epoch, lease_until from slice')).toEqual([{ epoch: 8, lease_until: null }]);
});

it('leaves alone what may not send: paused, off, ended, held back by its breaker, behind a barrier', async () => {
  for (const key of [1, 2, 3, 4, 5]) await herald.subscribe(key, receiver.url, { slices: 1 });
  await herald.schedule([1, 2, 3, 4, 5], [event('a')]);
  await sql(`update slice set due_at = 'infinity'`);
  await sql(`update subscription_runtime set paused = true where subscription_key = 1`);
  await sql(`update subscription_runtime set sending = false where subscription_key = 2`);
  await sql(`update subscription_runtime set ends_at = '2020-01-01' where subscription_key = 3`);
  await sql(`update subscription_runtime set not_before = '2100-01-01' where subscription_key = 4`);
  await sql(`update slice set due_at = '2100-01-01' where subscription_key = 4`);
  await sql(`update subscription_runtime set barriers = '{0}' where subscription_key = 5`);
  expect(found(await round())).toEqual(nothing);
});

it('I4: tells a missing event number once, and again only when more are missing; found also long after they were counted', async () => {
  await waitingRows();
  expect(found(await round())).toEqual(nothing);
  await sql('delete from delivery where event_no = 2');
  // Counted already: found when everything is counted anew.
  expect(found(await round())).toEqual(nothing);
  await sql(
    `update delivery_watermark set pass_started_at = pass_started_at - $1 * interval '1 ms'`,
    GAP_RECOUNT_MS + 1,
  );
  expect(found(await round())).toEqual({ repairs: {}, alarms: { 'number-gap': 1 } });
  expect(found(await round())).toEqual(nothing);
  await herald.schedule([1], [event('c'), event('d'), event('e')]);
  await sql('delete from delivery where event_no in (6, 7)');
  const later = await round();
  expect(found(later)).toEqual({ repairs: {}, alarms: { 'number-gap': 2 } });
  expect(later.alarmsTotal).toEqual({ 'number-gap': 3 });
  expect(found(await round())).toEqual(nothing);
});

it('S4.21: alarms at the first dead letter, repairs nothing, and tells each once', async () => {
  receiver.answer(() => ({ status: 422 }));
  const settings = { poisonAfterAttempts: 1, poisonAfterMs: 0 };
  await herald.subscribe(1, receiver.url, settings);
  herald.run(herald.worker());
  const audit = newAudit();
  expect(found(await round(audit))).toEqual(nothing);
  await herald.schedule([1], [event('a'), event('b')]);
  await eventually(async () => (await herald.states())['dead'] === 2, { what: 'two dead letters' });
  expect(found(await round(audit))).toEqual({ repairs: {}, alarms: { 'dead-letters': 2 } });
  expect(await round(audit)).toMatchObject({ alarms: { 'dead-letters': 2 }, alarmsTotal: { 'dead-letters': 2 } });
  await herald.schedule([1], [event('c')]);
  await eventually(async () => (await herald.states())['dead'] === 3, { what: 'another one' });
  expect(await round(audit)).toMatchObject({ alarms: { 'dead-letters': 3 }, alarmsTotal: { 'dead-letters': 3 } });
  expect(await metrics.registry.metrics()).toContain('herald_audit_alarms_total{kind="dead-letters"} 3');
  await sql(`update delivery set discarded_at = ended_at where state = 'dead'`);
  expect(found(await round(audit))).toEqual(nothing);
});

it('alarms when what is due is not claimed by anybody for twice a lease, and repairs nothing', async () => {
  await waitingRows();
  await sql(`update slice set due_at = $1`, new Date(herald.clock.now().getTime() - 2 * defaults.leaseMs - 1_000));
  expect(found(await round())).toEqual({ repairs: {}, alarms: { 'unclaimed-slice': 1 } });
});

it('a check that fails for a reason of its own is told and does not blind the others', async () => {
  await waitingRows();
  await sql(`update slice set due_at = 'infinity'`);
  const { database, clock, doorbell } = herald;
  const broken = { name: 'broken', look: () => Promise.reject(new Error('a bug')) };
  const checks = [broken, ...ledgerChecks({ database, doorbell, leaseMs: defaults.leaseMs })];
  const result = await round(new Audit({ database, clock, log: silentLog, metrics, checks }));
  expect(found(result)).toEqual({ repairs: { 'idle-slice': 1 }, alarms: { 'check-failed': 1 } });
});

it('stops when the duty has gone to another process, and an older epoch does not overwrite the result of a later one', async () => {
  const audit = newAudit();
  expect(await audit.round({ epoch: 1, mayGoOn: async () => false })).toBeUndefined();
  const later = (await audit.round({ epoch: 3, mayGoOn: async () => true }))!;
  await audit.round({ epoch: 2, mayGoOn: async () => true });
  expect(await sql('select epoch, audited_at from delivery_audit')).toEqual([
    { epoch: 3, audited_at: later.auditedAt },
  ]);
});

describe('on a ledger with much in it', () => {
  const rows = 60_000;
  const keys = 3 * AUDIT_PAGE_KEYS + 7;
  beforeEach(async () => {
    for (const key of [1, 2]) await herald.subscribe(key, receiver.url, { slices: 1 });
    await sql(
      `insert into delivery (subscription_key, event_no, slice_no, key_hash, event_id, type, id, version, interaction, request_id, state,
                             written_at, numbered_at, ended_at)
       select 1, n, 0, n % $2, gen_random_uuid(), 'Patient', 'p', 1, 'create', 'r', case when n % 2 = 0 then 'behind' else 'delivered' end,
              $3, $3, case when n % 2 = 1 then $3::timestamptz end from generate_series(1, $1::int) n`,
      rows,
      keys,
      herald.clock.now(),
    );
    await sql(`update subscription_runtime set last_event_no = $1 where subscription_key = 1`, rows);
    await sql(`insert into slice (subscription_key, slice_no, due_at) values (1, 0, '2100-01-01'), (2, 0, 'infinity')`);
    await sql(`analyze delivery`);
  });

  it('walks page by page to the end, and mends them all', async () => {
    const result = await round();
    expect(result.repairs).toEqual({ 'orphaned-key': keys });
    // A slice that slept over a key of the far future is due with what was adopted.
    expect((await round()).repairs).toEqual({});
    expect(await sql('select count(*) as n from held_key')).toEqual([{ n: keys }]);
  });

  it('asks by index: no question reads the whole table of deliveries', async () => {
    const now = herald.clock.now();
    const scans = await db.database.transaction(async (tx) => {
      await findDamagedSlices(tx, now, defaults.leaseMs, 0);
      for (const walk of KEY_WALKS) await findDamagedKeys(tx, walk, { subscriptionKey: 0, keyHash: -1 });
      const { counted } = await countNumbers(tx, now, now, 0);
      expect(counted).toBeLessThan(rows);
      const { rows: read } = await tx.query({
        text: `select seq_scan, seq_tup_read from pg_stat_xact_user_tables where relname = 'delivery'`,
        values: [],
      });
      return read;
    });
    expect(scans).toEqual([{ seq_scan: 0, seq_tup_read: 0 }]);
  });
});
