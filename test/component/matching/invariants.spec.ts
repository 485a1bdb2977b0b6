// Matchers meet each other, fail at every step and race with writers: the numbers stay 1..n, in version order, nothing twice, nothing lost.
import { scheduleDeliveries } from '../../../src/deliveries/ledger/schedule';
import { unmatchedRoots } from '../../../src/outbox';
import type { Database, OpenTx, Statement } from '../../../src/platform';
import { runThrough } from '../../support/open-tx';
import { put, subscribe, subscription } from '../subscriptions/world';
import { checkLedger, createMatchWorld, ledger, patient, rootOf, settle, told, write, type MatchWorld } from './world';

let world: MatchWorld;
beforeEach(async () => {
  world = await createMatchWorld();
});
afterEach(() => world.stop());

const never = new AbortController().signal;

async function writeVersions(ids: readonly string[], versions: number): Promise<void> {
  for (let version = 1; version <= versions; version += 1) {
    await Promise.all(ids.map((id) => write(world, patient(id, { active: version % 2 === 0 }))));
  }
}

async function checkVersionOrder(): Promise<void> {
  const last = new Map<string, number>();
  for (const row of await ledger(world)) {
    const key = `${row.id} ${row.resource}`;
    expect(row.version).toBe((last.get(key) ?? 0) + 1);
    last.set(key, row.version);
  }
}

it('I3: two matchers and a sweep on the same roots make each delivery once and burn no number', async () => {
  for (const id of ['a', 'b', 'c']) await subscribe(world, subscription('Patient', { id }));
  const ids = Array.from({ length: 12 }, (_, i) => `p${i}`);
  const sides = [world.newMatcher(), world.newMatcher(), world.newMatcher()] as const;
  let isWriting = true;
  const match = async (work: () => Promise<unknown>): Promise<void> => {
    while (isWriting) await work();
  };
  const roots = ids.map(rootOf);
  const matching = Promise.all([
    match(() => sides[0].matcher.matchRoots(roots, never)),
    match(() => sides[1].matcher.matchRoots([...roots].reverse(), never)),
    match(() => settle(sides[2])),
  ]);
  await writeVersions(ids, 15);
  isWriting = false;
  await matching;
  await settle(sides[0]);
  await checkLedger(world);
  await checkVersionOrder();
  expect(await ledger(world)).toHaveLength(3 * 12 * 15);
});

/** Fails after the nth statement of a transaction, `nth` rising with each, until it is beyond the last. */
function failing(database: Database, stops: { nth: number }): Database {
  const transaction = async <T>(run: (tx: OpenTx) => Promise<T>): Promise<T> =>
    database.transaction(async (tx) => {
      const nth = stops.nth;
      let statements = 0;
      const query = async <R extends object>(statement: Statement) => {
        const answer = await tx.query<R>(statement);
        statements += 1;
        if (statements === nth) throw new Error(`stopped after statement ${nth}`);
        return answer;
      };
      const result = await runThrough(query, run);
      if (nth === statements + 1) throw new Error('stopped before the commit');
      stops.nth = nth > statements ? 1 : nth;
      return result;
    });
  return { query: (statement: Statement) => database.query(statement), transaction } as unknown as Database;
}

it('I4: numbers are 1..n over rollbacks at every step of the transaction', async () => {
  for (const id of ['a', 'b']) await subscribe(world, subscription('Patient', { id }));
  const stops = { nth: 1 };
  const reached = new Set<string>();
  const database = failing(world.test.open(), stops);
  const broken = world.newMatcher({ database });
  for (let round = 0; round < 4; round += 1) {
    await writeVersions(['x', 'y', 'z'], 3);
    for (;;) {
      try {
        await broken.matcher.matchRoots(['x', 'y', 'z'].map(rootOf), never);
        break;
      } catch (error) {
        // Expected: the stop that was set. The next run gets one statement further.
        reached.add((error as Error).message);
        stops.nth += 1;
      }
    }
  }
  expect([...reached]).toEqual(
    expect.arrayContaining(['stopped after statement 1', 'stopped after statement 5', 'stopped before the commit']),
  );
  await settle(world.newMatcher());
  await checkLedger(world);
  await checkVersionOrder();
  expect(await ledger(world)).toHaveLength(2 * 3 * 12);
});

it('I5: for one resource that 50 clients write, event numbers follow versionId', async () => {
  await subscribe(world, subscription('Patient', { id: 'hot' }));
  const sides = [world.newMatcher(), world.newMatcher()];
  let isWriting = true;
  const matching = Promise.all(
    sides.map(async ({ matcher }) => {
      while (isWriting) await matcher.matchRoots([rootOf('one')], never);
    }),
  );
  await Promise.all(
    Array.from({ length: 50 }, async (_, client) => {
      for (let i = 0; i < 8; i += 1) await write(world, patient('one', { active: client % 2 === 0 }));
    }),
  );
  isWriting = false;
  await matching;
  await settle(sides[0]!);
  await checkLedger(world);
  expect(await told(world, 'hot')).toEqual(Array.from({ length: 400 }, (_, i) => `one/${i + 1}`));
});

it('keeps version order where a resource moves from patient to patient and only the new root is rung', async () => {
  await subscribe(world, subscription('Observation', { id: 'moves' }));
  const observation = (subject: string) => ({
    resourceType: 'Observation',
    id: 'o',
    status: 'final',
    code: { text: 'x' },
    subject: { reference: `Patient/${subject}` },
  });
  for (const subject of ['p1', 'p2', 'p2', 'p3']) await write(world, observation(subject));
  const { matcher } = world.newMatcher();
  await matcher.matchRoots([rootOf('p3')], never);
  expect(await told(world, 'moves')).toEqual(['o/1', 'o/2', 'o/3', 'o/4']);
  expect(await unmatchedRoots(world.test.database, 100)).toHaveLength(1); // the Subscription's own
});

it('a number once given is not given again when the ledger fails after numbering', async () => {
  await subscribe(world, subscription('Patient', { id: 's' }));
  await writeVersions(['p'], 2);
  let failures = 0;
  const { matcher } = world.newMatcher({
    schedule: (tx, now, matched) => {
      const scheduled = scheduleDeliveries(tx, now, matched);
      failures += 1;
      if (failures <= 3) throw new Error('after numbering');
      return scheduled;
    },
  });
  for (let i = 0; i < 3; i += 1) {
    await expect(matcher.matchRoots([rootOf('p')], never)).rejects.toThrow('after numbering');
  }
  await matcher.matchRoots([rootOf('p')], never);
  expect(await told(world, 's')).toEqual(['p/1', 'p/2']);
  await put(world, subscription('Patient', { id: 's', status: 'off' }));
});
