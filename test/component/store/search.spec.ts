// Search through the store: what was written is found, what was changed or deleted is not, pages neither repeat nor skip.
import { definitionsFor, parseSearch, resourceFromValue, FhirError, type FhirResource } from '../../../src/fhir';
import { OutboxDoorbell } from '../../../src/outbox';
import { Metrics } from '../../../src/platform';
import { ResourceStore, type WriteContext } from '../../../src/store';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { FakeClock } from '../../support/fake-clock';
import { silentLog } from '../../support/silent-log';

const definitions = definitionsFor('R4');
const baseUrl = 'http://herald.test/fhir';
const context: WriteContext = { tenant: 'default', requestId: 'r', baseUrl };

let test: TestDatabase;
let store: ResourceStore;
let clock: FakeClock;

beforeAll(async () => {
  test = await createTestDatabase();
  clock = new FakeClock('2026-01-01T00:00:00.000Z');
  const { database } = test;
  store = new ResourceStore({
    database,
    clock,
    definitions,
    doorbell: new OutboxDoorbell(),
    log: silentLog,
    metrics: new Metrics(),
  });
});
afterAll(() => test.drop());

async function put(resource: FhirResource): Promise<void> {
  await clock.advance(1);
  await store.update(context, resource.id!, resourceFromValue(resource));
}

async function page(type: string, query: string) {
  const found = await store.search(
    context,
    parseSearch(definitions, type, [...new URLSearchParams(query)], { baseUrl }),
  );
  return { ...found, ids: found.resources.map(({ id }) => id) };
}

const ids = async (type: string, query: string): Promise<string[]> => (await page(type, query)).ids;

/** All pages of a search; `between` runs before each further page. */
async function pages(type: string, query: string, between?: (n: number) => Promise<void>): Promise<string[][]> {
  const all: string[][] = [];
  for (let next: string | undefined = ''; next !== undefined;) {
    if (all.length > 0) await between?.(all.length);
    const found = await page(type, next === '' ? query : `${query}&_page=${next}`);
    all.push(found.ids);
    next = found.next;
  }
  return all;
}

describe('what is found', () => {
  const patient = (name: string, born: string): FhirResource => ({
    resourceType: 'Patient',
    id: 'changing',
    name: [{ family: name }],
    birthDate: born,
    deceasedDateTime: born,
    identifier: [{ system: 'http://mrn', value: name }],
    generalPractitioner: [{ reference: `Practitioner/${name}` }],
  });

  it('is the current version, by every kind of index', async () => {
    const asked = (name: string, born: string) => [
      `name=${name}`,
      `identifier=${name}`,
      `birthdate=${born}`,
      `death-date=${born}`,
      `general-practitioner=${name}`,
    ];
    await put(patient('old', '1950-01-01'));
    for (const query of asked('old', '1950'))
      expect([query, await ids('Patient', query)]).toEqual([query, ['changing']]);
    await put(patient('new', '1960-01-01'));
    for (const query of asked('old', '1950')) expect([query, await ids('Patient', query)]).toEqual([query, []]);
    for (const query of asked('new', '1960'))
      expect([query, await ids('Patient', query)]).toEqual([query, ['changing']]);
    await store.delete(context, 'Patient', 'changing');
    for (const query of ['', '_id=changing', 'name:missing=false', ...asked('new', '1960')]) {
      expect([query, await ids('Patient', query)]).toEqual([query, []]);
    }
    await put(patient('new', '1960-01-01'));
    for (const query of asked('new', '1960'))
      expect([query, await ids('Patient', query)]).toEqual([query, ['changing']]);
  });

  it('is not what a side row of another version says', async () => {
    await put({ resourceType: 'Organization', id: 'org', name: 'Current' });
    await test.database.query({
      text: `insert into resource_string (tenant, type, id, version, param, folded) values ('default', 'Organization', 'org', 0, 'name', 'stale')`,
      values: [],
    });
    expect(await ids('Organization', 'name=stale')).toEqual([]);
    expect(await ids('Organization', 'name=current')).toEqual(['org']);
    await put({ resourceType: 'Organization', id: 'org', name: 'Next' });
    const { rows } = await test.database.query<{ folded: string }>({
      text: `select folded from resource_string where type = 'Organization' and id = 'org'`,
      values: [],
    });
    expect(rows.map(({ folded }) => folded)).toEqual(['next']);
  });

  it('is confirmed on the body where a value is too long for the index', async () => {
    const long = `http://example.org/${'x'.repeat(3000)}`;
    await put({ resourceType: 'ValueSet', id: 'long', url: long, status: 'active', description: 'y'.repeat(10_000) });
    expect(await ids('ValueSet', `url=${long}`)).toEqual(['long']);
    expect(await ids('ValueSet', `url=${long}z`)).toEqual([]);
    expect(await ids('ValueSet', `description=${'y'.repeat(9_000)}`)).toEqual(['long']);
  });

  it('is of the tenant that asks', async () => {
    await put({ resourceType: 'Location', id: 'l', name: 'Ward' });
    const query = parseSearch(definitions, 'Location', [['name', 'ward']], { baseUrl });
    expect((await store.search({ ...context, tenant: 'other' }, query)).total).toBe(0);
    expect((await store.search(context, query)).total).toBe(1);
  });
});

describe('pages', () => {
  beforeAll(async () => {
    for (let n = 0; n < 25; n += 1) {
      const id = `b${String((n * 7) % 25).padStart(2, '0')}`;
      await put({ resourceType: 'Basic', id, code: { coding: [{ code: n % 2 === 0 ? 'even' : 'odd' }] } });
    }
  });

  it('hold every match once, in order of id, and each says how many there are', async () => {
    const all = await pages('Basic', 'code=even&_count=5');
    expect(all.map((each) => each.length)).toEqual([5, 5, 3]);
    expect(all.flat()).toEqual([...all.flat()].sort());
    expect(new Set(all.flat()).size).toBe(13);
    expect((await page('Basic', 'code=even&_count=5')).total).toBe(13);
  });

  it('end without a next link when the last one is full', async () => {
    expect((await pages('Basic', '_count=5')).map((each) => each.length)).toEqual([5, 5, 5, 5, 5]);
  });

  it('can be empty: only the total', async () => {
    expect(await page('Basic', '_count=0')).toMatchObject({ total: 25, ids: [] });
    expect((await page('Basic', 'code=none')).total).toBe(0);
  });

  it('follow _lastUpdated both ways', async () => {
    const up = (await pages('Basic', '_sort=_lastUpdated&_count=7')).flat();
    const down = (await pages('Basic', '_sort=-_lastUpdated&_count=4')).flat();
    expect(up).toHaveLength(25);
    expect(down).toEqual([...up].reverse());
    expect(up[0]).toBe('b00');
  });

  it('neither repeat nor skip what was there, while others write', async () => {
    const before = await ids('Basic', '_count=1000');
    const seen = (
      await pages('Basic', '_count=4', async (n) => {
        await put({ resourceType: 'Basic', id: `a${n}`, code: { text: 'new' } });
        await put({ resourceType: 'Basic', id: before[n]!, code: { text: 'changed' } });
      })
    ).flat();
    expect(new Set(seen).size).toBe(seen.length);
    expect(before.filter((id) => !seen.includes(id))).toEqual([]);
  });

  it.each(['x', 'bm9uc2Vuc2U', Buffer.from('[1]').toString('base64url')])('refuse the token %s', async (token) => {
    const error = await page('Basic', `_page=${token}`).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FhirError);
    expect((error as FhirError).status).toBe(400);
  });
});
