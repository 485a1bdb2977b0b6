// Search parameters of one's own in the store: nothing that any process writes, at any moment, is missing from the index once the parameter is searchable.
import { customUses, parseSearch, type FhirDefinitions } from '../../../src/fhir';
import { Metrics, SystemClock, type Database, type Statement, type Tx } from '../../../src/platform';
import {
  CustomParameterParticipant,
  CustomParameters,
  Reindex,
  reindexJobs,
  requestReindex,
  ResourceStore,
  type ResourceChange,
  type WriteParticipant,
} from '../../../src/store';
import { eventually } from '../../support/deadline';
import { searchParameter } from '../../support/search-parameter';
import { silentLog } from '../../support/silent-log';
import { blocked, context, definitions as standard, openStore, resource, type StoreFixture } from './store-fixture';

let fixture: StoreFixture;
/** The process that is asked for everything, and one that hears of nothing by itself. */
let here: Process;
let lagging: Process;
beforeEach(async () => {
  fixture = await openStore();
  here = open();
  lagging = open();
});
afterEach(() => fixture.test.drop());

interface Process {
  readonly custom: CustomParameters;
  readonly store: ResourceStore;
  readonly asked: FhirDefinitions;
}

let users: string[];
function open(database: Database = fixture.database): Process {
  const clock = new SystemClock();
  const custom = new CustomParameters(standard, silentLog);
  const { stored, searched: asked } = custom.definitions;
  const ground = { database, clock, doorbell: fixture.doorbell, log: silentLog, metrics: new Metrics() };
  const store = new ResourceStore({ ...ground, definitions: stored, custom });
  users = [];
  const usersOf = () => Promise.resolve(users);
  store.register(new CustomParameterParticipant({ standard, usersOf, custom, database, log: silentLog }));
  return { custom, store, asked };
}

const code = searchParameter('Flag.code', 'token', 'Flag.code');
const define = (parameter = code) => here.store.update(context, parameter.id, resource(parameter));
const flag = (text: string) =>
  resource({ resourceType: 'Flag', status: 'active', code: { coding: [{ code: text }] }, subject: { display: 'x' } });

async function found(query: string, { store, asked, custom } = here): Promise<string[]> {
  await custom.refresh(fixture.database);
  const read = parseSearch(asked, 'Flag', [...new URLSearchParams(query)], { baseUrl: context.baseUrl });
  return (await store.search(context, read)).resources.map(({ id }) => id).sort();
}

const ask = (type = 'Flag') =>
  requestReindex(fixture.database, new Date(), { tenant: 'default', types: [type], baseUrl: context.baseUrl });
const signal = new AbortController().signal;
const worker = ({ custom } = here) =>
  new Reindex({ database: fixture.database, custom, clock: new SystemClock(), log: silentLog });
const turn = (mayGoOn = () => true, epoch = 1) => ({ epoch, signal, mayGoOn: () => Promise.resolve(mayGoOn()) });
const isDone = async () => (await reindexJobs(fixture.database, 'default')).every(({ finishedAt }) => finishedAt);

async function reindex(): Promise<void> {
  await ask();
  await worker().work(turn());
  expect(await isDone()).toBe(true);
}

it('is searchable after a rebuilding that began after it, and finds what was there, old and new', async () => {
  await here.store.update(context, 'old', flag('a'));
  await define();
  await here.store.update(context, 'new', flag('a'));
  await expect(found('code=a')).rejects.toThrow(/\$reindex for Flag/);
  await reindex();
  expect(await found('code=a')).toEqual(['new', 'old']);
  expect(await found('code=b')).toEqual([]);
  expect(await found('code:missing=false&_sort=code')).toEqual(['new', 'old']);
});

it('one that came during a rebuilding waits for the next', async () => {
  await here.store.update(context, 'old', flag('a'));
  await define();
  await ask();
  let rounds = 0;
  await worker().work(turn(() => (rounds += 1) <= 1));
  await define(searchParameter('Flag.hue', 'token', 'Flag.code'));
  await worker().work(turn());
  expect(await found('code=a')).toEqual(['old']);
  await expect(found('hue=a')).rejects.toThrow(/\$reindex for Flag/);
  await reindex();
  expect(await found('hue=a')).toEqual(['old']);
});

it('a rebuilding that an earlier version of Herald began does not count', async () => {
  await here.store.update(context, 'old', flag('a'));
  await define();
  await ask();
  await fixture.database.query({ text: `update reindex_job set after_id = 'old', fence = null`, values: [] });
  await worker().work(turn());
  await expect(found('code=a')).rejects.toThrow(/\$reindex for Flag/);
});

it('a process that has not heard of it writes by every road, and nothing is missing', async () => {
  await define();
  await lagging.store.update(context, 'before', flag('a'));
  await reindex();
  expect(lagging.custom.definitions.revision).toBe(0);
  const created = await lagging.store.create(context, flag('a'));
  const fresh = [0, 1, 2].map(() => open());
  await Promise.all(fresh.map(({ store }, n) => store.create(context, flag('a'), { id: `named${n}` })));
  await open().store.update(context, 'before', flag('a'));
  await open().store.transaction(context, [{ kind: 'update', id: 'bundled', resource: flag('a') }]);
  const group = open();
  const together = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(() => group.store.create(context, flag('a'))));
  const ids = [created, ...together].map(({ version }) => version!.id);
  expect(await found('code=a&_count=50')).toEqual(['before', 'bundled', 'named0', 'named1', 'named2', ...ids].sort());
  expect(lagging.custom.definitions.revision).toBeGreaterThan(0);
});

/** A database on which statements wait at a gate before they are sent. */
function gated(database: Database): { database: Database; reached: Promise<void>; open: () => void } {
  let open!: () => void;
  let arrive!: () => void;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const reached = new Promise<void>((resolve) => (arrive = resolve));
  const waiting = {
    query: async (statement: Statement) => {
      arrive();
      await gate;
      return database.query(statement);
    },
    transaction: <T>(run: (tx: Tx) => Promise<T>) => database.transaction(run),
  };
  return { database: waiting as unknown as Database, reached, open };
}

it('a process frozen between computing and sending a write cannot get it past the fence', async () => {
  const gate = gated(fixture.database);
  const frozen = open(gate.database);
  const writing = frozen.store.update(context, 'late', flag('a'));
  await gate.reached;
  await define();
  await reindex();
  gate.open();
  await writing;
  expect(await found('code=a')).toEqual(['late']);
});

it('a transaction that wrote without it and is not committed yet is waited for, and read afterwards', async () => {
  let commit!: () => void;
  const decided = new Promise<void>((resolve) => (commit = resolve));
  let hasWritten!: () => void;
  const written = new Promise<void>((resolve) => (hasWritten = resolve));
  const slow: WriteParticipant = {
    types: ['Flag'],
    prepare: () => Promise.resolve(undefined),
    commit: async (_tx: Tx, _change: ResourceChange) => {
      hasWritten();
      await decided;
    },
  };
  lagging.store.register(slow);
  const writing = lagging.store.update(context, 'slow', flag('a'));
  await written;
  await define();
  await ask();
  const rebuilding = worker().work(turn());
  await blocked(fixture.database);
  expect(await isDone()).toBe(false);
  commit();
  await Promise.all([writing, rebuilding]);
  // The lock may have been given up before the commit came: the duty comes round again.
  await eventually(async () => (await worker().work(turn()), isDone()));
  expect(await found('code=a')).toEqual(['slow']);
});

it('types without any have no fence and no mark', async () => {
  await define();
  await reindex();
  await ask('Patient');
  await worker().work(turn());
  await here.store.update(context, 'p', resource({ resourceType: 'Patient' }));
  const text = `select conrelid::regclass::text as name from pg_constraint where conname = 'custom_parameters'`;
  expect((await fixture.database.query({ text, values: [] })).rows).toEqual([{ name: 'resource_flag' }]);
  const { rows } = await fixture.database.query({ text: 'select custom_revision from resource_patient', values: [] });
  expect(rows).toEqual([{ custom_revision: null }]);
});

it('when all are gone the fence stays, and nobody stumbles over it', async () => {
  await define();
  await reindex();
  await here.store.delete(context, 'SearchParameter', code.id);
  for (const { store } of [here, lagging, open()]) await store.create(context, flag('a'));
  await expect(found('code=a')).rejects.toThrow(/has no search parameter "code"/);
  await define();
  await reindex();
  expect(await found('code=a')).toHaveLength(3);
});

it('another meaning must wait again; a search that knew the old one is not answered', async () => {
  await here.store.update(context, 'x', flag('a'));
  await define();
  await reindex();
  await lagging.custom.refresh(fixture.database);
  const read = parseSearch(lagging.asked, 'Flag', [['code', 'a']], { baseUrl: context.baseUrl });
  expect((await lagging.store.search(context, read)).resources).toHaveLength(1);
  await define(searchParameter('Flag.code', 'token', 'Flag.category'));
  await expect(lagging.store.search(context, read)).rejects.toThrow(/was changed at this moment\. Search again/);
  await expect(found('code=a')).rejects.toThrow(/\$reindex for Flag/);
  await reindex();
  expect(await found('code=a')).toEqual([]);
  await expect(lagging.store.search(context, read)).rejects.toThrow(/was changed at this moment/);
});

it('once used its meaning is fixed, it ends only when nobody uses it, and is remembered', async () => {
  await define();
  await reindex();
  await here.custom.refresh(fixture.database);
  const query = parseSearch(here.asked, 'Flag', [['code', 'a']], { baseUrl: context.baseUrl });
  const uses = customUses(here.asked, query);
  await fixture.database.transaction((tx) => here.custom.use(tx, 'default', uses));
  const other = searchParameter('Flag.code', 'token', 'Flag.category');
  await expect(define(other)).rejects.toThrow(/its meaning \(token, Flag\.code\) is fixed/);
  users = ['s1', 's2', 's3', 's4', 's5', 's6'];
  const end = () => here.store.delete(context, 'SearchParameter', code.id);
  await expect(end()).rejects.toThrow(/used by Subscription\/s1, .*Subscription\/s5 and others\./);
  users = [];
  await end();
  await expect(found('code=a')).rejects.toThrow(/is not active any more/);
  expect(here.custom.definitions.stored.searchParameters('Flag').get('code')).toMatchObject({
    expression: 'Flag.code',
  });
  await expect(define(other)).rejects.toThrow(/is fixed/);
  await expect(fixture.database.transaction((tx) => here.custom.use(tx, 'default', uses))).rejects.toThrow(
    /was changed/,
  );
  await define();
  await reindex();
  expect(await found('code=a')).toEqual([]);
});

it('whoever ends it waits for a Subscription that is being written with it, and then sees it', async () => {
  await define();
  await reindex();
  await here.custom.refresh(fixture.database);
  const uses = customUses(here.asked, parseSearch(here.asked, 'Flag', [['code', 'a']], { baseUrl: context.baseUrl }));
  let commit!: () => void;
  const decided = new Promise<void>((resolve) => (commit = resolve));
  let hold!: () => void;
  const held = new Promise<void>((resolve) => (hold = resolve));
  const writing = fixture.database.transaction(async (tx) => {
    await here.custom.use(tx, 'default', uses);
    hold();
    await decided;
  });
  await held;
  const ending = here.store.delete(context, 'SearchParameter', code.id);
  const refused = expect(ending).rejects.toThrow(/used by Subscription\/s1/);
  await blocked(fixture.database);
  users = ['s1'];
  commit();
  await Promise.all([writing, refused]);
});

it("is of its tenant only; its name is everybody's", async () => {
  await define();
  await reindex();
  await here.custom.refresh(fixture.database);
  const read = parseSearch(here.asked, 'Flag', [['code', 'a']], { baseUrl: context.baseUrl });
  await expect(here.store.search({ tenant: 'other' }, read)).rejects.toThrow(/was changed at this moment/);
  const theirs = { ...context, tenant: 'other' };
  await expect(here.store.update(theirs, 'mine', resource({ ...code, id: 'mine' }))).rejects.toThrow(
    /another one is the search parameter "code" of Flag already/i,
  );
});

it('two of one transaction meet each other', async () => {
  const twin = { ...code, id: 'twin' };
  const both = [code, twin].map((each) => ({ kind: 'update', id: each.id, resource: resource(each) }) as const);
  await expect(here.store.transaction(context, both)).rejects.toThrow(/SearchParameter\/flag-code .* already/);
});
