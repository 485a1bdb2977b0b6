// Random interleavings of several workers: first over the pure model, many; then over Postgres and the model at once, which must agree
// after every step. This is where the held-key part of finish, look and promotion is proven.
import fc from 'fast-check';
import { auditLedger } from '../../../src/deliveries';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { emptyLedger } from './delivering';
import { LEASE_MS, START, type LedgerSteps, type Step } from './interleaving-steps';
import { World } from './interleaving-world';
import { LedgerModel, type ModelSettings, type Snapshot } from './ledger-model';
import { SqlLedger } from './sql-ledger';

const WORKERS = 3;
// Small on purpose: windows fill, keys crowd, lanes grow long within a few steps.
const settings: ModelSettings = { slices: 2, windowRows: 6, busyRows: 2, leaseMs: LEASE_MS };

const worker = fc.nat(WORKERS - 1);
const pick = fc.nat(5);
const ids = fc.array(fc.constantFrom('a', 'a', 'a', 'b', 'c', 'd'), { minLength: 1, maxLength: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('write' as const), ids }) },
  { weight: 1, arbitrary: fc.constant({ do: 'switch' as const }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('claim' as const), worker }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('start' as const), worker, pick }) },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      worker,
      pick,
      how: fc.constantFrom('done', 'done', 'retry', 'retry', 'dead'),
      delayMs: fc.constantFrom(0, 100, 5_000),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('flush' as const), worker }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('look' as const), worker }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('reread' as const), worker }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('renew' as const), worker }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), worker }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(50, 200, 600, 1_000, 5_001, LEASE_MS + 1),
    }),
  },
);

function steps(max: number): fc.Arbitrary<Step[]> {
  return fc.array(step, { minLength: 5, maxLength: max, size: 'max' });
}

/** What holds between any two transactions, on plain data: I11 and its neighbours. */
function checkSnapshot({ rows, held, slices, barriers }: Snapshot, now: number): void {
  const ceiling = barriers[0] ?? Infinity;
  for (const row of rows) {
    const key = held.find((one) => one.keyHash === row.keyHash);
    if ((row.state === 'held' || row.state === 'behind') && !key)
      throw new Error(`I11: ${row.eventNo} is ${row.state} without a held key`);
    const slice = slices.find((one) => one.sliceNo === row.sliceNo)!;
    if (row.state === 'pending' && row.eventNo <= ceiling && slice.dueAt === Infinity)
      throw new Error(`I11: ${row.eventNo} is slept over`);
  }
  for (const key of held) {
    const first = rows.find((row) => row.keyHash === key.keyHash && ['pending', 'held', 'behind'].includes(row.state));
    if (first?.eventNo !== key.head)
      throw new Error(`The head of a held key is ${key.head}, the first waiting is ${first?.eventNo}`);
    const slice = slices.find((one) => one.sliceNo === key.sliceNo)!;
    const isAsleep = slice.leaseUntil === null && slice.dueAt > Math.max(key.nextAt, now);
    if (isAsleep && key.head <= ceiling) throw new Error(`I11: the held key of ${key.head} is slept over`);
  }
}

function modelSteps(model: LedgerModel): LedgerSteps {
  return {
    schedule: async (now, list) => model.schedule(now, list),
    switchOrdering: async (_, ordering) => model.switchOrdering(ordering),
    claim: async (now) => model.claim(now),
    finish: async (results, now) => model.finish(results, now),
    renew: async (slices, until) => model.renew(slices, until),
    look: async (requests, now) => model.look(requests, now),
    passBarriers: async (now) => model.passBarriers(now),
    snapshot: async () => model.snapshot(),
  };
}

async function play(ledger: LedgerSteps, list: readonly Step[], check: (world: World) => Promise<void>): Promise<void> {
  const world = new World(ledger, WORKERS, settings.windowRows);
  for (const one of list) {
    await world.step(one);
    await check(world);
  }
  await world.drain();
  await check(world);
}

it('I7, I8, I9, I11, I14: hold in the model, whatever the order of steps', async () => {
  await fc.assert(
    fc.asyncProperty(steps(200), async (list) => {
      const model = new LedgerModel(settings);
      await play(modelSteps(model), list, async (world) => checkSnapshot(model.snapshot(), world.now));
    }),
    { numRuns: 400 },
  );
}, 120_000);

describe('in Postgres', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(async () => db.drop());

  /** Both ledgers take every step; their answers and what they then hold must be equal. */
  function both(model: LedgerModel, sql: SqlLedger): LedgerSteps {
    const agree = async <T>(one: T, other: Promise<T>): Promise<T> => {
      expect(await other).toEqual(one);
      return one;
    };
    return {
      schedule: async (now, list) => agree(model.schedule(now, list), sql.schedule(now, list)),
      switchOrdering: async (now, ordering) => agree(model.switchOrdering(ordering), sql.switchOrdering(now, ordering)),
      claim: async (now) => agree(model.claim(now), sql.claim(now)),
      finish: async (results, now) => agree(model.finish(results, now), sql.finish(results, now)),
      renew: async (slices, until) => agree(model.renew(slices, until), sql.renew(slices, until)),
      look: async (requests, now) => agree(model.look(requests, now), sql.look(requests, now)),
      passBarriers: async (now) => agree(model.passBarriers(now), sql.passBarriers(now)),
      snapshot: async () => agree(model.snapshot(), sql.snapshot()),
    };
  }

  it('the statements do what the model does, step by step', async () => {
    await fc.assert(
      fc.asyncProperty(steps(80), async (list) => {
        await emptyLedger(db.database);
        const model = new LedgerModel(settings);
        const sql = new SqlLedger(db.database, 1, settings);
        const ledger = both(model, sql);
        await sql.open(START);
        await play(ledger, list, async (world) => checkSnapshot(await ledger.snapshot(), world.now));
        expect(await auditLedger(db.database, new Date(START))).toEqual([]);
      }),
      // Not shrunk: the failing steps are told, and the model alone finds a shorter run faster.
      { numRuns: 25, endOnFailure: true },
    );
  }, 240_000);
});
