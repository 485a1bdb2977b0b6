// The interleavings of workers once more, with an operator's verbs between any two of their steps: over the model, then over Postgres beside it.
import fc from 'fast-check';
import { auditLedger } from '../../../src/deliveries';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { emptyLedger } from './delivering';
import { checkSnapshot, modelSteps, settings, step, steps, WORKERS } from './interleaving-laws';
import { START, type Step } from './interleaving-steps';
import { OperatedModel } from './operated-model';
import { OperatedSql } from './operated-sql';
import { OperatedWorld, type OperatedSteps } from './operated-world';

const operated: fc.Arbitrary<Step> = fc.oneof(
  { weight: 20, arbitrary: step },
  { weight: 4, arbitrary: fc.constant({ do: 'redrive' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass-over' as const), part: fc.constantFrom(0, 0.3, 0.7, 1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('resend' as const), eventNo: fc.integer({ min: 1, max: 12 }) }) },
);

function operatedModel(model: OperatedModel): OperatedSteps {
  return {
    ...modelSteps(model),
    redrive: async (now) => model.redrive(now),
    passOver: async (now, firstNumber) => model.passOver(now, firstNumber),
    resend: async (now, eventNo) => model.resend(now, eventNo),
    finishResends: async (results) => model.finishResends(results),
    resends: async () => model.resends,
  };
}

async function play(
  ledger: OperatedSteps,
  list: readonly Step[],
  check: (world: OperatedWorld) => Promise<void>,
): Promise<void> {
  const world = new OperatedWorld(ledger, WORKERS, settings.windowRows);
  let before: readonly Row[] = [];
  const checked = async (step?: Step): Promise<void> => {
    const { rows } = await ledger.snapshot();
    checkFinal(before, rows, step?.do === 'redrive');
    before = rows.map(({ eventNo, state }) => ({ eventNo, state }));
    await check(world);
  };
  for (const one of list) {
    await world.step(one);
    await checked(one);
  }
  await world.drain();
  await checked();
}

type Row = { eventNo: number; state: string };
const ENDED = ['delivered', 'dead', 'cancelled'];

/** What has ended stays as it ended, but for a dead letter that was redriven. */
function checkFinal(before: readonly Row[], after: readonly Row[], isRedrive: boolean): void {
  for (const [index, { eventNo, state }] of before.entries()) {
    const now = after[index]!.state;
    if (!ENDED.includes(state) || now === state || (isRedrive && state === 'dead' && now === 'behind')) continue;
    throw new Error(`I10: ${eventNo} was ${state} and is ${now}`);
  }
}

async function checkAll(ledger: OperatedSteps, now: number): Promise<void> {
  const snapshot = await ledger.snapshot();
  checkSnapshot(snapshot, now);
  for (const { eventNo, isDone } of await ledger.resends()) {
    const { sliceNo } = snapshot.rows[eventNo - 1]!;
    if (!isDone && snapshot.slices.find((slice) => slice.sliceNo === sliceNo)!.dueAt === Infinity)
      throw new Error(`I11: the resend of ${eventNo} is slept over`);
  }
}

it('I7, I8, I9, I10, I11, I14: hold in the model whatever an operator does meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(steps(200, operated), async (list) => {
      const ledger = operatedModel(new OperatedModel(settings));
      await play(ledger, list, (world) => checkAll(ledger, world.now));
    }),
    { numRuns: 800 },
  );
}, 120_000);

describe('in Postgres', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(async () => db.drop());

  it('I10: the verbs’ statements do what the model does, step by step, and nothing that ended changes but by a redrive', async () => {
    await fc.assert(
      fc.asyncProperty(steps(80, operated), async (list) => {
        await emptyLedger(db.database);
        const model = operatedModel(new OperatedModel(settings));
        const sql = new OperatedSql(db.database, 1, settings);
        await sql.open(START);
        const names = Object.keys(model) as (keyof OperatedSteps)[];
        const both = Object.fromEntries(
          names.map((name) => [
            name,
            async (...values: unknown[]) => {
              const call = (ledger: object): Promise<unknown> =>
                (ledger as Record<string, (...given: unknown[]) => Promise<unknown>>)[name]!(...values);
              const one = await call(model);
              expect(await call(sql)).toEqual(one);
              return one;
            },
          ]),
        ) as unknown as OperatedSteps;
        await play(both, list, (world) => checkAll(both, world.now));
        expect(await auditLedger(db.database, new Date(START))).toEqual([]);
      }),
      { numRuns: 20, endOnFailure: true },
    );
  }, 240_000);
});
