// Daily partitions: there before they are needed, made beside running work, and the net empties into them.
import { claimEvents, ensurePartitions, OutboxPartitionsWorker, unmatchedRoots } from '../../../src/outbox';
import { Supervisor } from '../../../src/platform';
import { eventually } from '../../support/deadline';
import { FakeClock } from '../../support/fake-clock';
import { silentLog } from '../../support/silent-log';
import type { ResourceStore } from '../../../src/store';
import { blocked, context, holding, openStore, patient, type StoreFixture } from '../store/store-fixture';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await openStore();
});
afterAll(async () => {
  await fixture.test.drop();
});

/** A store, and a clock that stands in a month of its own: no partition of it exists yet. */
function inMonth(month: string): { clock: FakeClock; store: ResourceStore } {
  const clock = new FakeClock(`2031-${month}-01T10:00:00.000Z`);
  return { clock, store: fixture.another({ clock }) };
}

async function placesOf(id: string): Promise<string[]> {
  const { rows } = await fixture.database.query<{ place: string }>({
    text: `select tableoid::regclass::text as place from outbox where id = $1 order by seq`,
    values: [id],
  });
  return rows.map((row) => row.place);
}

it('moves what fell into the net to its day, unmatched rows included', async () => {
  const { clock, store } = inMonth('03');
  await store.update(context, 'early', patient());
  await store.update(context, 'early', patient());
  expect(await placesOf('early')).toEqual(['outbox_default', 'outbox_default']);
  const before = await fixture.outbox();
  const made = await ensurePartitions(fixture.database, clock.now());
  expect(made).toEqual([
    'outbox_p20310228',
    'outbox_p20310301',
    'outbox_p20310302',
    'outbox_p20310303',
    'outbox_p20310304',
  ]);
  expect(await placesOf('early')).toEqual(['outbox_p20310301', 'outbox_p20310301']);
  expect(await fixture.outbox()).toEqual(before);
  await store.update(context, 'late', patient());
  expect(await placesOf('late')).toEqual(['outbox_p20310301']);
  const roots = await unmatchedRoots(fixture.database, 10);
  const events = await fixture.database.transaction((tx) => claimEvents(tx, roots, 10));
  expect(events.map((event) => `${event.id}/${event.version}`)).toEqual(['early/1', 'early/2', 'late/1']);
  expect(await ensurePartitions(fixture.database, clock.now())).toEqual([]);
});

it('several processes may make them at once, while others write', async () => {
  const { clock, store } = inMonth('05');
  let isWriting = true;
  const writing = (async () => {
    while (isWriting) await store.update(context, 'busy', patient());
  })();
  const made = await Promise.all(Array.from({ length: 4 }, () => ensurePartitions(fixture.database, clock.now())));
  isWriting = false;
  await writing;
  expect(made.flat().sort()).toHaveLength(5);
  const rows = await fixture.outbox('Patient', 'busy');
  expect(rows.map((row) => row.version)).toEqual(rows.map((_, index) => index + 1));
});

it('gives way to a long match transaction and tries again', async () => {
  const { clock, store } = inMonth('07');
  await store.update(context, 'held', patient());
  const worker = new OutboxPartitionsWorker({ database: fixture.database, clock, log: silentLog });
  const match = await holding(fixture.database, async (query) => {
    await query('select seq from outbox where id = $1 order by seq for update', ['held']);
  });
  const look = worker.look();
  await blocked(fixture.database);
  // Writers are not held up for longer than the lock timeout.
  expect(await store.update(context, 'held', patient())).toMatchObject({ version: { version: 2 } });
  expect(await look).toBe(10_000);
  await match.release();
  expect(await worker.look()).toBe(60_000);
  expect(await worker.look()).toBe(3_600_000);
  await clock.advance(13.5 * 60 * 60 * 1000);
  await worker.look();
  expect(await worker.look()).toBe(31 * 60 * 1000);
  expect(new Set(await placesOf('held'))).toEqual(new Set(['outbox_p20310701']));
});

it('the worker looks at start and every hour, and follows the calendar', async () => {
  const { clock } = inMonth('09');
  const supervisor = new Supervisor({ clock, log: silentLog });
  supervisor.add(new OutboxPartitionsWorker({ database: fixture.database, clock, log: silentLog }));
  supervisor.start();
  const exists = async (name: string): Promise<boolean> => {
    const { rows } = await fixture.database.query<{ there: boolean }>({
      text: `select to_regclass($1) is not null as there`,
      values: [name],
    });
    return rows[0]!.there;
  };
  await eventually(() => exists('outbox_p20310904'), { what: 'the first partitions' });
  const anHourLater = async (): Promise<boolean> => {
    await clock.advance(60 * 60 * 1000);
    return exists('outbox_p20310905');
  };
  await eventually(anHourLater, { what: 'the next day', everyMs: 5 });
  const stopped = supervisor.stop(1000);
  await clock.advance(1_000);
  await stopped;
});
