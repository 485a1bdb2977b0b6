// The store against a trivial model in memory: any sequence of operations leaves the same versions, events and answers.
import fc from 'fast-check';
import { hash53 } from '../../../src/platform';
import type { StoreOperation, WriteResult } from '../../../src/store';
import { FakeClock } from '../../support/fake-clock';
import { context, observation, openStore, patient, resource, type StoreFixture } from './store-fixture';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await openStore(new FakeClock());
});
afterAll(async () => {
  await fixture.test.drop();
});

interface ModelVersion {
  interaction: string;
  content: string | null;
  root: string;
  replacedBy: boolean;
}
interface ModelEvent {
  name: string;
  interaction: string;
  label: string | null;
  root: string;
  prevRoot: number | null;
}

/** What the store promises, written the simplest way. */
class Model {
  readonly resources = new Map<string, ModelVersion[]>();
  readonly events: ModelEvent[] = [];

  apply(operation: StoreOperation): { outcome: string; version?: number } | 'mismatch' {
    const { type, id } = identityOf(operation);
    const name = `${type}/${id}`;
    const versions = this.resources.get(name) ?? [];
    const last = versions.at(-1);
    const isThere = last !== undefined && last.interaction !== 'delete';
    const ifMatch = 'ifMatch' in operation ? operation.ifMatch : undefined;
    if (ifMatch !== undefined && ifMatch !== versions.length) return 'mismatch';
    if (operation.kind === 'read' || (operation.kind === 'delete' && !isThere)) {
      return { outcome: 'unchanged', ...(last && { version: versions.length }) };
    }
    const next =
      operation.kind === 'delete'
        ? { ...last!, interaction: 'delete', content: null, replacedBy: false }
        : written(operation, isThere);
    this.resources.set(name, [...versions, next]);
    this.events.push({
      name: `${name}/${versions.length + 1}`,
      interaction: next.interaction,
      label: next.interaction === 'update' && next.replacedBy && !last!.replacedBy ? 'merge' : null,
      root: next.root,
      prevRoot: last && last.root !== next.root ? hash53(last.root) : null,
    });
    const outcome = { create: 'created', update: 'updated', delete: 'deleted' }[next.interaction]!;
    return { outcome, version: versions.length + 1 };
  }
}

function identityOf(operation: StoreOperation): { type: string; id: string } {
  return 'resource' in operation ? { type: operation.resource.type, id: operation.id! } : operation;
}

const nameOf = (operation: StoreOperation): string => {
  const { type, id } = identityOf(operation);
  return `${type}/${id}`;
};

function written(operation: Extract<StoreOperation, { resource: unknown }>, isThere: boolean): ModelVersion {
  const { type, value, text } = operation.resource;
  const subject = value.subject as { reference: string } | undefined;
  return {
    interaction: isThere ? 'update' : 'create',
    content: text,
    root: subject?.reference ?? `${type}/${operation.id!}`,
    replacedBy: text.includes('replaced-by'),
  };
}

const replaced = resource({
  resourceType: 'Patient',
  link: [{ type: 'replaced-by', other: { reference: 'Patient/t' } }],
});
const bodies = [
  patient('a'),
  patient('b'),
  replaced,
  observation('Patient/1'),
  observation('Patient/2'),
  resource({ resourceType: 'Device', status: 'active' }),
];

const anId = fc.constantFrom('i1', 'i2', 'i3');
const anIfMatch = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 3 });
const anOperation: fc.Arbitrary<StoreOperation> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('create' as const), resource: fc.constantFrom(...bodies), id: anId }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('update' as const),
      resource: fc.constantFrom(...bodies),
      id: anId,
      ifMatch: anIfMatch,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('delete' as const),
      type: fc.constantFrom('Patient', 'Observation', 'Device'),
      id: anId,
      ifMatch: anIfMatch,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('read' as const), type: fc.constantFrom('Patient', 'Device'), id: anId }),
  },
);
const aStep = fc.oneof(
  { weight: 3, arbitrary: anOperation },
  { weight: 1, arbitrary: fc.uniqueArray(anOperation, { minLength: 1, maxLength: 6, selector: nameOf }) },
);

async function runOne(operation: StoreOperation, tenant: string): Promise<WriteResult> {
  const { store } = fixture;
  const own = { ...context, tenant };
  switch (operation.kind) {
    case 'create':
      return store.create(own, operation.resource, { id: operation.id });
    case 'update':
      return store.update(own, operation.id, operation.resource, { ifMatch: operation.ifMatch });
    case 'delete':
      return store.delete(own, operation.type, operation.id, { ifMatch: operation.ifMatch });
    case 'read': {
      const version = await store.read(tenant, operation.type, operation.id);
      return { outcome: 'unchanged', version };
    }
  }
}

const summary = (result: WriteResult): unknown => ({
  outcome: result.outcome,
  ...(result.version && { version: result.version.version }),
});

/** Runs a step in both; a mismatch must show in both and change neither. */
async function compare(model: Model, step: StoreOperation | StoreOperation[], tenant: string): Promise<void> {
  const operations = Array.isArray(step) ? step : [step];
  const saved = { resources: new Map(model.resources), events: model.events.length };
  // Reads of a transaction come last.
  const order = [...operations.keys()].sort(
    (a, b) => Number(operations[a]!.kind === 'read') - Number(operations[b]!.kind === 'read'),
  );
  const expected: unknown[] = [];
  for (const index of order) expected[index] = model.apply(operations[index]!);
  const run = Array.isArray(step)
    ? fixture.store.transaction({ ...context, tenant }, step)
    : runOne(step, tenant).then((r) => [r]);
  if (expected.includes('mismatch')) {
    model.resources.clear();
    for (const [key, versions] of saved.resources) model.resources.set(key, versions);
    model.events.length = saved.events;
    await expect(run).rejects.toMatchObject({ status: 412 });
  } else expect((await run).map(summary)).toEqual(expected);
}

async function expectSame(model: Model, tenant: string): Promise<void> {
  const { database } = fixture;
  const { rows } = await database.query<{ type: string; id: string; interaction: string; body: string | null }>({
    text: `select type, id, interaction, body from resource_version where tenant = $1 order by type, id, version`,
    values: [tenant],
  });
  const stored = new Map<string, unknown[]>();
  for (const { type, id, interaction, body } of rows) {
    const value = body === null ? null : (JSON.parse(body) as Record<string, unknown>);
    const { id: storedId, meta, ...content } = value ?? { id, meta: undefined };
    expect(storedId).toBe(id);
    const versions = stored.get(`${type}/${id}`) ?? [];
    if (value) expect(meta).toMatchObject({ versionId: String(versions.length + 1) });
    stored.set(`${type}/${id}`, [...versions, { interaction, content: value && content }]);
  }
  const wanted = [...model.resources].map(([key, versions]) => [
    key,
    versions.map(({ interaction, content }) => ({ interaction, content: content && (JSON.parse(content) as unknown) })),
  ]);
  expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(wanted));
  const events = await database.query<ModelEvent>({
    text: `select type || '/' || id || '/' || version as name, interaction, label, root, prev_root_hash as "prevRoot"
      from outbox where tenant = $1 order by seq`,
    values: [tenant],
  });
  expect(events.rows).toEqual(model.events);
}

it('I1: any sequence of operations equals the model: versions, contents, answers, events in order', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(aStep, { minLength: 1, maxLength: 25 }), async (steps) => {
      const tenant = `model-${(run += 1)}`;
      const model = new Model();
      for (const step of steps) await compare(model, step, tenant);
      await expectSame(model, tenant);
    }),
    { numRuns: 60 },
  );
});
