// The match index against the plain evaluation of everything: for generated criteria over the official examples, with subscriptions
// coming, changing and going between the events, both answer the same. More of the same, and larger: `npm run bench -- matching`.
import fc from 'fast-check';
import { definitionsFor, FhirError, parseCriteria, type FhirResource } from '../../src/fhir';
import { PredicateIndex, type MatchAnswer, type MatchInput } from '../../src/matching';
import { EventWalk } from '../../src/matching/predicate-index/event-walk';
import { RegistryGroups } from '../../src/subscriptions/registry-groups';
import { exampleResources, generatedCriteria, pick, seededRandom, type Random } from '../support/generated-criteria';
import { LinearMatchIndex } from '../support/linear-match-index';

const definitions = definitionsFor('R4');
const baseUrl = 'http://127.0.0.1/fhir';
const byType = new Map<string, FhirResource[]>();
for (const resource of exampleResources()) {
  byType.set(resource.resourceType, [...(byType.get(resource.resourceType) ?? []), resource]);
}
const types = [...byType.keys()];

/** Two indexes on equal registries, which always hear the same. */
class Duel {
  private readonly followed = new RegistryGroups();
  private readonly plain = new RegistryGroups();
  private readonly index = new PredicateIndex(this.followed, definitions);
  private readonly oracle = new LinearMatchIndex(this.plain, definitions);

  constructor(private readonly random: Random) {}

  /** Adds the subscription, or replaces what has its key. */
  put(subscriptionKey: number, type: string): void {
    this.subscribe(subscriptionKey, generatedCriteria(this.random, definitions, byType.get(type)!));
  }

  /** The same with criteria given. */
  subscribe(subscriptionKey: number, criteria: string): void {
    try {
      const query = parseCriteria(definitions, criteria, { baseUrl });
      const facts = { subscriptionKey, tenant: 'default', id: `s${subscriptionKey}` };
      const entry = { ...facts, sendDeletes: this.random() < 0.2, intervals: [{ query }] };
      this.followed.put(entry);
      this.plain.put(entry);
    } catch (error) {
      // Expected: criteria that cannot be evaluated exactly, such as a text that folds to nothing.
      if (!(error instanceof FhirError)) throw error;
    }
  }

  remove(subscriptionKey: number): void {
    this.followed.remove(subscriptionKey);
    this.plain.remove(subscriptionKey);
  }

  /** What both answer; fails when they differ. */
  compare(resource: FhirResource, isDelete: boolean): number {
    const { resourceType: type, id = 'x' } = resource;
    const writtenAt = new Date('2026-01-01T00:00:00Z');
    const input: MatchInput = { tenant: 'default', type, id, xid: 100, writtenAt, isDelete, resource };
    const [found, expected] = [this.index.match(input), this.oracle.match(input)];
    expect(this.texts(found)).toEqual(this.texts(expected));
    if (found.matched.length > 0) expect(this.index.mayMatch('default', type, isDelete)).toBe(true);
    return found.matched.length;
  }

  private texts({ matched, broken }: MatchAnswer): unknown {
    return { matched: matched.map(({ subscriptionKey }) => subscriptionKey), broken: broken.length };
  }
}

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

it.each([1, 2])('finds the same among many criteria of few types, seed %i', (seed) => {
  const random = seededRandom(seed);
  const duel = new Duel(random);
  const own = ['Observation', 'Patient', 'Encounter'];
  for (let key = 1; key <= 3_000; key += 1) duel.put(key, pick(random, own));
  const matches = own.flatMap((type) =>
    byType
      .get(type)!
      .slice(0, 40)
      .map((one) => duel.compare(one, false)),
  );
  expect(Math.max(...matches)).toBeGreaterThan(100);
});

/** How many groups each of the resources makes the index look at, the answers compared. */
function lookedAt(duel: Duel, resources: readonly FhirResource[]): number[] {
  const candidates = jest.spyOn(EventWalk.prototype, 'consider');
  const counts = resources.map((resource) => {
    candidates.mockClear();
    duel.compare(resource, false);
    return candidates.mock.calls.length;
  });
  candidates.mockRestore();
  return counts;
}

const ofQuantity = (value: number, code = 'mmol/L'): object => ({
  code: { coding: [{ system: 'http://loinc.org', code: '2823-3' }] },
  valueQuantity: { value, system: 'http://unitsofmeasure.org', code },
});
const observation = (parts: object): FhirResource => ({ resourceType: 'Observation', id: 'o', ...parts });

it('looks at the thresholds that a quantity passes, and at no others', () => {
  const duel = new Duel(seededRandom(6));
  const unit = 'http://unitsofmeasure.org|umol/L';
  for (let key = 1; key <= 500; key += 1) {
    duel.subscribe(key, `Observation?code=2823-3&value-quantity=gt${key}|${unit}`);
    duel.subscribe(1_000 + key, `Observation?code-value-quantity=http://loinc.org|2823-3$gt${key}`);
    duel.subscribe(2_000 + key, `Observation?code=other&value-quantity=gt${key}|${unit}`);
  }
  const counts = lookedAt(duel, [observation(ofQuantity(0.0095)), observation(ofQuantity(0.2505))]);
  expect(counts).toEqual([9, 250]);
});

it('looks at the windows that an event is in, not at those before and after it', () => {
  const duel = new Duel(seededRandom(7));
  const day = (n: number): string => new Date(Date.UTC(2000, 0, n)).toISOString().slice(0, 10);
  for (let key = 1; key <= 500; key += 1) {
    duel.subscribe(key, `Encounter?date=ge${day(key)}&date=lt${day(key + 1)}`);
    duel.subscribe(1_000 + key, `Observation?value-quantity=ge${key}&value-quantity=lt${key + 1}`);
  }
  const encounter = (period: object): FhirResource => ({ resourceType: 'Encounter', id: 'e', period });
  const found = lookedAt(duel, [
    encounter({ start: `${day(100)}T10:00:00Z`, end: `${day(100)}T11:00:00Z` }),
    encounter({ start: day(490) }),
    encounter({ start: day(3), end: day(5) }),
    observation(ofQuantity(77.5)),
    observation(ofQuantity(9_999)),
  ]);
  const [within, open, several, number, nowhere] = found;
  // Besides its own, those that share a cell with it.
  expect(within).toBeLessThan(10);
  expect(open).toBeLessThan(20);
  expect(several).toBeLessThan(10);
  expect(number).toBeLessThan(10);
  expect(nowhere).toBe(0);
});

it('files groups anew when their key turns out to be common, and answers the same all the while', () => {
  const duel = new Duel(seededRandom(5));
  // Before there was an event, every three letters of a name seemed equally rare, so all lie under the first.
  const wordOf = (n: number) => `smi${n.toString(36).padStart(4, 'q')}`;
  for (let key = 1; key <= 400; key += 1) duel.subscribe(key, `Patient?name:contains=${wordOf(key * 977)}`);
  const candidates = jest.spyOn(EventWalk.prototype, 'consider');
  const lookedAt: number[] = [];
  for (let event = 0; event < 200; event += 1) {
    candidates.mockClear();
    const family = event % 20 === 0 ? wordOf((1 + event) * 977) : 'smith';
    duel.compare({ resourceType: 'Patient', id: 'p', name: [{ family }] }, false);
    lookedAt.push(candidates.mock.calls.length);
    if (event % 7 === 0) duel.subscribe(1 + event, `Patient?name:contains=${wordOf(event * 31 + 500_000)}`);
  }
  candidates.mockRestore();
  expect(lookedAt[1]).toBeGreaterThan(300);
  expect(lookedAt.at(-1)).toBeLessThan(30);
});
