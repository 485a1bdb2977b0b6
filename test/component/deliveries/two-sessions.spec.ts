// Two transactions that meet at the worst moment, one test for each trap of the design.
import { auditLedger, scheduleDeliveries } from '../../../src/deliveries';
import { cancelDeadStep } from '../../../src/deliveries/ledger/cancel';
import { claimSlices } from '../../../src/deliveries/ledger/claim';
import { finishResults, lookAgain, type DrainedSlice } from '../../../src/deliveries/ledger/finish';
import { readOwned, recoverLeases, renewLeases } from '../../../src/deliveries/ledger/leases';
import { tombstone } from '../../../src/deliveries/ledger/runtime';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { eventually } from '../../support/deadline';
import { defaults, Delivering, emptyLedger, event } from './delivering';
import { GatedDatabase } from './gated-database';

let db: TestDatabase;
let herald: Delivering;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => db.drop());
beforeEach(() => {
  herald = new Delivering(db.database);
});
afterEach(async () => {
  await herald.stop();
  await emptyLedger(db.database);
});

const now = () => herald.clock.now();
const claim = (database = db.database) =>
  claimSlices(database, { ...defaults, now: now(), slicesMax: 100, includeNarrow: true });
/** Until the other transaction stands before a lock. */
const isBlocked = () =>
  eventually(
    async () =>
      (await db.database.query({ text: `select 1 from pg_locks where not granted`, values: [] })).rowCount > 0,
    { what: 'a blocked transaction', everyMs: 5 },
  );
const audit = () => auditLedger(db.database, now());
const slices = async () =>
  (
    await db.database.query<{ due_at: Date | number; lease_until: Date | null; epoch: number }>({
      text: 'select * from slice order by 1, 2',
      values: [],
    })
  ).rows;

async function claimOne(): Promise<DrainedSlice> {
  const [slice] = (await claim()).slices;
  return { ...slice!, lookAt: 200, isGivenBack: false, mayGoIdle: true };
}
const idle = (gated: GatedDatabase, slice: DrainedSlice) =>
  gated.transaction(async (tx) => lookAgain(tx, [slice], { ...defaults, now: now() }));
const done = (slice: DrainedSlice, eventNo: number, keyHash: number) =>
  db.database.transaction((tx) =>
    finishResults(
      tx,
      [{ ...slice, eventNo, keyHash, verdict: 'done', isSent: true, isCharged: true, isHeld: false }],
      now(),
    ),
  );
async function keyOf(eventNo: number): Promise<number> {
  const { rows } = await db.database.query<{ key_hash: number }>({
    text: 'select key_hash from delivery where event_no = $1',
    values: [eventNo],
  });
  return rows[0]!.key_hash;
}

it.each(['lock-slices', 'load-pending', 'load-held', 'idle'])(
  'an insert that comes while a slice goes idle (at %s) is not slept over',
  async (door) => {
    await herald.subscribe(1, 'http://127.0.0.1:1', { slices: 1 });
    await herald.schedule([1], [event('a')]);
    const slice = await claimOne();
    await done(slice, 1, await keyOf(1));
    const gated = new GatedDatabase(db.database);
    const gate = gated.stopAfter(door);
    const going = idle(gated, slice);
    await gate.reached;
    const inserting = herald.schedule([1], [event('b')]);
    gate.open();
    await going;
    await inserting;
    expect(await audit()).toEqual([]);
    expect((await claim()).slices[0]!.window.rows.map((row) => row.id)).toEqual(['b']);
  },
);

it('an insert under way before a slice goes idle is not slept over', async () => {
  await herald.subscribe(1, 'http://127.0.0.1:1', { slices: 1 });
  await herald.schedule([1], [event('a')]);
  const slice = await claimOne();
  await done(slice, 1, await keyOf(1));
  const gated = new GatedDatabase(db.database);
  const gate = gated.stopAfter('number-and-insert');
  const inserting = gated.transaction(async (tx) =>
    scheduleDeliveries(tx, now(), [{ subscriptionKey: 1, event: event('b') }]),
  );
  await gate.reached;
  const going = idle(new GatedDatabase(db.database), slice);
  gate.open();
  await Promise.all([going, inserting]);
  expect(await audit()).toEqual([]);
  const [looked] = await going;
  const found = looked!.outcome === 'window' ? looked!.window!.rows : (await claim()).slices[0]!.window.rows;
  expect(found.map((row) => row.id)).toEqual(['b']);
});

it('an insert does not make a leased slice due, and its owner finds it', async () => {
  await herald.subscribe(1, 'http://127.0.0.1:1', { slices: 1 });
  await herald.schedule([1], [event('a')]);
  const slice = await claimOne();
  await herald.schedule([1], [event('b')]);
  expect((await claim()).slices).toEqual([]);
  await done(slice, 1, await keyOf(1));
  const [looked] = await idle(new GatedDatabase(db.database), slice);
  expect(looked).toMatchObject({ outcome: 'window', window: { rows: [{ id: 'b' }] } });
});

it.each(['claim-lock', 'claim-lease'])('a resume that meets a claim (at %s) is not slept over', async (door) => {
  await herald.subscribe(1, 'http://127.0.0.1:1', { slices: 1 });
  await herald.subscribe(1, 'http://127.0.0.1:1', { status: 'off' });
  await herald.schedule([1], [event('a')]);
  const gated = new GatedDatabase(db.database);
  const gate = gated.stopAfter(door);
  const claiming = claim(gated.database);
  await gate.reached;
  const resuming = herald.subscribe(1, 'http://127.0.0.1:1', { status: 'active' });
  await isBlocked();
  gate.open();
  const claimed = await claiming;
  await resuming;
  expect(await audit()).toEqual([]);
  const again = claimed.slices.length > 0 ? claimed : await claim();
  expect(again.slices[0]!.window.rows.map((row) => row.id)).toEqual(['a']);
});

it('a numbering that waits for a delete gives nothing, and burns no number', async () => {
  await herald.subscribe(1, 'http://127.0.0.1:1');
  await herald.subscribe(2, 'http://127.0.0.1:1');
  const gated = new GatedDatabase(db.database);
  const gate = gated.stopAfter('revoke-slices');
  await herald.schedule([1], [event('x')]);
  const deleting = gated.transaction((tx) => tombstone(tx, 'default', 's1'));
  await gate.reached;
  const numbering = herald.schedule([1, 2], [event('a'), event('b')]);
  await isBlocked();
  gate.open();
  await deleting;
  expect(await numbering).toEqual([2]);
  expect(await herald.states(1)).toEqual({ pending: 1 });
  expect(await herald.states(2)).toEqual({ pending: 2 });
});

it('I30: a delete after a numbering revokes the leases, and its rows end cancelled', async () => {
  await herald.subscribe(1, 'http://127.0.0.1:1', { slices: 1 });
  const gated = new GatedDatabase(db.database);
  await herald.schedule([1], [event('a')]);
  const slice = await claimOne();
  const gate = gated.stopAfter('number-and-insert');
  const numbering = gated.transaction(async (tx) =>
    scheduleDeliveries(tx, now(), [{ subscriptionKey: 1, event: event('b') }]),
  );
  await gate.reached;
  const deleting = herald.delete(1);
  await isBlocked();
  gate.open();
  await Promise.all([numbering, deleting]);
  expect((await readOwned(db.database, [slice]))[0]).toMatchObject({ isLeased: false, reading: { alive: false } });
  expect(await done(slice, 1, await keyOf(1))).toMatchObject([{ accepted: false, changed: false }]);
  while (await cancelDeadStep(db.database, now()));
  expect(await herald.states()).toEqual({ cancelled: 2 });
  expect((await claim()).slices).toEqual([]);
});

it('I9: a stale epoch renews nothing, ends nothing and finishes nothing', async () => {
  await herald.subscribe(1, 'http://127.0.0.1:1', { slices: 1 });
  await herald.schedule([1], [event('a')]);
  const stale = await claimOne();
  await recoverLeases(db.database, now());
  const fresh = await claimOne();
  expect(fresh.epoch).toBeGreaterThan(stale.epoch);
  const before = await slices();
  expect(await db.database.transaction((tx) => renewLeases(tx, [stale], now()))).toEqual([]);
  expect(await idle(new GatedDatabase(db.database), stale)).toMatchObject([{ outcome: 'lost' }]);
  expect(await done(stale, 1, await keyOf(1))).toMatchObject([{ accepted: false, changed: false }]);
  expect(await slices()).toEqual(before);
  expect(await herald.states()).toEqual({ pending: 1 });
});

it('I8: two claims never lease one slice', async () => {
  for (let key = 1; key <= 40; key += 1) await herald.subscribe(key, 'http://127.0.0.1:1', { slices: 1 });
  await herald.schedule(
    Array.from({ length: 40 }, (_, index) => index + 1),
    [event('a')],
  );
  const claims = await Promise.all([claim(), claim(), claim(), claim()]);
  const leased = claims.flatMap(({ slices: list }) => list.map((slice) => slice.subscriptionKey));
  expect(leased.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
});

it('I3, I4: a repeat is an error that burns no number, and a rollback leaves no gap', async () => {
  await herald.subscribe(1, 'http://127.0.0.1:1');
  const twice = event('a');
  await herald.schedule([1], [twice]);
  await expect(herald.schedule([1], [event('b'), twice])).rejects.toThrow(/delivery_event/);
  await herald.schedule([1], [event('c')]);
  const { rows } = await db.database.query<{ event_no: number; id: string }>({
    text: 'select event_no, id from delivery order by 1',
    values: [],
  });
  expect(rows).toEqual([
    { event_no: 1, id: 'a' },
    { event_no: 2, id: 'c' },
  ]);
  expect(await audit()).toEqual([]);
});

it('I4, I5: concurrent fan-outs number without gaps, each subscription in the order of its transactions', async () => {
  const keys = Array.from({ length: 20 }, (_, index) => index + 1);
  for (const key of keys) await herald.subscribe(key, 'http://127.0.0.1:1');
  const shuffled = (seed: number) => [...keys].sort((a, b) => ((a * seed) % 23) - ((b * seed) % 23));
  await Promise.all(
    Array.from({ length: 8 }, (_, batch) =>
      herald.schedule(
        shuffled(batch + 2),
        Array.from({ length: 10 }, (__, i) => event(`p${batch}`, i + 1)),
      ),
    ),
  );
  expect(await audit()).toEqual([]);
  const { rows } = await db.database.query<{ n: number }>({
    text: `select count(*)::int as n from (select version, lag(version) over (partition by subscription_key, id order by event_no) as before
             from delivery) x where before >= version`,
    values: [],
  });
  expect(rows[0]!.n).toBe(0);
});
