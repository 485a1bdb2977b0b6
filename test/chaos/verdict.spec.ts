// The judge finds what it is there to find.
import type { Arrival } from './arrival';
import type { DeliveryFact, VersionFact } from './facts';
import { judge, type Evidence } from './verdict';

const version = (id: string, n: number, change: Partial<VersionFact> = {}): VersionFact => ({
  name: `Patient/${id}/${n}`,
  type: 'Patient',
  id,
  version: n,
  interaction: n === 1 ? 'create' : 'update',
  body: '{}',
  events: 1,
  eventId: `e-${id}-${n}`,
  root: `Patient/${id}`,
  ...change,
});
const delivery = (id: string, n: number, change: Partial<DeliveryFact> = {}): DeliveryFact => ({
  subscription: 's',
  eventNumber: n,
  keyHash: 1,
  eventId: `e-${id}-${n}`,
  name: `Patient/${id}/${n}`,
  state: 'delivered',
  writtenAt: n,
  endedAt: n * 100,
  ...change,
});
const arrival = (id: string, n: number, at: number, change: Partial<Arrival> = {}): Arrival => ({
  slot: 'well',
  subscription: 's',
  eventId: `e-${id}-${n}`,
  eventNumber: n,
  attempt: 1,
  version: n,
  interaction: 'update',
  method: 'PUT',
  path: `/well/Patient/${id}`,
  digest: `${n}`,
  at,
  mood: 'kept',
  isKept: true,
  ...change,
});

const answered = (name: string, at: number): Evidence['acknowledged'][number] => ({ name, writer: 1, at, isNew: true });

const well: Evidence = {
  facts: {
    versions: [version('a', 1), version('a', 2)],
    deliveries: [delivery('a', 1), delivery('a', 2)],
    counters: [{ subscription: 's', lastEventNo: 2 }],
    attempts: 2,
    staleAttempts: 0,
    unpublished: 0,
  },
  arrivals: [arrival('a', 1, 50), arrival('a', 2, 150)],
  acknowledged: [answered('Patient/a/1', 1), answered('Patient/a/2', 2)],
  expectations: new Map([
    ['s', { slot: 'well', type: 'Patient', sendsDeletes: false, hasPayload: true, wants: () => true }],
  ]),
  frozen: [],
  afterFreezeMs: 100,
};
const withFacts = (change: Partial<Evidence['facts']>): Evidence => ({ ...well, facts: { ...well.facts, ...change } });

it('says nothing of a run in which all is well', () => {
  expect(judge(well)).toMatchObject({ lost: [], disorder: [], gaps: [], wrong: [], duplicates: 0, kept: 2 });
});

const [one, two] = well.arrivals as [Arrival, Arrival];
it.each<[string, keyof ReturnType<typeof judge>, Evidence]>([
  ['a commit that was answered and is gone', 'lost', { ...well, acknowledged: [answered('Patient/b/1', 1)] }],
  ['a version without an event', 'lost', withFacts({ versions: [version('a', 1), version('a', 2, { events: 0 })] })],
  ['a version nobody was told of', 'lost', withFacts({ versions: [...well.facts.versions, version('b', 1)] })],
  [
    'a delivery that waits',
    'lost',
    withFacts({ deliveries: [delivery('a', 1), delivery('a', 2, { state: 'held', endedAt: null })] }),
  ],
  ['a delivery that never arrived', 'lost', { ...well, arrivals: [one] }],
  [
    'a delivery that the receiver refused',
    'lost',
    { ...well, arrivals: [one, { ...two, isKept: false, mood: '500' }] },
  ],
  ['the second before the first', 'disorder', { ...well, arrivals: [{ ...one, at: 200 }, two] }],
  ['the second before the first was done', 'disorder', { ...well, arrivals: [one, two, { ...one, at: 160 }] }],
  [
    'a later write with a lower number',
    'disorder',
    { ...well, acknowledged: [answered('Patient/a/2', 1), answered('Patient/a/1', 2)] },
  ],
  ['a missing number', 'gaps', withFacts({ counters: [{ subscription: 's', lastEventNo: 3 }] })],
  ['a delivery nobody asked for', 'wrong', withFacts({ versions: [version('a', 1)] })],
  ['a request at the wrong place', 'wrong', { ...well, arrivals: [one, { ...two, slot: 'slow' }] }],
  ['a repeat with another body', 'wrong', { ...well, arrivals: [one, two, { ...two, at: 160, digest: 'x' }] }],
  ['a request that is no delivery', 'wrong', { ...well, arrivals: [...well.arrivals, arrival('z', 9, 300)] }],
])('finds %s', (_, kind, evidence) => {
  expect(judge(evidence)[kind]).toHaveLength(1);
});

it('excuses a repeat that a process brought when it woke from a long freeze, and counts it', () => {
  const arrivals = [one, two, { ...one, at: 1_060 }];
  const frozen = [{ from: 40, to: 1_000 }];
  expect(judge({ ...well, arrivals, frozen })).toMatchObject({ disorder: [], excused: 1, duplicates: 1 });
  expect(judge({ ...well, arrivals, frozen: [{ from: 40, to: 900 }] }).disorder).toHaveLength(1);
  // Who stands still sends nothing: while one is frozen, another one must not.
  expect(judge({ ...well, arrivals, frozen: [{ from: 40, to: 2_000 }] }).disorder).toHaveLength(1);
});

it('matches a delete by the version before it, for those who want deletes', () => {
  const versions = [version('a', 1), version('a', 2, { interaction: 'delete', body: null })];
  expect(judge(withFacts({ versions })).wrong).toHaveLength(1);
  const expectations = new Map([['s', { ...well.expectations.get('s')!, sendsDeletes: true }]]);
  expect(judge({ ...withFacts({ versions }), expectations })).toMatchObject({ lost: [], wrong: [] });
});
