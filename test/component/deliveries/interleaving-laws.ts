// The steps to choose from, what must hold between any two of them, and the model as a ledger that takes them.
import fc from 'fast-check';
import { LEASE_MS, type LedgerSteps, type Step } from './interleaving-steps';
import { type LedgerModel, type ModelSettings, type Snapshot } from './ledger-model';

export const WORKERS = 3;
// Small on purpose: windows fill, keys crowd, lanes grow long within a few steps.
export const settings: ModelSettings = { slices: 2, windowRows: 6, busyRows: 2, leaseMs: LEASE_MS };

const worker = fc.nat(WORKERS - 1);
const pick = fc.nat(5);
const ids = fc.array(fc.constantFrom('a', 'a', 'a', 'b', 'c', 'd'), { minLength: 1, maxLength: 6 });
export const step: fc.Arbitrary<Step> = fc.oneof(
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

export function steps(max: number, from = step): fc.Arbitrary<Step[]> {
  return fc.array(from, { minLength: 5, maxLength: max, size: 'max' });
}

/** What holds between any two transactions, on plain data: I11 and its neighbours. */
export function checkSnapshot({ rows, held, slices, barriers }: Snapshot, now: number): void {
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

export function modelSteps(model: LedgerModel): LedgerSteps {
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
