// What the match index does for an event, counted: it looks at who may match, whatever else is subscribed. The answers are compared with the
// evaluation of everything all the while.
import type { FhirResource } from '../../src/fhir';
import { Bucket } from '../../src/matching/predicate-index/bucket';
import { EventWalk } from '../../src/matching/predicate-index/event-walk';
import { TypeIndex } from '../../src/matching/predicate-index/type-index';
import { referencedAmong, seededRandom } from '../support/generated-criteria';
import { amongExamples, Duel, standard } from './match-index.duel';

/** How many groups each of the resources makes the index look at, the answers compared. */
function lookedAt(duel: Duel, resources: readonly FhirResource[], referenced = amongExamples): number[] {
  const candidates = jest.spyOn(EventWalk.prototype, 'consider');
  const counts = resources.map((resource) => {
    candidates.mockClear();
    duel.compare(resource, false, referenced);
    return candidates.mock.calls.length;
  });
  candidates.mockRestore();
  return counts;
}

/** One subscription of every kind for each number; all the same length, so that all are asked for in the same ways. */
const mixed = (n: number): string[] => {
  const name = String(n).padStart(6, '0');
  return [
    `Observation?patient=Patient/p${name}`,
    `Observation?code=http://loinc.org|c${name}&value-quantity=gt5||mmol/L`,
    `Observation?code=c${name}&date=ge2020-01-01&status:not=cancelled`,
    `Observation?performer=Practitioner/d${name},Practitioner/e${name}`,
    `Observation?value-string=word${name}&category:not=x`,
    `Observation?subject.identifier=http://mrn|${name}`,
  ];
};

it('S4.15: what an event costs is the same among 300 mixed subscriptions and 3,000, of which the others cannot match', () => {
  const event: FhirResource = {
    resourceType: 'Observation',
    id: 'o',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: 'c000007' }] },
    subject: { reference: 'Patient/p000008', identifier: { system: 'http://mrn', value: '000009' } },
    performer: [{ reference: 'Practitioner/e000010' }],
    effectiveDateTime: '2024-01-01',
    valueQuantity: { value: 6, code: 'mmol/L' },
  };
  const steps = ['consider', 'follow', 'isTrue', 'visitSorted'];
  const costOf = (each: number): { counts: number[]; matches: number } => {
    const duel = new Duel(seededRandom(9));
    for (let n = 0; n < each; n += 1) mixed(n).forEach((text, kind) => duel.subscribe(1 + n * 6 + kind, text));
    const spies = steps.map((step) => jest.spyOn(EventWalk.prototype, step as 'consider'));
    const matches = duel.compare(event, false);
    const counts = spies.map(({ mock }) => mock.calls.length);
    spies.forEach((spy) => spy.mockRestore());
    return { counts, matches };
  };
  const few = costOf(50);
  expect(few.matches).toBe(5);
  expect(few.counts[0]).toBe(5);
  expect(costOf(500)).toEqual(few);
});

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

it('looks at who asks for an identifier, whether the reference names it or leads to it', () => {
  const duel = new Duel(seededRandom(8));
  for (let key = 1; key <= 500; key += 1) {
    duel.subscribe(key, `DocumentReference?subject:identifier=http://mrn|${key}`);
    duel.subscribe(1_000 + key, `DocumentReference?subject.identifier=http://mrn|${key}&status=current`);
  }
  const identifier = (value: string) => ({ system: 'http://mrn', value });
  const targets: FhirResource[] = [
    { resourceType: 'Patient', id: 'p', identifier: [identifier('7'), identifier('8')] },
    { resourceType: 'Group', id: 'g', identifier: [identifier('9')] },
  ];
  const about = (subject: object): FhirResource => ({
    resourceType: 'DocumentReference',
    id: 'd',
    status: 'current',
    subject,
  });
  const counts = lookedAt(
    duel,
    [
      about({ identifier: identifier('500') }),
      about({ reference: 'Patient/p' }),
      about({ reference: 'Group/g' }),
      about({ reference: 'Patient/unknown' }),
    ],
    referencedAmong(standard, targets),
  );
  expect(counts).toEqual([2, 4, 2, 0]);
});

it('files and takes out lists of the same people by their length, not by its square', () => {
  const people = 200;
  const lists = 40;
  const identifiers = Array.from({ length: people }, (_, n) => `http://mrn|${n}`).join(',');
  const duel = new Duel(seededRandom(10));
  const read = jest.spyOn(TypeIndex.prototype, 'read' as 'remove');
  const placed = jest.spyOn(Bucket.prototype, 'add');
  const lookedUp = jest.spyOn(Bucket.prototype, 'removeKey' as 'remove');
  const costs: number[] = [];
  for (let key = 1; key <= lists; key += 1) {
    read.mockClear();
    duel.subscribe(key, `Patient?identifier=${identifiers}&gender=other,${'x'.repeat(key)}`);
    costs.push(read.mock.calls.length);
  }
  // The groups that are there already are read once each, and only when what shares a key is told apart.
  expect(Math.max(...costs)).toBeLessThanOrEqual(lists);
  expect(placed.mock.calls.length).toBeLessThan(5 * people * lists);
  expect(
    duel.compare(
      { resourceType: 'Patient', id: 'p', gender: 'other', identifier: [{ system: 'http://mrn', value: '7' }] },
      false,
    ),
  ).toBe(lists);
  for (let key = 1; key <= lists; key += 1) duel.remove(key);
  expect(lookedUp.mock.calls.length).toBeLessThan(5 * people * lists);
  expect(duel.compare({ resourceType: 'Patient', id: 'p', gender: 'other' }, false)).toBe(0);
  for (const spy of [read, placed, lookedUp]) spy.mockRestore();
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
