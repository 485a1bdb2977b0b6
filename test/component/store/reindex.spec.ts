// $reindex: an index damaged by hand is whole again after it, whatever is written meanwhile; no event, no version; a crash costs one page.
import { parseSearch } from '../../../src/fhir';
import { SystemClock, type Database } from '../../../src/platform';
import { CustomParameters, Reindex, reindexJobs, requestReindex } from '../../../src/store';
import { sideTables } from '../../../src/store/search/columns';
import { silentLog } from '../../support/silent-log';
import { blocked, context, definitions, openStore, resource, type StoreFixture } from './store-fixture';

let fixture: StoreFixture;
beforeEach(async () => {
  fixture = await openStore();
});
afterEach(() => fixture.test.drop());

const signal = new AbortController().signal;
const turn = (mayGoOn: () => boolean = () => true, epoch = 1) => ({
  epoch,
  signal,
  mayGoOn: () => Promise.resolve(mayGoOn()),
});
const reindex = (database: Database = fixture.database) =>
  new Reindex({
    database,
    custom: new CustomParameters(definitions, silentLog),
    clock: new SystemClock(),
    log: silentLog,
  });
const ask = (...types: string[]) =>
  requestReindex(fixture.database, new Date(), { tenant: 'default', types, baseUrl: context.baseUrl });
const job = async (type: string) => (await reindexJobs(fixture.database, 'default')).find((one) => one.type === type)!;
const rows = async (text: string) => (await fixture.database.query<any>({ text, values: [] })).rows;
const hand = (text: string) => fixture.database.query({ text, values: [] });

const patient = (id: number, city = 'Ulm') =>
  resource({
    resourceType: 'Patient',
    name: [{ family: `Family ${id}`, given: ['Äda', 'B'] }],
    address: [{ city }],
    birthDate: '1980-05-01',
    identifier: [{ system: 'urn:x', value: `${id}` }],
  });
const observation = (id: number) =>
  resource({
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '2823-3' }], text: 'Potassium' },
    subject: { reference: `Patient/p${id}` },
    effectiveDateTime: '2026-01-01',
    issued: '2026-01-02T00:00:00Z',
    valueQuantity: { value: 5 + id / 100, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' },
  });

async function fill(count: number): Promise<void> {
  for (let id = 0; id < count; id += 1) {
    await fixture.store.update(context, `p${id}`, patient(id));
    await fixture.store.update(context, `o${id}`, observation(id));
  }
  await fixture.store.delete(context, 'Patient', 'p1');
}

/** Everything search goes by: the rows, and the side rows that count. */
async function index(): Promise<unknown[]> {
  const own = await rows(`select to_jsonb(r) - 'last_updated' as row from resource r order by type, id`);
  const side = await Promise.all(
    sideTables.map(({ name }) =>
      rows(
        `select to_jsonb(s) as row from ${name} s join resource r using (tenant, type, id, version) order by to_jsonb(s)::text`,
      ),
    ),
  );
  return [own, ...side];
}

async function damage(): Promise<void> {
  await hand(
    `update resource set tokens = '{}', identifiers = '{nonsense=1}', subject_ref = null, date_low = null, present = '{}'`,
  );
  await hand(`delete from resource_string where id like '%3'`);
  await hand(`update resource_date set low = low - interval '1 year'`);
  await hand(`delete from resource_number`);
  await hand(`insert into resource_string (tenant, type, id, version, param, folded) select tenant, type, id, version, 'name', 'ghost'
    from resource where type = 'Patient'`);
}

const found = async (type: string, query: string): Promise<number> => {
  const parameters = [...new URLSearchParams(query)];
  const { total } = await fixture.store.search(
    { tenant: 'default' },
    parseSearch(definitions, type, parameters, { baseUrl: context.baseUrl }),
  );
  return total!;
};

it('S4.36: an index damaged by hand is rebuilt as it was; versions, times and events stay as they are', async () => {
  await fill(30);
  const [before, events, versions] = [await index(), await fixture.outbox(), await fixture.versions()];
  await damage();
  expect(await index()).not.toEqual(before);
  expect(await found('Observation', 'code=2823-3')).toBe(0);
  await ask('Patient', 'Observation', 'Encounter');
  await reindex().work(turn());
  expect(await index()).toEqual(before);
  expect([await fixture.outbox(), await fixture.versions()]).toEqual([events, versions]);
  expect(await found('Observation', 'code=2823-3&value-quantity=gt5.1')).toBeGreaterThan(0);
  expect(await found('Patient', 'name=ghost')).toBe(0);
  expect(await job('Patient')).toMatchObject({
    examined: 30,
    rebuilt: 30,
    unreadable: 0,
    finishedAt: expect.any(Date),
  });
  expect(await job('Encounter')).toMatchObject({ examined: 0, finishedAt: expect.any(Date) });
  await ask('Patient', 'Observation');
  await reindex().work(turn());
  expect([(await job('Patient')).rebuilt, (await job('Observation')).rebuilt]).toEqual([0, 0]);
});

it('S4.36: under concurrent writes, deletes and creates every row ends with the index of its newest version', async () => {
  await fill(40);
  await damage();
  await ask('Patient', 'Observation');
  let isDone = false;
  const writer = async (from: number): Promise<void> => {
    for (let n = from; !isDone; n += 2) {
      await fixture.store.update(context, `p${n % 50}`, patient(n, 'Bonn'));
      await fixture.store.update(context, `o${n % 50}`, observation(n));
      if (n % 7 === 0) await fixture.store.delete(context, 'Patient', `p${(n + 3) % 50}`);
    }
  };
  const writers = [writer(0), writer(1)];
  await reindex().work(turn());
  isDone = true;
  await Promise.all(writers);
  const after = await index();
  await ask('Patient', 'Observation');
  await reindex().work(turn());
  // A second run over rows at rest changes nothing that counts: each had its right index already. (Side rows of older versions may go.)
  expect(await index()).toEqual(after);
  expect((await fixture.outbox()).length).toBe((await fixture.versions()).length);
});

it('goes on where another process stopped, and one that was asked anew, or frozen, does not go on', async () => {
  await hand(`insert into resource_version (tenant, type, id, version, last_updated, interaction, body)
    select 'default', 'Patient', 'q' || g, 1, '2026-01-01', 'create', '{"resourceType":"Patient","gender":"male"}' from generate_series(1, 450) g`);
  await hand(`insert into resource (tenant, type, id, version, deleted, last_updated, root, root_hash)
    select 'default', 'Patient', 'q' || g, 1, false, '2026-01-01', 'x', 1 from generate_series(1, 450) g`);
  await ask('Patient');
  let pages = 0;
  await reindex().work(turn(() => (pages += 1) <= 1));
  const stopped = await job('Patient');
  expect(stopped.examined).toBe(200);
  expect(stopped.finishedAt).toBeUndefined();
  await reindex().work(turn(undefined, 5));
  expect(await job('Patient')).toMatchObject({ examined: 450, rebuilt: 450 });
  expect(await found('Patient', 'gender=male')).toBe(450);
  await ask('Patient');
  await reindex().work(turn(undefined, 4));
  expect((await job('Patient')).examined).toBe(0);
});

it('a crash in the middle of a page leaves a page that is done again', async () => {
  await fill(10);
  const before = await index();
  await damage();
  await ask('Patient');
  let transactions = 0;
  const crashing = {
    query: (statement: never) => fixture.database.query(statement),
    transaction: (run: never) => {
      if ((transactions += 1) === 2) throw new Error('the process died');
      return fixture.database.transaction(run);
    },
  } as unknown as Database;
  await expect(reindex(crashing).work(turn())).rejects.toThrow('died');
  expect((await job('Patient')).examined).toBe(0);
  await ask('Observation');
  await reindex().work(turn());
  expect(await index()).toEqual(before);
});

it('waits for a row that somebody is writing, and heals it when that comes to nothing', async () => {
  await fill(5);
  const before = await index();
  await damage();
  await ask('Patient', 'Observation');
  const other = fixture.test.open();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const writing = other.transaction(async (tx) => {
    await tx.query({ text: `select 1 from resource where type = 'Patient' and id = 'p3' for update`, values: [] });
    await held;
  });
  const working = reindex().work(turn());
  await blocked(fixture.database);
  release();
  await Promise.all([writing, working]);
  expect(await index()).toEqual(before);
});

it('a body that cannot be read is counted and named, and stops nothing', async () => {
  await fill(3);
  await hand(`update resource_version set body = '{"resource' where type = 'Patient' and id = 'p2'`);
  await hand(`update resource set refs = '{nonsense=1}'`);
  await ask('Patient');
  await reindex().work(turn());
  expect(await job('Patient')).toMatchObject({ examined: 3, rebuilt: 2, unreadable: 1, lastUnreadable: 'p2' });
});
