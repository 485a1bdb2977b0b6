// The match index against the plain evaluation of everything: for generated criteria over the official examples, with subscriptions
// coming, changing and going between the events, both answer the same. Under `npm run test:full` (TEST_FULL=1) among 50,000 as well; more of it:
// `npm run bench -- matching`.
import fc from 'fast-check';
import { pick, seededRandom } from '../support/generated-criteria';
import { byType, Duel, types } from './match-index.duel';

const isFull = process.env['TEST_FULL'] === '1';

it('finds exactly what evaluating everything finds, while subscriptions come and go', () => {
  let matches = 0;
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = seededRandom(seed);
      const duel = new Duel(random);
      const own = Array.from({ length: 3 }, () => pick(random, types));
      for (let key = 1; key <= 400; key += 1) duel.put(key, pick(random, own));
      for (let event = 0; event < 60; event += 1) {
        matches += duel.compare(pick(random, byType.get(pick(random, own))!), random() < 0.2);
        for (let change = 0; change < 5; change += 1) {
          const key = 1 + Math.floor(random() * 500);
          if (random() < 0.4) duel.remove(key);
          else duel.put(key, pick(random, own));
        }
      }
      for (let key = 1; key <= 500; key += 1) duel.remove(key);
      for (const type of own) expect(duel.compare(byType.get(type)![0]!, false)).toBe(0);
    }),
    { numRuns: 12 },
  );
  expect(matches).toBeGreaterThan(1_000);
});

it.each(
  isFull
    ? [
        [50_000, 1],
        [50_000, 2],
        [50_000, 3],
        [3_000, 4],
      ]
    : [
        [3_000, 1],
        [3_000, 2],
      ],
)(
  'finds the same among %i criteria of few types, seed %i',
  (count, seed) => {
    const random = seededRandom(seed);
    const duel = new Duel(random);
    const own = ['Observation', 'Patient', 'Encounter'];
    for (let key = 1; key <= count; key += 1) duel.put(key, pick(random, own));
    const matches = own.flatMap((type) =>
      byType
        .get(type)!
        .slice(0, 40)
        .map((one) => duel.compare(one, false)),
    );
    expect(Math.max(...matches)).toBeGreaterThan(100);
    const kinds = ['token', 'string', 'date', 'quantity', 'reference', 'composite', 'missing'];
    expect(kinds.filter((kind) => !duel.kinds.has(kind))).toEqual([]);
  },
  600_000,
);
