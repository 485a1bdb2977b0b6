// The match index by search parameters of one's own, against the evaluation of everything.
import { CustomDefinitions, type CustomState } from '../../src/fhir';
import { pick, seededRandom } from '../support/generated-criteria';
import { mirrorOf } from '../support/search-parameter';
import { byType, Duel, standard } from './match-index.duel';

it("finds the same by search parameters of one's own, while they come, wait and end beside those in use", () => {
  const random = seededRandom(8);
  const custom = new CustomDefinitions(standard);
  const own = ['Observation', 'Patient', 'Encounter'];
  const mirrors = own.flatMap((type) =>
    [...standard.searchParameters(type).keys()].flatMap((code) => mirrorOf(type, code) ?? []),
  );
  const states: readonly CustomState[] = ['searchable', 'waiting', 'ended'];
  const duel = new Duel(random, custom.stored);
  let matches = 0;
  for (let revision = 1; revision <= 20; revision += 1) {
    // More of them each time, in any state: what a matcher knows it goes on knowing.
    const known = mirrors.slice(0, Math.ceil((mirrors.length * revision) / 10));
    const parameters = known.map((one) => ({ ...one, state: pick(random, states), revision }));
    custom.take({ revision, parameters, fences: new Map() });
    for (let change = 0; change < 60; change += 1) {
      const key = 1 + Math.floor(random() * 600);
      if (random() < 0.3) duel.remove(key);
      else duel.put(key, pick(random, own));
    }
    for (let event = 0; event < 15; event += 1)
      matches += duel.compare(pick(random, byType.get(pick(random, own))!), random() < 0.2);
  }
  expect(matches).toBeGreaterThan(500);
  for (let key = 1; key <= 600; key += 1) duel.remove(key);
  for (const type of own) expect(duel.compare(byType.get(type)![0]!, false)).toBe(0);
});
