// Two sessions that meet at the worst moment: each trap of deliveries.md 2 and 3.1, forced with a held lock instead of waited for by luck.
import { hash53 } from '../../../src/platform';
import type { WriteResult } from '../../../src/store';
import {
  blocked,
  context,
  expectOneEventPerVersion,
  holding,
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

/** Starts `first` behind a held row lock, then `second` behind it, then lets go: both wait, and run in that order. */
async function inTurn(
  type: string,
  id: string,
  ...writes: (() => Promise<WriteResult | WriteResult[]>)[]
): Promise<PromiseSettledResult<WriteResult | WriteResult[]>[]> {
  const { database } = fixture;
  const lock = await holding(database, async (query) => {
    await query(`select 1 from resource_${type.toLowerCase()} where id = $1 for update`, [id]);
  });
  const started: Promise<WriteResult | WriteResult[]>[] = [];
  for (const [index, write] of writes.entries()) {
    started.push(write());
    await blocked(database, index + 1);
  }
  const settled = Promise.allSettled(started);
  await lock.release();
  return settled;
}

it('an update that waited sees the version, time and root of the one it waited for', async () => {
  const { store } = fixture;
  await store.update(context, 'w1', observation('Patient/a'));
  await inTurn(
    'Observation',
    'w1',
    () => store.update(context, 'w1', observation('Patient/b')),
    () => store.update(context, 'w1', observation('Patient/c')),
  );
  await inTurn(
    'Observation',
    'w1',
    () => store.update(context, 'w1', observation('Patient/d')),
    () => store.delete(context, 'Observation', 'w1'),
  );
  const rows = await fixture.outbox('Observation', 'w1');
  expect(rows.map((row) => [row.version, row.interaction, row.root, row.prev_root_hash])).toEqual([
    [1, 'create', 'Patient/a', null],
    [2, 'update', 'Patient/b', hash53('Patient/a')],
    [3, 'update', 'Patient/c', hash53('Patient/b')],
    [4, 'update', 'Patient/d', hash53('Patient/c')],
    [5, 'delete', 'Patient/d', null],
  ]);
});

it('an If-Match that fitted before the wait does not fit after it', async () => {
  const { store } = fixture;
  await store.update(context, 'w2', patient());
  const [won, lost] = await inTurn(
    'Patient',
    'w2',
    () => store.update(context, 'w2', patient(), { ifMatch: 1 }),
    () => store.update(context, 'w2', patient(), { ifMatch: 1 }),
  );
  expect(won!.status).toBe('fulfilled');
  expect(lost).toMatchObject({ status: 'rejected', reason: { status: 412, headers: { ETag: 'W/"2"' } } });
});

it('a delete that waited for a delete writes nothing; an update that waited for a delete revives', async () => {
  const { store } = fixture;
  await store.update(context, 'w3', patient());
  const [first, second] = await inTurn(
    'Patient',
    'w3',
    () => store.delete(context, 'Patient', 'w3'),
    () => store.delete(context, 'Patient', 'w3'),
  );
  expect(first).toMatchObject({ value: { outcome: 'deleted', version: { version: 2 } } });
  expect(second).toMatchObject({ value: { outcome: 'unchanged', version: { version: 2 } } });
  await store.update(context, 'w3', patient());
  const [, revived] = await inTurn(
    'Patient',
    'w3',
    () => store.delete(context, 'Patient', 'w3'),
    () => store.update(context, 'w3', patient()),
  );
  expect(revived).toMatchObject({ value: { outcome: 'created', version: { version: 5, interaction: 'create' } } });
});

it('merge is judged against the version that was waited for', async () => {
  const { store } = fixture;
  const replaced = resource({
    resourceType: 'Patient',
    link: [{ type: 'replaced-by', other: { reference: 'Patient/t' } }],
  });
  await store.update(context, 'w4', patient());
  await inTurn(
    'Patient',
    'w4',
    () => store.update(context, 'w4', replaced),
    () => store.update(context, 'w4', replaced),
  );
  expect((await fixture.outbox('Patient', 'w4')).map((row) => row.label)).toEqual([null, 'merge', null]);
});

it('side rows left behind by a wait are not found, and the next write removes them', async () => {
  const { store, database } = fixture;
  await store.update(context, 'w5', patient('Before'));
  await inTurn(
    'Patient',
    'w5',
    () => store.update(context, 'w5', patient('Between')),
    () => store.update(context, 'w5', patient('After')),
  );
  const found = async (): Promise<unknown[]> => {
    const text = `select distinct s.folded from resource_string s join resource_patient r on r.id = s.id and r.version = s.version
      where s.id = 'w5' and s.param = 'family'`;
    return (await database.query({ text, values: [] })).rows;
  };
  expect(await found()).toEqual([{ folded: 'after' }]);
  await store.update(context, 'w5', patient('Last'));
  const { rows } = await database.query({
    text: `select distinct version from resource_string where id = 'w5'`,
    values: [],
  });
  expect(rows).toEqual([{ version: 4 }]);
});

it('a create that waited for a create of the same id becomes the next version, with a later number', async () => {
  const { store, database } = fixture;
  // Stands in for a create that has inserted its row and is not committed yet.
  const insert = await holding(database, async (query) => {
    await query(`insert into resource_patient (tenant, type, id, version, deleted, last_updated, root, root_hash)
      values ('default', 'Patient', 'w6', 1, false, '2026-01-01', 'Patient/w6', 1)`);
    await query(`insert into resource_version (tenant, type, id, version, last_updated, interaction, body)
      values ('default', 'Patient', 'w6', 1, '2026-01-01', 'create', '{}')`);
    await query(`insert into outbox (event_id, tenant, type, id, version, interaction, root, root_hash, body_bytes, request_id, written_at)
      values (gen_random_uuid(), 'default', 'Patient', 'w6', 1, 'create', 'Patient/w6', 1, 2, 'r', '2026-01-01')`);
  });
  const update = store.update(context, 'w6', patient());
  await blocked(database);
  const create = store.create(context, patient(), { id: 'w6' });
  await blocked(database, 2);
  await insert.release();
  const versions = (await Promise.all([update, create])).map((result) => result.version!.version);
  expect(versions.sort()).toEqual([2, 3]);
});

it('a create that waited for a create that rolled back is version 1', async () => {
  const { store, database } = fixture;
  const insert = await holding(database, async (query) => {
    await query(`insert into resource_patient (tenant, type, id, version, deleted, last_updated, root, root_hash)
      values ('default', 'Patient', 'w7', 1, false, '2026-01-01', 'Patient/w7', 1)`);
  });
  const update = store.update(context, 'w7', patient());
  await blocked(database);
  await insert.rollback();
  expect(await update).toMatchObject({ outcome: 'created', version: { version: 1 } });
});

it('a transaction that finds a row it had not locked rolls back whole and begins again', async () => {
  const { store, database } = fixture;
  const insert = await holding(database, async (query) => {
    await query(`insert into resource_patient (tenant, type, id, version, deleted, last_updated, root, root_hash)
      values ('default', 'Patient', 'w8', 1, false, '2026-01-01', 'Patient/w8', 1)`);
    await query(`insert into resource_version (tenant, type, id, version, last_updated, interaction, body)
      values ('default', 'Patient', 'w8', 1, '2026-01-01', 'create', '{}')`);
  });
  const bundle = store.transaction(context, [
    { kind: 'update', id: 'w8', resource: patient('ours') },
    { kind: 'update', id: 'w8-other', resource: observation('Patient/w8') },
  ]);
  // The bundle has drawn its numbers and waits at its insert. The one it waits for now draws a later number and commits.
  await blocked(database);
  await database.query({
    text: `insert into outbox (event_id, tenant, type, id, version, interaction, root, root_hash, body_bytes, request_id, written_at)
      values (gen_random_uuid(), 'default', 'Patient', 'w8', 1, 'create', 'Patient/w8', 1, 2, 'r', '2026-01-01')`,
    values: [],
  });
  await insert.release();
  const results = await bundle;
  expect(results.map((result) => [result.outcome, result.version!.version])).toEqual([
    ['updated', 2],
    ['created', 1],
  ]);
  const rows = await fixture.outbox('Patient', 'w8');
  expect(rows.map((row) => row.version)).toEqual([1, 2]);
});

it('a transaction and single writes on one row queue up and number rightly', async () => {
  const { store } = fixture;
  await store.update(context, 'w9', patient());
  const settled = await inTurn(
    'Patient',
    'w9',
    () => store.transaction(context, [{ kind: 'update', id: 'w9', resource: patient('bundle') }]),
    () => store.update(context, 'w9', patient('single')),
    () => store.transaction(context, [{ kind: 'delete', type: 'Patient', id: 'w9' }]),
  );
  expect(settled.map((one) => one.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
  expect((await fixture.outbox('Patient', 'w9')).map((row) => row.interaction)).toEqual([
    'create',
    'update',
    'update',
    'delete',
  ]);
});

it('a revision that waited works on the newest body', async () => {
  const { store } = fixture;
  await store.update(context, 'w10', patient('one'));
  await inTurn(
    'Patient',
    'w10',
    () => store.update(context, 'w10', patient('two')),
    async () => (await store.revise(context, 'Patient', 'w10', (_, value) => ({ ...value, active: true })))!,
  );
  expect(JSON.parse((await store.read('default', 'Patient', 'w10'))!.body!)).toMatchObject({
    active: true,
    name: [{ family: 'two' }],
  });
});
