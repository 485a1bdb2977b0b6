// Single writes: what one create, update, delete or revival leaves behind.
import { hash53, type Clock } from '../../../src/platform';
import { FakeClock } from '../../support/fake-clock';
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
let clock: Clock;
beforeAll(async () => {
  clock = new FakeClock('2026-03-01T10:00:00.000Z');
  fixture = await openStore(clock);
});
afterAll(async () => {
  await expectOneEventPerVersion(fixture);
  await fixture.test.drop();
});

it('create stores version 1 with the client’s bytes and one event', async () => {
  const { store } = fixture;
  const text =
    '{ "resourceType": "Observation", "status":"final",  "valueQuantity": {"value": 1.00} , "code":{"text":"é😀"}}';
  const made = await store.create(context, { ...resource(JSON.parse(text) as object), text });
  expect(made.outcome).toBe('created');
  const version = made.version!;
  expect(version).toMatchObject({ type: 'Observation', version: 1, interaction: 'create', lastUpdated: clock.now() });
  expect(version.body).toContain('"valueQuantity": {"value": 1.00} , "code":{"text":"é😀"}}');
  expect(await fixture.versions('Observation', version.id)).toEqual([version]);
  const [event] = await fixture.outbox('Observation', version.id);
  expect(event).toMatchObject({
    version: 1,
    interaction: 'create',
    label: null,
    root: `Observation/${version.id}`,
    root_hash: hash53(`Observation/${version.id}`),
    prev_root_hash: null,
    body_bytes: Buffer.byteLength(version.body!),
    request_id: 'req-1',
    written_at: version.lastUpdated,
  });
});

it('update, delete, repeated delete and revival: versions rise, times rise though the clock stands still', async () => {
  const { store } = fixture;
  const first = (await store.update(context, 'p1', patient('A'))).version!;
  expect(first.interaction).toBe('create');
  expect((await store.update(context, 'p1', patient('B'))).outcome).toBe('updated');
  expect(await store.delete(context, 'Patient', 'p1')).toMatchObject({
    outcome: 'deleted',
    version: { version: 3, body: null },
  });
  const repeated = await store.delete(context, 'Patient', 'p1');
  expect(repeated).toMatchObject({ outcome: 'unchanged', version: { version: 3, interaction: 'delete', body: null } });
  expect(await store.delete(context, 'Patient', 'nobody')).toEqual({ outcome: 'unchanged' });
  expect(await store.update(context, 'p1', patient('C'))).toMatchObject({
    outcome: 'created',
    version: { version: 4 },
  });
  const versions = await fixture.versions('Patient', 'p1');
  expect(
    versions.map((v) => [v.version, v.interaction, v.lastUpdated.getTime() - first.lastUpdated.getTime()]),
  ).toEqual([
    [1, 'create', 0],
    [2, 'update', 1],
    [3, 'delete', 2],
    [4, 'create', 3],
  ]);
  const parsed = JSON.parse(versions[3]!.body!) as { meta: unknown };
  expect(parsed.meta).toEqual({ versionId: '4', lastUpdated: versions[3]!.lastUpdated.toISOString() });
  expect((await fixture.outbox('Patient', 'p1')).map((e) => [e.interaction, e.body_bytes])).toEqual(
    versions.map((v) => [v.interaction, v.body === null ? 0 : Buffer.byteLength(v.body)]),
  );
});

it('answers the very text that is stored', async () => {
  const { store } = fixture;
  const results = [
    await store.create(context, patient()),
    await store.update(context, 'p2', patient('Ö')),
    await store.update(context, 'p2', patient('Ü')),
  ];
  const fresh = fixture.another();
  for (const { version } of results) {
    expect(await fresh.readVersion('default', version!.type, version!.id, version!.version)).toEqual(version);
  }
  expect(await store.read('default', 'Patient', 'p2')).toEqual(results[2]!.version);
});

it('If-Match: the right version passes, any other is 412 and names the current one', async () => {
  const { store } = fixture;
  await store.update(context, 'm1', patient());
  await expect(store.update(context, 'm1', patient(), { ifMatch: 3 })).rejects.toMatchObject({
    status: 412,
    headers: { ETag: 'W/"1"' },
    issues: [{ code: 'conflict', text: expect.stringContaining('is at version 1, not 3') as string }],
  });
  await expect(store.delete(context, 'Patient', 'm1', { ifMatch: 2 })).rejects.toMatchObject({ status: 412 });
  await expect(store.update(context, 'm-none', patient(), { ifMatch: 1 })).rejects.toMatchObject({ status: 412 });
  await expect(store.delete(context, 'Patient', 'm-none', { ifMatch: 1 })).rejects.toMatchObject({ status: 412 });
  expect(await store.update(context, 'm1', patient(), { ifMatch: 1 })).toMatchObject({ version: { version: 2 } });
  expect(await store.delete(context, 'Patient', 'm1', { ifMatch: 2 })).toMatchObject({ outcome: 'deleted' });
  await expect(store.delete(context, 'Patient', 'm1', { ifMatch: 2 })).rejects.toMatchObject({ status: 412 });
  expect(await store.update(context, 'm1', patient(), { ifMatch: 3 })).toMatchObject({
    outcome: 'created',
    version: { version: 4 },
  });
});

it('prev_root_hash stands where the root moved, on revivals too, and nowhere else', async () => {
  const { store } = fixture;
  await store.update(context, 'o1', observation('Patient/x'));
  await store.update(context, 'o1', observation('Patient/x'));
  await store.update(context, 'o1', observation('Patient/y'));
  await store.delete(context, 'Observation', 'o1');
  await store.update(context, 'o1', observation('Patient/z'));
  const rows = await fixture.outbox('Observation', 'o1');
  expect(rows.map((row) => [row.root, row.prev_root_hash])).toEqual([
    ['Patient/x', null],
    ['Patient/x', null],
    ['Patient/y', hash53('Patient/x')],
    ['Patient/y', null],
    ['Patient/z', hash53('Patient/y')],
  ]);
});

it('labels an update merge when a Patient newly says it was replaced', async () => {
  const { store } = fixture;
  const linked = (...targets: string[]): ReturnType<typeof resource> =>
    resource({
      resourceType: 'Patient',
      link: [
        { type: 'seealso', other: { reference: 'Patient/s' } },
        ...targets.map((target) => ({ type: 'replaced-by', other: { reference: target } })),
      ],
    });
  const bodies = [
    linked('Patient/1'),
    linked(),
    linked('Patient/1'),
    linked('Patient/1'),
    linked('Patient/2', 'Patient/1'),
    patient(),
  ];
  for (const body of bodies) await store.update(context, 'g1', body);
  await store.delete(context, 'Patient', 'g1');
  await store.update(context, 'g1', linked('Patient/1'));
  const labels = (await fixture.outbox('Patient', 'g1')).map((row) => row.label);
  expect(labels).toEqual([null, null, 'merge', null, 'merge', null, null, null]);
});

it('rings with the root after the commit, and not when nothing was written', async () => {
  const rung: number[][] = [];
  const stop = fixture.doorbell.onRing((roots) => rung.push([...roots]));
  await fixture.store.update(context, 'r1', observation('Patient/q'));
  await fixture.store.delete(context, 'Observation', 'never-was');
  await expect(fixture.store.update(context, 'r1', observation('Patient/q'), { ifMatch: 9 })).rejects.toThrow();
  stop();
  expect(rung).toEqual([[hash53('Patient/q')]]);
});

it('a create whose id is taken becomes the next version', async () => {
  await fixture.store.create(context, patient(), { id: 'taken' });
  expect(await fixture.store.create(context, patient(), { id: 'taken' })).toMatchObject({
    outcome: 'updated',
    version: { version: 2 },
  });
});

it('reads: newest, any version, sets, history pages', async () => {
  const { store } = fixture;
  for (const family of ['a', 'b', 'c', 'd']) await store.update(context, 'h1', patient(family));
  await store.delete(context, 'Patient', 'h1');
  expect(await store.read('default', 'Patient', 'h1')).toMatchObject({ version: 5, body: null });
  expect(await store.read('default', 'Patient', 'h-none')).toBeUndefined();
  expect(await store.read('other', 'Patient', 'h1')).toBeUndefined();
  expect(await store.readVersion('default', 'Patient', 'h1', 9)).toBeUndefined();
  const key = (version: number): { tenant: string; type: string; id: string; version: number } => ({
    tenant: 'default',
    type: 'Patient',
    id: 'h1',
    version,
  });
  const set = await fixture.another().readVersions([key(2), key(4), key(9)]);
  expect([...set.keys()].sort()).toEqual(['Patient/h1/2', 'Patient/h1/4']);
  const page = await store.history('default', 'Patient', 'h1', { count: 2 });
  expect([page.total, page.versions.map((v) => v.version)]).toEqual([5, [5, 4]]);
  const next = await store.history('default', 'Patient', 'h1', { count: 9, before: 4 });
  expect(next.versions.map((v) => v.version)).toEqual([3, 2, 1]);
  const since = await store.history('default', 'Patient', 'h1', { count: 9, since: page.versions[1]!.lastUpdated });
  expect([since.total, since.versions.map((v) => v.version)]).toEqual([2, [5, 4]]);
  expect(await store.history('default', 'Patient', 'h-none', { count: 9 })).toEqual({ total: 0, versions: [] });
});

it('has one partition for every type of the definitions, and no other', async () => {
  const { rows } = await fixture.database.query<{ bound: string }>({
    text: `select pg_get_expr(c.relpartbound, c.oid) as bound from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'resource'::regclass`,
    values: [],
  });
  expect(rows.map((row) => /'(\w+)'/.exec(row.bound)![1]).sort()).toEqual([...definitions.resourceTypes].sort());
});
