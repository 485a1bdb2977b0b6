// I1 under failure: whatever breaks, and wherever, a change has its version and its event, or neither.
import fc from 'fast-check';
import { isTransient, type Database, type Statement, type Tx } from '../../../src/platform';
import type { ResourceStore } from '../../../src/store';
import {
  context,
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
  await fixture.store.update(context, 'f1', patient());
});
afterAll(async () => {
  await fixture.test.drop();
});

/** The database, failing at the nth statement it is given: before it runs or after, as chosen. */
function failingAt(database: Database, nth: number, when: 'before' | 'after'): Database {
  let count = 0;
  const query = (tx: Tx) => async (statement: Statement) => {
    const isIt = (count += 1) === nth;
    if (isIt && when === 'before') throw new Error('made to fail');
    const result = await tx.query(statement);
    if (isIt && when === 'after') throw new Error('made to fail');
    return result;
  };
  return new Proxy(database, {
    get: (target, name) => {
      if (name === 'query') return query(target);
      if (name === 'transaction')
        return (run: (tx: Tx) => Promise<unknown>) => target.transaction((tx) => run({ query: query(tx) } as Tx));
      return Reflect.get(target, name, target) as unknown;
    },
  });
}

const bundle = (store: ResourceStore): Promise<unknown> =>
  store.transaction(context, [
    { kind: 'update', id: 'f1', resource: patient('bundle') },
    { kind: 'create', resource: observation('Patient/f1') },
    { kind: 'delete', type: 'Patient', id: 'f2' },
    { kind: 'update', id: 'f3', resource: observation('Patient/f1') },
    { kind: 'read', type: 'Patient', id: 'f1' },
  ]);

it.each(['before', 'after'] as const)(
  'I1: a transaction that fails %s any of its statements leaves nothing',
  async (when) => {
    let failures = 0;
    for (let nth = 1; ; nth += 1) {
      await fixture.store.update(context, 'f2', patient());
      const before = (await fixture.outbox()).length;
      const store = fixture.another({ database: failingAt(fixture.database, nth, when) });
      const outcome = await bundle(store).then(
        () => 'done',
        (error: Error) => error.message,
      );
      if (outcome === 'done') break;
      expect(outcome).toBe('made to fail');
      expect(await fixture.outbox()).toHaveLength(before);
      failures += 1;
    }
    expect(failures).toBeGreaterThanOrEqual(9);
    await expectOneEventPerVersion(fixture);
  },
);

it('I1: a statement the database refuses half-way leaves nothing', async () => {
  const { database, store } = fixture;
  const before = (await fixture.outbox()).length;
  for (const table of ['outbox', 'resource_version', 'resource_string']) {
    await database.query({
      text: `alter table ${table} add constraint refused check (type <> 'Patient') not valid`,
      values: [],
    });
    await expect(store.create(context, patient())).rejects.toThrow('refused');
    await expect(store.update(context, 'f1', patient())).rejects.toThrow('refused');
    await expect(bundle(store)).rejects.toThrow('refused');
    if (table !== 'resource_string') await expect(store.delete(context, 'Patient', 'f1')).rejects.toThrow('refused');
    await database.query({ text: `alter table ${table} drop constraint refused`, values: [] });
  }
  expect(await fixture.outbox()).toHaveLength(before);
  await expectOneEventPerVersion(fixture);
});

it('I1: sessions killed at random under load: every version has its event, every answered write is there', async () => {
  const pool = fixture.test.open({ poolMax: 6, applicationName: 'victim' });
  const store = fixture.another({ database: pool });
  const answered: string[] = [];
  const kills: Promise<unknown>[] = [];
  const killOne = (): Promise<unknown> =>
    fixture.database.query({
      text: `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim' and datname = current_database()
        order by random() limit 1`,
      values: [],
    });
  const writer = async (number: number): Promise<void> => {
    for (let round = 0; round < 25; round += 1) {
      const id = `k${(number + round) % 7}`;
      const writes = [
        () => store.update(context, id, patient()).then((result) => [result]),
        () => store.delete(context, 'Patient', id).then((result) => [result]),
        () => store.create(context, resource({ resourceType: 'Device' })).then((result) => [result]),
        () =>
          store.transaction(context, [
            { kind: 'update', id, resource: patient() },
            { kind: 'create', resource: observation(`Patient/${id}`) },
          ]),
      ];
      if ((number * 25 + round) % 6 === 0) kills.push(killOne());
      try {
        const results = await writes[(number + round) % writes.length]!();
        const written = results.flatMap(({ version, outcome }) => (outcome === 'unchanged' ? [] : [version!]));
        answered.push(...written.map((version) => `${version.type}/${version.id}/${version.version}`));
      } catch (error) {
        // Expected: the session was killed. Anything else is a failure.
        if (!isTransient(error)) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, number) => writer(number)));
  await Promise.all(kills);
  const stored = new Set((await fixture.versions()).map((v) => `${v.type}/${v.id}/${v.version}`));
  expect(answered.filter((name) => !stored.has(name))).toEqual([]);
  expect(answered.length).toBeGreaterThan(20);
  await expectOneEventPerVersion(fixture);
});

it('I1: random rollbacks by a vetoing participant leave nothing', async () => {
  const store = fixture.another();
  let veto: 'prepare' | 'commit' | undefined;
  store.register({
    types: ['Flag'],
    prepare: async () => {
      if (veto === 'prepare') throw new Error('veto');
      return undefined;
    },
    commit: async () => {
      if (veto === 'commit') throw new Error('veto');
    },
  });
  const flag = resource({
    resourceType: 'Flag',
    status: 'active',
    code: { text: 'x' },
    subject: { reference: 'Patient/f1' },
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('prepare' as const, 'commit' as const, undefined),
      fc.integer({ min: 0, max: 2 }),
      async (when, kind) => {
        veto = when;
        const before = (await fixture.outbox()).length;
        const run = [
          () => store.update(context, 'flag', flag),
          () => store.delete(context, 'Flag', 'flag'),
          () =>
            store.transaction(context, [
              { kind: 'create', resource: patient() },
              { kind: 'update', id: 'flag', resource: flag },
            ]),
        ][kind]!();
        const vetoed = await run.then(
          () => false,
          (error: Error) => error.message === 'veto',
        );
        if (vetoed) expect(await fixture.outbox()).toHaveLength(before);
      },
    ),
    { numRuns: 40 },
  );
  await expectOneEventPerVersion(fixture);
});
