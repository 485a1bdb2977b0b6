// Four kinds of subscriptions and the events they hear of, each deterministic: number n of a workload is the same in every run and size.
const pick = (random, items) => items[Math.floor(random() * items.length)];
const below = (random, count) => Math.floor(random() * count);
const day = (n) => new Date(Date.UTC(2026, 0, 1) + n * 86_400_000).toISOString().slice(0, 10);
const minute = (n) => `${new Date(Date.UTC(2020, 0, 1) + n * 60_000).toISOString().slice(0, 16)}Z`;
const consonants = 'bcdfghjklmnprstvwxz';
const vowels = 'aeiou';
/** Number n as a word: 95 syllables. */
const word = (n) => consonants[n % 19] + vowels[Math.floor(n / 19) % 5] + (n >= 95 ? word(Math.floor(n / 95)) : '');

export const observation = (id, { patient, code, at }) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  category: [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }] },
  ],
  code: { coding: [{ system: 'http://loinc.org', code, display: 'a laboratory test' }], text: 'a laboratory test' },
  subject: { reference: `Patient/${patient}`, display: 'Muster, Erika' },
  encounter: { reference: `Encounter/${patient}-1` },
  effectiveDateTime: at,
  issued: at,
  performer: [{ reference: 'Practitioner/lab', display: 'Central laboratory' }],
  valueQuantity: { value: 6.3, unit: 'mmol/l', system: 'http://unitsofmeasure.org', code: 'mmol/L' },
  referenceRange: [{ low: { value: 3.1, unit: 'mmol/l' }, high: { value: 6.2, unit: 'mmol/l' } }],
});

const patient = (id, random) => ({
  resourceType: 'Patient',
  id,
  active: true,
  identifier: [{ system: 'urn:oid:1.2.36.146.595.217', value: `mrn-${below(random, 1e6)}` }],
  name: [
    {
      use: 'official',
      family: word(below(random, 5_000)),
      given: [word(below(random, 500)), word(below(random, 500))],
    },
  ],
  telecom: [{ system: 'phone', value: '(03) 5555 6473', use: 'work' }],
  gender: pick(random, ['male', 'female', 'female', 'unknown']),
  birthDate: day(-below(random, 30_000)),
  address: [
    { line: ['534 Erewhon St'], city: word(below(random, 800)), postalCode: String(1000 + below(random, 9000)) },
  ],
});

const encounter = (id, random) => ({
  resourceType: 'Encounter',
  id,
  status: pick(random, ['planned', 'arrived', 'in-progress', 'finished']),
  class: {
    system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
    code: pick(random, ['AMB', 'IMP', 'EMER', 'VR']),
  },
  subject: { reference: `Patient/p${below(random, 1e6)}` },
  period: {
    start: `${day(below(random, 365))}T08:00:00Z`,
    ...(random() < 0.5 && { end: `${day(365 + below(random, 30))}T10:00:00Z` }),
  },
  serviceProvider: { reference: `Organization/o${below(random, 500)}` },
});

const anyObservation = (id, random, patients = 1e6) =>
  observation(id, {
    patient: `p${below(random, patients)}`,
    code: `c${below(random, 1_000)}`,
    at: minute(below(random, 1e6)),
  });

const mixed = [
  (random) => `Patient?family=${word(below(random, 5_000))}&gender:not=male`,
  (random) => `Patient?name:contains=${word(below(random, 5_000)).slice(0, 4)}&birthdate=ge${1950 + below(random, 60)}`,
  (random) => `Patient?birthdate=${day(-below(random, 30_000)).slice(0, 7)}&address-city=${word(below(random, 800))}`,
  (random) => `Patient?identifier=urn:oid:1.2.36.146.595.217|mrn-${below(random, 1e6)},mrn-${below(random, 1e6)}`,
  (random) =>
    `Encounter?status=arrived,in-progress&date=ge${day(below(random, 400))}&service-provider=Organization/o${below(random, 500)}`,
  (random) => `Encounter?subject=Patient/p${below(random, 1e6)}&class:not=VR`,
  (random) =>
    `Encounter?class=IMP,EMER&date=lt${day(below(random, 365))}&service-provider=Organization/o${below(random, 500)}`,
  (random) =>
    `Observation?code=http://loinc.org|c${below(random, 1e3)},c${below(random, 1e3)}&status:not=cancelled&date=${minute(below(random, 1e6)).slice(0, 10)}`,
  (random) =>
    `Observation?code=c${below(random, 1e3)}&date=ge${minute(below(random, 1e6))}&patient=p${below(random, 1e5)}`,
  (random) =>
    `Observation?code:not=c${below(random, 1e3)}&category=laboratory&performer=Practitioner/x${below(random, 1e5)}`,
];

/** `types`: the resource types of the version, for the subscriptions that name nothing but one. */
export const workloads = {
  'patient-specific': {
    criteria: (n) => `Observation?patient=Patient/p${n}`,
    event: (id, random, count) => anyObservation(id, random, count),
  },
  'code + date threshold': {
    criteria: (n, random) => `Observation?code=http://loinc.org|c${n % 1_000}&date=gt${minute(below(random, 1e7))}`,
    event: (id, random) => anyObservation(id, random),
  },
  'type only': {
    criteria: (n, random, types) => (n % 1_000 === 0 ? 'Observation' : types[n % types.length]),
    event: (id, random) => anyObservation(id, random),
  },
  mix: {
    criteria: (n, random) => pick(random, mixed)(random),
    event: (id, random) => pick(random, [patient, encounter, anyObservation])(id, random),
  },
};
