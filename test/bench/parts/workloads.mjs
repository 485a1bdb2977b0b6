// Four kinds of subscriptions and the events they hear of, each deterministic: number n of a workload is the same in every run and size.
const pick = (random, items) => items[Math.floor(random() * items.length)];
const below = (random, count) => Math.floor(random() * count);
const day = (n) => new Date(Date.UTC(2026, 0, 1) + n * 86_400_000).toISOString().slice(0, 10);
const minute = (n) => `${new Date(Date.UTC(2020, 0, 1) + n * 60_000).toISOString().slice(0, 19)}Z`;
const consonants = 'bcdfghjklmnprstvwxz';
const vowels = 'aeiou';
/** Number n as a word: 95 syllables. */
const word = (n) => consonants[n % 19] + vowels[Math.floor(n / 19) % 5] + (n >= 95 ? word(Math.floor(n / 95)) : '');

/** What laboratories measure: the unit and a thousandth of it, the middle of what they find, and how far most results lie from it. */
const measures = [
  { unit: 'mmol/L', label: 'mmol/l', thousandth: 'umol/L', middle: 4.2, spread: 0.6 },
  { unit: 'mg/dL', label: 'mg/dl', thousandth: 'ug/dL', middle: 95, spread: 25 },
  { unit: 'g/L', label: 'g/l', thousandth: 'mg/L', middle: 142, spread: 18 },
  { unit: '10*9/L', label: 'G/l', thousandth: '10*6/L', middle: 7.1, spread: 2.4 },
  { unit: 'U/L', label: 'U/l', thousandth: 'mU/L', middle: 31, spread: 14 },
  { unit: 'umol/L', label: 'µmol/l', thousandth: 'nmol/L', middle: 78, spread: 20 },
  { unit: 's', label: 's', thousandth: 'ms', middle: 12.4, spread: 1.3 },
  { unit: 'kPa', label: 'kPa', thousandth: 'Pa', middle: 11.6, spread: 1.8 },
];
const codes = 1_000;
const measureOf = (code) => measures[code % measures.length];
/** Of three throws, so that results gather round the middle. */
const result = (random, { middle, spread }) =>
  Math.max(0.01, middle + spread * (random() + random() + random() - 1.5) * 2).toFixed(2);
/** Beyond the middle, where people want to be told: a tenth of the results pass it, on average. */
const limit = (random, { middle, spread }, side) =>
  Math.max(0.01, middle + side * spread * (0.4 + 1.9 * random())).toFixed(2);

const ucum = 'http://unitsofmeasure.org';
/** The ways in which people write a limit: with the unit's system, by its code alone, in thousandths, in one parameter with the code. */
const thresholds = [
  (code, { unit }, over) => `code=http://loinc.org|c${code}&value-quantity=gt${over}|${ucum}|${unit}`,
  (code, { unit }, over) => `code=http://loinc.org|c${code}&value-quantity=gt${over}||${unit}`,
  (code, { unit }, over, under) => `code=http://loinc.org|c${code}&value-quantity=lt${under}|${ucum}|${unit}`,
  (code, { thousandth }, over) => `code=c${code}&value-quantity=ge${over}e3|${ucum}|${thousandth}`,
  (code, { unit }, over) => `code-value-quantity=http://loinc.org|c${code}$gt${over}|${ucum}|${unit}`,
];

export const observation = (id, { patient, code, at, quantity = { value: 6.3, ...measures[0] } }) => ({
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
  valueQuantity: { value: quantity.value, unit: quantity.label, system: ucum, code: quantity.unit },
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

const anyObservation = (id, random, patients = 1e6) => {
  const code = below(random, codes);
  const measure = measureOf(code);
  return observation(id, {
    patient: `p${below(random, patients)}`,
    code: `c${code}`,
    at: minute(below(random, 1e6)),
    quantity: { value: Number(result(random, measure)), ...measure },
  });
};

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
    `Observation?code=http://loinc.org|c${below(random, codes)},c${below(random, codes)}&status:not=cancelled&date=${minute(below(random, 1e6)).slice(0, 10)}`,
  (random) =>
    `Observation?code=c${below(random, codes)}&date=ge${minute(below(random, 1e6))}&patient=p${below(random, 1e5)}`,
  (random) => {
    const code = below(random, codes);
    const measure = measureOf(code);
    return `Observation?${pick(random, thresholds)(code, measure, limit(random, measure, 1), limit(random, measure, -1))}`;
  },
  (random) =>
    `Observation?code:not=c${below(random, codes)}&category=laboratory&performer=Practitioner/x${below(random, 1e5)}`,
];

/** `types`: the resource types of the version, for the subscriptions that name nothing but one. */
export const workloads = {
  'patient-specific': {
    criteria: (n) => `Observation?patient=Patient/p${n}`,
    event: (id, random, count) => anyObservation(id, random, count),
  },
  'code + quantity threshold': {
    criteria: (n, random) => {
      const measure = measureOf(n % codes);
      const [over, under] = [limit(random, measure, 1), limit(random, measure, -1)];
      return `Observation?${pick(random, thresholds)(n % codes, measure, over, under)}`;
    },
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

const nhsNumber = (n) => String(9_000_000_000 + n);
const identifiers = (first, count) =>
  Array.from({ length: count }, (_, n) => `https://fhir.nhs.uk/Id/nhs-number|${nhsNumber(first + n)}`).join(',');

/** Lists of so many people each; every event is about one of them. */
export const listsOf = (people) => ({
  criteria: (n) => `Patient?identifier=${identifiers(n * people, people)}`,
  event: (id, random, count) => ({
    ...patient(id, random),
    identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: nhsNumber(below(random, count * people)) }],
  }),
});

/** One by its name; a number stands for lists of so many people. */
export const workloadOf = (name) => (typeof name === 'number' ? listsOf(name) : workloads[name]);
