// Pages of a search: complete, without repeats, with an accurate total, while others write.
import { parseSearch } from '../../../src/fhir';
import { FakeClock } from '../../support/fake-clock';
import { context, definitions, openStore, patient, type StoreFixture } from './store-fixture';

let fixture: StoreFixture;
const clock = new FakeClock();
beforeAll(async () => {
  fixture = await openStore(clock);
  for (let index = 0; index < 25; index += 1) {
    await fixture.store.update(context, `p${index}`, patient(index % 2 === 0 ? 'Even' : 'Odd'));
    if (index % 3 === 0) await clock.advance(10);
  }
  await fixture.store.delete(context, 'Patient', 'p4');
  await fixture.store.update({ ...context, tenant: 'other' }, 'p1', patient('Even'));
});
afterAll(async () => {
  await fixture.test.drop();
});

const queryOf = (...parameters: [string, string][]) =>
  parseSearch(definitions, 'Patient', parameters, { baseUrl: context.baseUrl, now: clock.now() });

async function allPages(parameters: [string, string][], between?: (page: number) => Promise<unknown>) {
  const ids: string[] = [];
  const totals: number[] = [];
  let next: string | undefined;
  for (let page = 0; page === 0 || next !== undefined; page += 1) {
    const found = await fixture.store.search(
      context,
      queryOf(...parameters, ...(next ? [['_page', next] as [string, string]] : [])),
    );
    ids.push(...found.resources.map((version) => version.id));
    totals.push(found.total!);
    next = found.next;
    await between?.(page);
  }
  return { ids, totals };
}

it('walks all matches once, counts them, leaves out deleted ones and other tenants', async () => {
  const { ids, totals } = await allPages([
    ['family', 'even'],
    ['_count', '5'],
  ]);
  const expected = [...Array(13).keys()].map((i) => `p${i * 2}`).filter((id) => id !== 'p4');
  expect([...ids].sort()).toEqual(expected.sort());
  expect(totals).toEqual([12, 12, 12]);
});

it('ends exactly at the last match, with no empty page after it', async () => {
  const found = await fixture.store.search(context, queryOf(['_count', '24']));
  expect([found.resources.length, found.total, found.next]).toEqual([24, 24, undefined]);
  expect(await fixture.store.search(context, queryOf(['_count', '0']))).toEqual({ total: 24, resources: [] });
  expect(await fixture.store.search(context, queryOf(['family', 'nobody']))).toEqual({ total: 0, resources: [] });
});

it.each(['_lastUpdated', '-_lastUpdated'])('sorts by %s, equal times by id, and pages through', async (sort) => {
  const { ids } = await allPages([
    ['_sort', sort],
    ['_count', '4'],
  ]);
  const versions = await Promise.all(ids.map((id) => fixture.store.read('default', 'Patient', id)));
  const keys = versions.map((version) => `${version!.lastUpdated.toISOString()} ${version!.id}`);
  expect(keys).toEqual(sort.startsWith('-') ? [...keys].sort().reverse() : [...keys].sort());
  expect(new Set(ids).size).toBe(24);
});

it('neither repeats nor misses what was there all the time, while others write', async () => {
  const { ids } = await allPages([['_count', '3']], async (page) => {
    await fixture.store.update(context, `p${page * 2 + 1}`, patient('Changed'));
    await fixture.store.create(context, patient('New'));
  });
  const old = ids.filter((id) => /^p\d+$/.test(id));
  expect(old).toHaveLength(24);
  expect(new Set(ids).size).toBe(ids.length);
});

it.each([
  'x',
  'bm90IGpzb24',
  Buffer.from('["a","b"]').toString('base64url'),
  Buffer.from('[7,null]').toString('base64url'),
])('refuses the page token %s', async (token) => {
  await expect(fixture.store.search(context, queryOf(['_page', token]))).rejects.toMatchObject({ status: 400 });
});

it('refuses a token that names a resource of another type, or no version there is', async () => {
  const token = (...content: unknown[]): string => Buffer.from(JSON.stringify(content)).toString('base64url');
  for (const page of [token('a', 'Observation', 'p1', 1), token('a', 'Patient', 'p1', 0), token('y')]) {
    await expect(fixture.store.search(context, queryOf(['_page', page]))).rejects.toMatchObject({ status: 400 });
  }
  const unknown = queryOf(['_sort', 'family'], ['_page', token('a', 'Patient', 'p1', 99)]);
  await expect(fixture.store.search(context, unknown)).rejects.toMatchObject({ status: 400 });
});
