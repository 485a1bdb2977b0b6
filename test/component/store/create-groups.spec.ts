// Creates that arrive together share a statement: each keeps its own answer, event and fate.
import { parseSearch } from '../../../src/fhir';
import type { Database, Statement } from '../../../src/platform';
import {
  context,
  definitions,
  expectOneEventPerVersion,
  observation,
  openStore,
  patient,
  resource,
  type StoreFixture,
} from './store-fixture';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await openStore();
});
afterAll(async () => {
  await expectOneEventPerVersion(fixture);
  await fixture.test.drop();
});

/** The database, counting its statements. */
function counting(database: Database): { database: Database; count: () => number } {
  let statements = 0;
  const counted = new Proxy(database, {
    get: (target, name) =>
      name === 'query'
        ? (statement: Statement) => {
            statements += 1;
            return target.query(statement);
          }
        : (Reflect.get(target, name, target) as unknown),
  });
  return { database: counted, count: () => statements };
}

const bodies = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    switch (index % 3) {
      case 0:
        return patient(`Group ${index}`);
      case 1:
        return observation(`Patient/${index}`, `text "${index}" \\ {x}`);
      default:
        return resource({ resourceType: 'Device', status: 'active', lotNumber: `é😀${index}` });
    }
  });

it('gives each its own answer, body and event, with far fewer statements than creates', async () => {
  const { database, count } = counting(fixture.database);
  const store = fixture.another({ database });
  const resources = bodies(120);
  const results = await Promise.all(
    resources.map((body, index) => store.create({ ...context, requestId: `req-${index}` }, body)),
  );
  expect(count()).toBeLessThan(20);
  const fresh = fixture.another();
  for (const [index, { outcome, version }] of results.entries()) {
    expect(outcome).toBe('created');
    expect(await fresh.read('default', version!.type, version!.id)).toEqual(version);
    const { id: _, meta, ...content } = JSON.parse(version!.body!) as Record<string, unknown>;
    expect(content).toEqual(resources[index]!.value);
    expect(meta).toEqual({ versionId: '1', lastUpdated: version!.lastUpdated.toISOString() });
    const [event] = await fixture.outbox(version!.type, version!.id);
    expect(event).toMatchObject({
      request_id: `req-${index}`,
      body_bytes: Buffer.byteLength(version!.body!),
      version: 1,
    });
  }
});

it('is found by search like any other', async () => {
  const query = parseSearch(definitions, 'Patient', [['family', 'group 30']], {
    baseUrl: context.baseUrl,
    now: new Date(0),
  });
  expect((await fixture.store.search(context, query)).total).toBe(1);
  const bySubject = parseSearch(definitions, 'Observation', [['subject', 'Patient/31']], {
    baseUrl: context.baseUrl,
    now: new Date(0),
  });
  expect((await fixture.store.search(context, bySubject)).total).toBe(1);
});

it('an error of one fails no other', async () => {
  const alter = (text: string) => fixture.database.query({ text: `alter table resource_version ${text}`, values: [] });
  await alter(`add constraint refused check (body not like '%poison%') not valid`);
  const settled = await Promise.allSettled(
    Array.from({ length: 40 }, (_, index) =>
      fixture.store.create(context, patient(index % 13 === 5 ? 'poison' : 'fine')),
    ),
  );
  await alter('drop constraint refused');
  const failed = [...settled.keys()].filter((index) => settled[index]!.status === 'rejected');
  expect(failed).toEqual([5, 18, 31]);
});

it('a database that went away fails all of a group, and the next group finds it back', async () => {
  const pool = fixture.test.open({ poolMax: 3, applicationName: 'group victim' });
  const store = fixture.another({ database: pool });
  const kill = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'group victim' and datname = current_database()`;
  const outcomes: string[] = [];
  for (let round = 0; round < 8; round += 1) {
    const creates = Array.from({ length: 30 }, () => store.create(context, patient('killed')));
    const killing = fixture.database.query({ text: kill, values: [] });
    for (const one of await Promise.allSettled(creates)) outcomes.push(one.status);
    await killing;
  }
  expect(outcomes).toContain('fulfilled');
  expect(await store.create(context, patient('after'))).toMatchObject({ outcome: 'created' });
});
