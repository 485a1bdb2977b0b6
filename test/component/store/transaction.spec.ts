// Transaction Bundles in the store: atomic, events in entry order, one lock order, set statements. deliveries.md 3.1
import {
  context,
  expectOneEventPerVersion,
  holding,
  blocked,
  observation,
  openStore,
  patient,
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

it('draws event numbers in entry order and answers in entry order, whatever the order of writing', async () => {
  const { store } = fixture;
  await store.update(context, 'z1', patient());
  await store.update(context, 'a1', observation('Patient/z1'));
  const results = await store.transaction(context, [
    { kind: 'read', type: 'Patient', id: 'z1' },
    { kind: 'update', id: 'z1', resource: patient('second') },
    { kind: 'create', resource: patient('new') },
    { kind: 'delete', type: 'Observation', id: 'a1' },
    { kind: 'delete', type: 'Observation', id: 'never' },
    { kind: 'update', id: 'b1', resource: observation('Patient/z1') },
    { kind: 'read', type: 'Observation', id: 'a1' },
    { kind: 'read', type: 'Observation', id: 'nothing' },
  ]);
  expect(results.map((result) => [result.outcome, result.version?.version])).toEqual([
    ['unchanged', 2],
    ['updated', 2],
    ['created', 1],
    ['deleted', 2],
    ['unchanged', undefined],
    ['created', 1],
    ['unchanged', 2],
    ['unchanged', undefined],
  ]);
  expect(results[0]!.version!.body).toBe(results[1]!.version!.body);
  expect(results[6]!.version!.body).toBeNull();
  const rows = (await fixture.outbox()).slice(-4);
  expect(rows.map((row) => [row.type, row.interaction])).toEqual([
    ['Patient', 'update'],
    ['Patient', 'create'],
    ['Observation', 'delete'],
    ['Observation', 'create'],
  ]);
  expect(new Set(rows.map((row) => row.xid)).size).toBe(1);
  for (const { version } of [results[1]!, results[2]!, results[5]!]) {
    expect(await fixture.another().readVersion('default', version!.type, version!.id, version!.version)).toEqual(
      version,
    );
  }
});

it('is all or nothing: a mismatch anywhere leaves nothing behind', async () => {
  const before = (await fixture.outbox()).length;
  await expect(
    fixture.store.transaction(context, [
      { kind: 'create', resource: patient() },
      { kind: 'update', id: 'z1', resource: patient(), ifMatch: 77 },
    ]),
  ).rejects.toMatchObject({ status: 412, headers: { ETag: 'W/"2"' } });
  expect(await fixture.outbox()).toHaveLength(before);
});

it('refuses the same identity written twice, and lets it be read', async () => {
  const { store } = fixture;
  const twice = [
    { kind: 'update', id: 't1', resource: patient() },
    { kind: 'delete', type: 'Patient', id: 't1' },
  ] as const;
  await expect(store.transaction(context, twice)).rejects.toMatchObject({
    status: 400,
    issues: [{ code: 'duplicate' }],
  });
  expect(await store.transaction(context, [twice[0], { kind: 'read', type: 'Patient', id: 't1' }])).toHaveLength(2);
  expect(await store.transaction(context, [])).toEqual([]);
});

it('survives a deadlock: repeats itself and loses nothing', async () => {
  const { store, database } = fixture;
  await store.update(context, 'd1', patient());
  await store.update(context, 'd2', patient());
  // Somebody who ignores the lock order holds d2 and then wants d1, which the Bundle has locked first.
  let bundle!: Promise<unknown>;
  const lock = await holding(database, async (query) => {
    await query(`set local deadlock_timeout = '10s'`);
    await query(`select 1 from resource_patient where id = 'd2' for update`);
    bundle = store.transaction(context, [
      { kind: 'update', id: 'd2', resource: patient('x') },
      { kind: 'update', id: 'd1', resource: patient('x') },
    ]);
    await blocked(database);
    await query(`select 1 from resource_patient where id = 'd1' for update`);
  });
  await lock.release();
  expect(await bundle).toMatchObject([{ version: { version: 2 } }, { version: { version: 2 } }]);
});

it('Bundles over the same rows in any entry order never deadlock', async () => {
  const { store } = fixture;
  const ids = Array.from({ length: 12 }, (_, index) => `n${index}`);
  const run = (offset: number): Promise<unknown> =>
    store.transaction(
      context,
      ids.map((_, index) => {
        const id = ids[(index * 5 + offset * 7) % ids.length]!;
        return { kind: 'update', id, resource: index % 2 === 0 ? patient(id) : observation(`Patient/${id}`) } as const;
      }),
    );
  for (let round = 0; round < 4; round += 1) await Promise.all(Array.from({ length: 6 }, (_, offset) => run(offset)));
  const { rows } = await fixture.database.query<{ deadlocks: number }>({
    text: `select pg_stat_force_next_flush(), deadlocks from pg_stat_database where datname = current_database()`,
    values: [],
  });
  // One was made on purpose above.
  expect(rows[0]!.deadlocks).toBeLessThanOrEqual(1);
});

it('500 entries are a handful of statements', async () => {
  let statements = 0;
  const { database } = fixture;
  const counting = new Proxy(database, {
    get: (target, name) =>
      name === 'transaction'
        ? (run: (tx: { query: typeof database.query }) => Promise<unknown>) =>
            target.transaction((tx) =>
              run({
                query: (statement) => {
                  statements += 1;
                  return tx.query(statement);
                },
              }),
            )
        : Reflect.get(target, name, target),
  });
  const store = fixture.another({ database: counting });
  const operations = (kind: 'create' | 'update') =>
    Array.from({ length: 500 }, (_, index) => {
      const body = index % 2 === 0 ? patient(`P${index}`) : observation(`Patient/${index % 20}`, `o${index}`);
      return kind === 'create'
        ? { kind, resource: body, id: `big${index}` }
        : { kind, id: `big${index}`, resource: body };
    });
  await store.transaction(context, operations('create'));
  expect(statements).toBeLessThanOrEqual(8);
  statements = 0;
  const results = await store.transaction(context, operations('update'));
  expect(statements).toBeLessThanOrEqual(12);
  expect(results.every((result) => result.version!.version === 2)).toBe(true);
  const rows = (await fixture.outbox()).slice(-500);
  expect(rows.map((row) => row.id)).toEqual(Array.from({ length: 500 }, (_, index) => `big${index}`));
});
