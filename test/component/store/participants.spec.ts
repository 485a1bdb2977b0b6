// Write participants: one transaction with the write, in the order they registered, on every road.
import { errorIssue, FhirError, resourceFromValue } from '../../../src/fhir';
import type { ResourceChange, ResourceStore, WriteParticipant } from '../../../src/store';
import { context, expectOneEventPerVersion, openStore, patient, resource, type StoreFixture } from './store-fixture';

let fixture: StoreFixture;
let store: ResourceStore;
let calls: string[];
let changes: ResourceChange[];

const note = (participant: string, step: string, change: ResourceChange): void => {
  calls.push(
    `${participant} ${step} ${change.interaction} ${change.id} v${change.version ?? '-'} after ${change.previous?.version ?? '-'}`,
  );
};

/** Stores a mask for a secret, keeps a count in a table of its own, vetoes what says so. */
const masking: WriteParticipant = {
  types: ['Basic', 'Flag'],
  async prepare(tx, change) {
    note('masking', 'prepare', change);
    changes.push(change);
    if (!change.resource) return undefined;
    const { value } = change.resource;
    if (value.implicitRules === 'veto')
      throw new FhirError(422, errorIssue('business-rule', 'No.', 'Basic.implicitRules'));
    return resourceFromValue({ ...value, language: 'masked' });
  },
  async commit(tx, change) {
    note('masking', 'commit', change);
    const text = 'insert into participant_row (id, version) values ($1, $2)';
    await tx.query({ text, values: [change.id, change.version] });
    if (change.resource?.value.implicitRules === 'late veto')
      throw new FhirError(409, errorIssue('conflict', 'Too late.'));
  },
  redact: (value) => ({ ...value, language: '***' }),
  committed: (change) => note('masking', 'committed', change),
};
const watching: WriteParticipant = {
  types: ['Basic'],
  prepare: async (_, change) => {
    note('watching', `prepare(${String(change.resource?.value.language)})`, change);
    return undefined;
  },
  commit: async (_, change) => note('watching', 'commit', change),
};

beforeAll(async () => {
  fixture = await openStore();
  store = fixture.store;
  store.register(masking);
  store.register(watching);
  await fixture.database.query({ text: 'create table participant_row (id text, version int)', values: [] });
});
beforeEach(() => {
  calls = [];
  changes = [];
});
afterAll(async () => {
  await expectOneEventPerVersion(fixture);
  await fixture.test.drop();
});

const basic = (implicitRules?: string) =>
  resource({ resourceType: 'Basic', code: { text: 'x' }, ...(implicitRules && { implicitRules }) });
const languageOf = (body: string | null | undefined): unknown => (JSON.parse(body!) as { language: unknown }).language;

async function ownRows(id: string): Promise<number[]> {
  const text = 'select version from participant_row where id = $1 order by version';
  return (await fixture.database.query<{ version: number }>({ text, values: [id] })).rows.map((row) => row.version);
}

it('are asked in order, see the previous version, change the body, add rows, and are told after the commit', async () => {
  const created = await store.update(context, 'b1', basic());
  expect(calls).toEqual([
    'masking prepare create b1 v- after -',
    'watching prepare(masked) create b1 v- after -',
    'masking commit create b1 v1 after -',
    'watching commit create b1 v1 after -',
    'masking committed create b1 v1 after -',
  ]);
  calls = [];
  await store.update(context, 'b1', basic(), { ifMatch: 1 });
  await store.delete(context, 'Basic', 'b1');
  await store.update(context, 'b1', basic());
  expect(calls.filter((call) => call.startsWith('masking commit '))).toEqual([
    'masking commit update b1 v2 after 1',
    'masking commit delete b1 v3 after 2',
    'masking commit create b1 v4 after 3',
  ]);
  expect(changes.map((change) => change.previous?.body === null)).toEqual([false, false, false, true]);
  expect(await ownRows('b1')).toEqual([1, 2, 3, 4]);
  const [first] = await fixture.versions('Basic', 'b1');
  expect(languageOf(first!.body)).toBe('masked');
  expect(languageOf(created.version!.body)).toBe('***');
});

it('see the stored body as previous, while readers see the redacted one on every path', async () => {
  await store.update(context, 'b2', basic());
  await store.update(context, 'b2', basic());
  expect(languageOf(changes[1]!.previous!.body)).toBe('masked');
  const key = { tenant: 'default', type: 'Basic', id: 'b2', version: 1 };
  const bodies = [
    (await store.read('default', 'Basic', 'b2'))?.body,
    (await store.readVersion('default', 'Basic', 'b2', 1))?.body,
    (await store.readVersions([key], fixture.database)).get('Basic/b2/1')?.body,
    (await store.history('default', 'Basic', 'b2', { count: 5 })).versions[1]!.body,
    (await store.transaction(context, [{ kind: 'read', type: 'Basic', id: 'b2' }]))[0]!.version!.body,
    (await store.search(context, { type: 'Basic', clauses: [], baseUrl: '' })).resources[0]!.body,
  ];
  expect(bodies.map(languageOf)).toEqual(bodies.map(() => '***'));
});

it('veto at prepare and at commit: nothing is stored, nobody is told', async () => {
  await expect(store.create(context, basic('veto'), { id: 'b3' })).rejects.toMatchObject({ status: 422 });
  await expect(store.create(context, basic('late veto'), { id: 'b3' })).rejects.toMatchObject({ status: 409 });
  const bundle = [
    { kind: 'create', resource: patient(), id: 'with-b3' },
    { kind: 'create', resource: basic('veto'), id: 'b3' },
  ] as const;
  await expect(store.transaction(context, bundle)).rejects.toMatchObject({ status: 422 });
  expect(calls.filter((call) => call.includes('committed'))).toEqual([]);
  expect([
    await fixture.versions('Basic', 'b3'),
    await fixture.versions('Patient', 'with-b3'),
    await ownRows('b3'),
  ]).toEqual([[], [], []]);
});

it('see neither a mismatch nor a repeated delete', async () => {
  await store.update(context, 'b4', basic());
  await store.delete(context, 'Basic', 'b4');
  calls = [];
  await expect(store.update(context, 'b4', basic(), { ifMatch: 1 })).rejects.toMatchObject({ status: 412 });
  expect(await store.delete(context, 'Basic', 'b4')).toMatchObject({
    outcome: 'unchanged',
    version: { version: 2, body: null },
  });
  expect(await store.delete(context, 'Basic', 'b-none')).toEqual({ outcome: 'unchanged' });
  expect(calls).toEqual([]);
});

it('take part in Bundles entry by entry', async () => {
  const results = await store.transaction(context, [
    { kind: 'create', resource: basic(), id: 'b6' },
    { kind: 'create', resource: patient(), id: 'p6' },
    { kind: 'create', resource: basic(), id: 'b5' },
  ]);
  expect(results.map((result) => result.outcome)).toEqual(['created', 'created', 'created']);
  expect(
    calls.filter((call) => call.startsWith('masking')).map((call) => call.split(' ').slice(1, 4).join(' ')),
  ).toEqual([
    'prepare create b6',
    'prepare create b5',
    'commit create b6',
    'commit create b5',
    'committed create b6',
    'committed create b5',
  ]);
});

it('revise: reads, changes and writes under the lock; leaves alone what it is told to, what is gone, what never was', async () => {
  const system = { ...context, isSystemWrite: true };
  await store.update(context, 'b7', basic());
  const revised = await store.revise(system, 'Basic', 'b7', (current, value) => ({
    ...value,
    implicitRules: `seen ${current.version} ${String(value.language)}`,
  }));
  expect(revised).toMatchObject({ outcome: 'updated', version: { version: 2 } });
  expect(JSON.parse(revised!.version!.body!)).toMatchObject({ implicitRules: 'seen 1 masked' });
  expect(changes[1]!.context.isSystemWrite).toBe(true);
  expect(await store.revise(system, 'Basic', 'b7', () => undefined)).toBeUndefined();
  await store.delete(context, 'Basic', 'b7');
  expect(await store.revise(system, 'Basic', 'b7', (_, value) => value)).toBeUndefined();
  expect(await store.revise(system, 'Basic', 'b-none', (_, value) => value)).toBeUndefined();
  expect(await fixture.versions('Basic', 'b7')).toHaveLength(3);
});

it('many revisions at once lose none', async () => {
  await store.update(
    context,
    'b8',
    resource({ resourceType: 'Flag', status: 'active', code: { text: '' }, subject: { reference: 'Patient/1' } }),
  );
  const add = (letter: string) =>
    store.revise(context, 'Flag', 'b8', (_, value) => ({
      ...value,
      code: { text: `${(value.code as { text: string }).text}${letter}` },
    }));
  await Promise.all([...'abcdefghij'].map(add));
  const { code } = JSON.parse((await store.read('default', 'Flag', 'b8'))!.body!) as { code: { text: string } };
  expect([...code.text].sort().join('')).toBe('abcdefghij');
});
