// What a relay is to publish: nothing until somebody asks for it, then everything in seq order, and once marked never again.
import {
  beginPublishing,
  claimEvents,
  dropMatchedDays,
  endPublishing,
  isPublishing,
  markMatched,
  markPublished,
  readUnpublished,
  unpublishedStats,
} from '../../../src/outbox';
import { hash53, type Database } from '../../../src/platform';
import { blocked, context, holding, observation, openStore, patient, type StoreFixture } from '../store/store-fixture';

let fixture: StoreFixture;
let database: Database;
beforeEach(async () => {
  fixture = await openStore();
  database = fixture.database;
});
afterEach(() => fixture.test.drop());

const now = new Date('2026-03-01T10:00:00.000Z');
const names = async (limit = 500): Promise<string[]> =>
  (await readUnpublished(database, limit)).map(({ id, version }) => `${id}/${version}`);
const indexed = async (): Promise<number> => {
  const { rows } = await database.query<{ n: number }>({
    text: `select count(*) as n from outbox where published_at is not null`,
    values: [],
  });
  return rows[0]!.n;
};

it('without a relay nothing waits, and no row is in the index', async () => {
  await fixture.store.update(context, 'a', patient());
  expect(await isPublishing(database)).toBe(false);
  expect(await names()).toEqual([]);
  expect(await unpublishedStats(database)).toEqual({ count: 0 });
  expect(await indexed()).toBe(0);
});

it('from the beginning on every event waits, by every road, and in seq order', async () => {
  const { store } = fixture;
  await store.update(context, 'before', patient());
  expect([await beginPublishing(database), await beginPublishing(database)]).toEqual([true, false]);
  await store.update(context, 'a', patient());
  await store.transaction(context, [
    { kind: 'update', id: 'o', resource: observation('Patient/a') },
    { kind: 'update', id: 'a', resource: patient() },
  ]);
  await store.delete(context, 'Patient', 'a');
  expect(await names()).toEqual(['a/1', 'o/1', 'a/2', 'a/3']);
  expect(await names(2)).toEqual(['a/1', 'o/1']);
  expect(await unpublishedStats(database)).toEqual({ count: 4, oldestWrittenAt: expect.any(Date) });
  const [first, second] = await readUnpublished(database, 2);
  await markPublished(database, [second!.seq, first!.seq], now);
  await markPublished(database, [first!.seq], new Date(now.getTime() + 1));
  expect(await names()).toEqual(['a/2', 'a/3']);
  const { rows } = await database.query<{ n: number }>({
    text: 'select count(*) as n from outbox where published_at = $1',
    values: [now],
  });
  expect(rows[0]!.n).toBe(2);
});

it('publishing and matching of one row wait for each other and lose neither mark', async () => {
  await beginPublishing(database);
  await fixture.store.update(context, 'a', patient());
  const [event] = await readUnpublished(database, 1);
  const matching = await holding(database, async (query) => {
    await query('select 1 from outbox where matched_at is null for update');
  });
  const marking = markPublished(database, [event!.seq], now);
  await blocked(database);
  await matching.release();
  await marking;
  await database.transaction(async (tx) => {
    const claimed = await claimEvents(tx, [hash53('Patient/a')], 10);
    expect(claimed).toHaveLength(1);
    markMatched(tx, [event!.seq], now);
  });
  expect(await names()).toEqual([]);
});

it('a day with an unpublished row is kept by the retention, until publishing was given up', async () => {
  await beginPublishing(database);
  await fixture.store.update(context, 'a', patient());
  await database.query({ text: 'update outbox set matched_at = written_at', values: [] });
  const later = new Date('2100-01-01T00:00:00Z');
  const drop = () => dropMatchedDays(database, later, async () => true);
  expect(await drop()).toMatchObject({ dropped: expect.not.arrayContaining(['outbox_default']), deletedRows: 0 });
  expect(await names()).toEqual(['a/1']);
  expect(await endPublishing(database)).toBe(1);
  expect(await isPublishing(database)).toBe(false);
  await fixture.store.update(context, 'b', patient());
  expect(await names()).toEqual([]);
  await database.query({ text: 'update outbox set matched_at = written_at', values: [] });
  await drop();
  const { rows } = await database.query<{ n: number }>({ text: 'select count(*) as n from outbox', values: [] });
  expect(rows[0]!.n).toBe(0);
});
