// Many writers at once: order and completeness hold whoever wins. fast-check is not needed here: the scheduler is the generator.
import { FhirError } from '../../../src/fhir';
import { context, expectOneEventPerVersion, observation, openStore, patient, type StoreFixture } from './store-fixture';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await openStore();
});
afterAll(async () => {
  await fixture.test.drop();
});

const times = <T>(count: number, run: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => run(index)));

it('I5: 50 writers on two hot resources: outbox numbers follow versionId, and so do lastUpdated', async () => {
  const stores = [fixture.store, fixture.another({ database: fixture.test.open() })];
  await times(50, async (writer) => {
    for (let round = 0; round < 8; round += 1) {
      const store = stores[(writer + round) % 2]!;
      await store.update(context, `hot${writer % 2}`, observation(`Patient/${round % 3}`));
    }
  });
  expect(await fixture.versions('Observation', 'hot0')).toHaveLength(200);
  await expectOneEventPerVersion(fixture);
});

it('I5: moves between roots name the root that came before, under contention too', async () => {
  const { store } = fixture;
  await times(12, async (writer) => {
    for (let round = 0; round < 5; round += 1)
      await store.update(context, 'mover', observation(`Patient/${(writer * round) % 4}`));
  });
  const rows = await fixture.outbox('Observation', 'mover');
  const expected = rows.map((row, index) => {
    const before = rows[index - 1]?.root_hash;
    return before === undefined || before === row.root_hash ? null : before;
  });
  expect(rows.map((row) => row.prev_root_hash)).toEqual(expected);
});

it('creates of one id: one creates, the others follow', async () => {
  const results = await times(16, () => fixture.store.update(context, 'same', patient()));
  expect(results.map((result) => result.version!.version).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 16 }, (_, i) => i + 1),
  );
  expect(results.filter((result) => result.outcome === 'created')).toHaveLength(1);
});

it('If-Match: of all writers of one version exactly one wins', async () => {
  await fixture.store.update(context, 'race', patient());
  for (let version = 1; version <= 5; version += 1) {
    const settled = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) =>
        i % 3 === 2 && version % 2 === 0
          ? fixture.store.transaction(context, [{ kind: 'update', id: 'race', resource: patient(), ifMatch: version }])
          : fixture.store.update(context, 'race', patient(), { ifMatch: version }),
      ),
    );
    expect(settled.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    for (const one of settled) {
      if (one.status === 'rejected') expect((one.reason as FhirError).status).toBe(412);
    }
  }
});

it('create, update, delete, revive and Bundles at once: versions and events stay one to one', async () => {
  const { store } = fixture;
  const ids = ['c1', 'c2', 'c3'];
  await times(24, async (writer) => {
    for (let round = 0; round < 6; round += 1) {
      const id = ids[(writer + round) % 3]!;
      const other = ids[(writer + round + 1) % 3]!;
      switch ((writer * 7 + round) % 4) {
        case 0:
          await store.delete(context, 'Patient', id);
          break;
        case 1:
          await store.transaction(context, [
            { kind: 'update', id, resource: patient('bundle') },
            { kind: 'delete', type: 'Patient', id: other },
            { kind: 'create', resource: observation(`Patient/${id}`) },
            { kind: 'update', id: `o-${id}`, resource: observation(`Patient/${other}`) },
          ]);
          break;
        default:
          await store.update(context, id, patient(`w${writer}`));
      }
    }
  });
  await expectOneEventPerVersion(fixture);
});

it('a repeated delete leaves one tombstone and one event, however many ask', async () => {
  const { store } = fixture;
  await store.update(context, 'gone', patient());
  const results = await times(12, () => store.delete(context, 'Patient', 'gone'));
  expect(results.filter((result) => result.outcome === 'deleted')).toHaveLength(1);
  expect(results.filter((result) => result.outcome === 'unchanged')).toHaveLength(11);
  expect(await fixture.outbox('Patient', 'gone')).toHaveLength(2);
});
