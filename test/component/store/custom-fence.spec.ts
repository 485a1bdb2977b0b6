// Nothing that any process writes, at any moment, is missing from the index once a search parameter of one's own is searchable.
import type { Database, Statement, Tx } from '../../../src/platform';
import type { ResourceChange, WriteParticipant } from '../../../src/store';
import { eventually } from '../../support/deadline';
import { searchParameter } from '../../support/search-parameter';
import {
  ask,
  code,
  define,
  fixture,
  flag,
  found,
  here,
  isDone,
  lagging,
  open,
  reindex,
  turn,
  worker,
  type Process,
  useCustomWorld,
} from './custom-world';
import { blocked, context, resource } from './store-fixture';

useCustomWorld();

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
  // The duty comes round again when the lock was not to be had in time.
  const rebuilding = eventually(async () => (await worker().work(turn()), isDone()), { deadlineMs: 60_000 });
  await blocked(fixture.database);
  expect(await isDone()).toBe(false);
  commit();
  await Promise.all([writing, rebuilding]);
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

it('while several processes write as they please, it is defined and indexed, and in the end nothing is missing', async () => {
  const processes = [lagging, open(), open(), open()];
  let isOver = false;
  const written = new Map<string, string>();
  const writer = async ({ store }: Process, place: number): Promise<void> => {
    for (let n = 0; n < 25 || !isOver; n += 1) {
      const [id, text] = [`${place}-${n % 10}`, `v${n % 3}`];
      await store.update(context, id, flag(text));
      written.set(id, text);
    }
  };
  const writing = Promise.all(processes.map(writer));
  await define();
  await ask();
  await eventually(async () => (await worker().work(turn()), isDone()), { deadlineMs: 60_000 });
  isOver = true;
  await writing;
  for (const value of ['v0', 'v1', 'v2']) {
    const expected = [...written].filter(([, text]) => text === value).map(([id]) => id);
    expect(await found(`code=${value}&_count=100`)).toEqual(expected.sort());
  }
});
