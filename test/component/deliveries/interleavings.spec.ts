// Random interleavings of several workers: first over the pure model, many; then over Postgres and the model at once, which must agree
// after every step. This is where the held-key part of finish, look and promotion is proven.
import fc from 'fast-check';
import { auditLedger } from '../../../src/deliveries';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { emptyLedger } from './delivering';
import { checkSnapshot, modelSteps, settings, steps, WORKERS } from './interleaving-laws';
import { START, type LedgerSteps, type Step } from './interleaving-steps';
import { World } from './interleaving-world';
import { LedgerModel } from './ledger-model';
import { SqlLedger } from './sql-ledger';

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
