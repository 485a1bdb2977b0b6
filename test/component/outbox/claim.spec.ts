// The claim of deliveries.md 3a: roots closed, locked in seq order, never skipped, never matched twice.
import { claimEvents, markMatched, unmatchedRoots, unmatchedStats, type ResourceEvent } from '../../../src/outbox';
import { hash53, type Database, type OpenTx, type Statement } from '../../../src/platform';
import type { ResourceStore } from '../../../src/store';
import { runThrough } from '../../support/open-tx';
import { blocked, context, holding, observation, openStore, patient, type StoreFixture } from '../store/store-fixture';

let fixture: StoreFixture;
let store: ResourceStore;
let matchers: Database[];
beforeAll(async () => {
  fixture = await openStore();
  store = fixture.store;
  const settings = { jit: 'off', enable_seqscan: 'off', enable_bitmapscan: 'off' };
  matchers = [fixture.test.open({ settings }), fixture.test.open({ settings })];
});
afterAll(async () => {
  await fixture.test.drop();
});

const now = new Date('2026-03-01T10:00:00.000Z');
const name = (event: ResourceEvent): string => `${event.type}/${event.id}/${event.version}`;

/** One match transaction: claim, note the order, mark. */
async function matchOnce(database: Database, roots: readonly number[], seen: string[], limit = 500): Promise<number> {
  return database.transaction(async (tx) => {
    const events = await claimEvents(tx, roots, limit);
    markMatched(
      tx,
      events.map((event) => event.seq),
      now,
    );
    // Order of commits is order of matching: this runs while the rows are still locked.
    seen.push(...events.map(name));
    return events.length;
  });
}

async function drain(roots: readonly number[] = []): Promise<string[]> {
  const seen: string[] = [];
  for (;;) {
    const open = roots.length > 0 ? roots : await unmatchedRoots(matchers[0]!, 100);
    if (open.length === 0 || (await matchOnce(matchers[0]!, open, seen)) === 0) return seen;
  }
}

it('gives events of the asked roots with every field, in seq order, within the limit', async () => {
  await drain();
  await store.update(context, 'e1', observation('Patient/a'));
  await store.update(context, 'e2', observation('Patient/b'));
  await store.update(context, 'e1', observation('Patient/a'));
  await store.delete(context, 'Observation', 'e1');
  const root = hash53('Patient/a');
  const [rows, events] = await matchers[0]!.transaction(async (tx) => [
    await fixture.outbox('Observation', 'e1'),
    await claimEvents(tx, [root], 500),
  ]);
  expect(events).toEqual(
    rows.map((row) => ({
      seq: row.seq,
      eventId: row.event_id,
      tenant: 'default',
      type: 'Observation',
      id: 'e1',
      version: row.version,
      interaction: row.interaction,
      root: 'Patient/a',
      rootHash: root,
      bodyBytes: row.body_bytes,
      requestId: 'req-1',
      xid: row.xid,
      writtenAt: row.written_at,
    })),
  );
  const two = await matchers[0]!.transaction((tx) => claimEvents(tx, [root], 2));
  expect(two.map((event) => event.version)).toEqual([1, 2]);
  expect(await matchers[0]!.transaction((tx) => claimEvents(tx, [], 2))).toEqual([]);
  expect(await drain([root])).toEqual(['Observation/e1/1', 'Observation/e1/2', 'Observation/e1/3']);
  expect(await drain()).toEqual(['Observation/e2/1']);
});

it('closes the roots: a resource that moved drags its older events in, over several moves', async () => {
  for (const subject of ['Patient/m1', 'Patient/m2', 'Patient/m3', 'Patient/m4'])
    await store.update(context, 'mv', observation(subject));
  await store.update(context, 'other', observation('Patient/m2'));
  const claimed = await matchers[0]!.transaction((tx) => claimEvents(tx, [hash53('Patient/m4')], 500));
  expect(claimed.map(name)).toEqual([
    'Observation/mv/1',
    'Observation/mv/2',
    'Observation/mv/3',
    'Observation/mv/4',
    'Observation/other/1',
  ]);
  expect(claimed.slice(1, 4).map((event) => event.prevRootHash)).toEqual(
    ['Patient/m1', 'Patient/m2', 'Patient/m3'].map(hash53),
  );
  expect((await matchers[0]!.transaction((tx) => claimEvents(tx, [hash53('Patient/m1')], 500))).map(name)).toEqual([
    'Observation/mv/1',
  ]);
  await drain();
});

it('a second matcher waits for the first and then finds the rows done', async () => {
  await store.update(context, 's1', patient());
  await store.update(context, 's1', patient());
  const roots = [hash53('Patient/s1')];
  let first: ResourceEvent[] = [];
  const held = await holdingMatch(async (tx) => {
    first = await claimEvents(tx, roots, 500);
    markMatched(
      tx,
      first.map((event) => event.seq),
      now,
    );
  });
  const second = matchers[1]!.transaction((tx) => claimEvents(tx, roots, 500));
  await blocked(fixture.database);
  await held.release();
  expect(first).toHaveLength(2);
  expect(await second).toEqual([]);
});

it('a second matcher gets everything when the first rolls back', async () => {
  await store.update(context, 's2', patient());
  const roots = [hash53('Patient/s2')];
  const held = await holdingMatch(async (tx) => {
    const events = await claimEvents(tx, roots, 500);
    markMatched(
      tx,
      events.map((event) => event.seq),
      now,
    );
  });
  const second = matchers[1]!.transaction((tx) => claimEvents(tx, roots, 500));
  await blocked(fixture.database);
  await held.rollback();
  expect((await second).map(name)).toEqual(['Patient/s2/1']);
  await drain();
});

async function holdingMatch(
  run: (tx: OpenTx) => Promise<void>,
): Promise<{ release(): Promise<void>; rollback(): Promise<void> }> {
  return holding(matchers[0]!, (query) => {
    const ask = async <R extends object>({ text, values }: Statement) => {
      const rows = (await query(text, [...values])) as R[];
      return { rows, rowCount: rows.length };
    };
    return runThrough(ask, run);
  });
}

it('I5: two matchers and a sweep on the same roots, while resources move: nothing twice, nothing lost, no version passes another', async () => {
  await drain();
  const seen: string[] = [];
  let isWriting = true;
  const subjects = ['Patient/1', 'Patient/2', 'Patient/3'];
  const writer = async (number: number): Promise<void> => {
    for (let round = 0; round < 60; round += 1) {
      const id = `r${(number + round) % 5}`;
      if (round % 15 === 14) await store.delete(context, 'Observation', id);
      else await store.update(context, id, observation(subjects[(number * round) % 3]!));
    }
  };
  const matcher = async (database: Database, roots: number[]): Promise<void> => {
    while (isWriting) await matchOnce(database, roots, seen, 7);
  };
  const sweep = async (): Promise<void> => {
    while (isWriting) {
      for (const root of await unmatchedRoots(matchers[1]!, 2)) await matchOnce(matchers[1]!, [root], seen, 5);
    }
  };
  const roots = subjects.map(hash53);
  const matching = [
    matcher(matchers[0]!, roots),
    matcher(matchers[1]!, [...roots].reverse()),
    matcher(matchers[1]!, roots.slice(0, 1)),
    sweep(),
  ];
  await Promise.all(Array.from({ length: 6 }, (_, number) => writer(number)));
  isWriting = false;
  await Promise.all(matching);
  seen.push(...(await drain()));
  const all = (await fixture.outbox())
    .filter((row) => /^r\d$/.test(row.id))
    .map((row) => `${row.type}/${row.id}/${row.version}`);
  expect([...seen].sort()).toEqual(all.sort());
  const last = new Map<string, number>();
  const overtakings = seen.filter((one) => {
    const [, id, version] = one.split('/');
    const passed = Number(version) !== (last.get(id!) ?? 0) + 1;
    last.set(id!, Number(version));
    return passed;
  });
  expect(overtakings).toEqual([]);
});

it('refuses to mark what is not there to be marked', async () => {
  await store.update(context, 'x1', patient());
  const seqs = (await fixture.outbox('Patient', 'x1')).map((row) => row.seq);
  await expect(matchers[0]!.transaction(async (tx) => markMatched(tx, [...seqs, 999_999_999], now))).rejects.toThrow(
    'Marked 1 outbox rows',
  );
  expect(await drain()).toEqual(['Patient/x1/1']);
});

it('the sweep sees the longest waiting roots first, and a hot root hides nobody', async () => {
  await drain();
  expect(await unmatchedStats(matchers[0]!)).toEqual({ count: 0 });
  for (let round = 0; round < 90; round += 1) await store.update(context, 'hot', patient());
  for (const id of ['c1', 'c2', 'c3']) await store.update(context, id, patient());
  const [hot, ...cold] = ['hot', 'c1', 'c2', 'c3'].map((id) => hash53(`Patient/${id}`));
  expect(await unmatchedRoots(matchers[0]!, 10)).toEqual([hot, ...cold]);
  // Four roots wanted: 80 rows looked at, all of the hot one.
  const listed = await unmatchedRoots(matchers[0]!, 4);
  expect(listed[0]).toBe(hot);
  expect([...listed].sort()).toEqual([hot!, ...cold].sort());
  const [oldest] = await fixture.outbox('Patient', 'hot');
  expect(await unmatchedStats(matchers[0]!)).toEqual({ count: 93, oldestWrittenAt: oldest!.written_at });
  await drain();
});

it('claims and marks by index only: with a backlog the plans name the partial indexes', async () => {
  await drain();
  // Of a table with a row or two any index is as good, and whether it was analyzed meanwhile decides; of a backlog that was, only these will do.
  const ask = (text: string): Promise<unknown> => fixture.database.query({ text, values: [] });
  await ask(`insert into outbox (event_id, tenant, type, id, version, interaction, root, root_hash, body_bytes, request_id, written_at)
    select gen_random_uuid(), 'default', 'Patient', 'p' || n, 1, 'create', 'Patient/p' || n, n, 1, 'backlog', '2026-03-01T11:58:00Z'
      from generate_series(1, 5000) n`);
  await ask('analyze outbox');
  const { rows } = await matchers[0]!.transaction(async (tx) => {
    await claimEvents(tx, [1], 500);
    return tx.query<{ 'QUERY PLAN': string }>({
      text: 'explain execute outbox_claim_events(array[1,2]::bigint[], 500)',
      values: [],
    });
  });
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).not.toMatch(/Seq Scan|Bitmap/);
  expect(plan).toMatch(/Index.*root_hash_prev_root_hash/);
  await ask(`delete from outbox where request_id = 'backlog'`);
});
