// The index itself: the tables hold what columns.ts writes, and the matcher and
// SQL give the same answer for whatever is asked of whatever is stored.
import fc from 'fast-check';
import {
  canonicalQuery,
  definitionsFor,
  indexEntries,
  matchesQuery,
  parseSearch,
  type FhirResource,
} from '../../../src/fhir';
import { matchesToken } from '../../../src/fhir/search/token';
import { indexColumns, indexRow, sideTables } from '../../../src/store/search/columns';
import { tokenForm, tokenForms } from '../../../src/store/search/index-keys';
import { SearchIndex } from '../../conformance/search-index';
import { createTestDatabase, type TestDatabase } from '../../support/database';

const definitions = definitionsFor('R4');
const baseUrl = 'http://herald.test/fhir';

const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

it('writes a token key that a query asks for exactly where the two match', () => {
  const part = fc.constantFrom('a', 'b', 'a|b', '|', '\\\\', 'a\\\\|b', '');
  const entries = fc.record({ system: optional(part), code: part, isImplied: fc.boolean() });
  const asked = fc.record({ system: optional(part), code: optional(part.filter((text) => text !== '')) });
  fc.assert(
    fc.property(entries, asked, ({ system: own, ...entry }, value) => {
      fc.pre(value.code !== undefined || (value.system !== undefined && value.system !== ''));
      const token = { kind: 'token', system: own === '' ? undefined : own, ...entry } as const;
      const wanted = { kind: 'token', text: '', ...value } as const;
      expect(tokenForms(token).includes(tokenForm(wanted))).toBe(matchesToken(token, wanted));
    }),
    { numRuns: 5000 },
  );
});

async function columnsOf(table: string): Promise<string[]> {
  const { rows } = await test.database.query<{ column: string }>({
    text: `select column_name || ' ' || replace(udt_name, '_text', 'text[]') as "column" from information_schema.columns where table_name = $1`,
    values: [table],
  });
  return rows.map(({ column }) => column);
}

const described = (columns: readonly { name: string; type: string }[]): string[] =>
  columns.map(({ name, type }) => `${name} ${type}`);

it('has the columns that a write fills', async () => {
  expect(await columnsOf('resource')).toEqual(expect.arrayContaining(described(indexColumns)));
  for (const table of sideTables)
    expect(await columnsOf(table.name)).toEqual(expect.arrayContaining(described(table.columns)));
});

// Few values, so that queries meet resources.
const word = fc.constantFrom('a', 'A', 'ab', 'á', 'b', 'b|c', 'a,b', 'x'.repeat(520), 'ß', '$\\');
const system = fc.constantFrom('http://s', 'urn:t|u', `http://${'s'.repeat(520)}`);
const dateText = fc.constantFrom(
  '2020',
  '2020-01',
  '2020-01-01',
  '2020-01-31',
  '2020-02-01',
  '2019-12-31T23:30:00-01:00',
  '2020-01-01T00:00:00Z',
  '2020-01-01T00:00:00.500Z',
  '2020-01-01T12:00:00+14:00',
  '2021',
);
const coding = fc.record({ system: optional(system), code: optional(word) });
const concept = fc.record({ coding: optional(fc.array(coding, { minLength: 1, maxLength: 2 })), text: optional(word) });
const period = fc.record({ start: optional(dateText), end: optional(dateText) });
const identifier = fc.record({ system: optional(system), value: optional(word) });
const target = fc.constantFrom(
  'Patient/a',
  'Patient/b',
  'Group/a',
  'Practitioner/a',
  `${baseUrl}/Patient/a`,
  'http://o/fhir/Patient/a',
  'Patient/a/_history/1',
  '#inner',
  'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0',
);
const reference = fc.record({ reference: optional(target), identifier: optional(identifier), display: optional(word) });
const list = <T>(item: fc.Arbitrary<T>) => optional(fc.array(item, { minLength: 1, maxLength: 2 }));

const quantity = fc.record({
  value: optional(fc.constantFrom(0, 0.3, 5.35, 5.4, 300, -1, 98.6)),
  comparator: optional(fc.constantFrom('<', '>=')),
  system: optional(fc.constantFrom('http://unitsofmeasure.org', 'http://s')),
  code: optional(fc.constantFrom('g', 'mg', 'Cel', '[degF]', 'x')),
  unit: optional(fc.constantFrom('g', 'gram')),
});
const observation = fc.record({
  code: optional(concept),
  status: fc.constantFrom('final', 'amended'),
  category: list(concept),
  subject: optional(reference),
  encounter: optional(fc.constant({ reference: 'Encounter/a' })),
  performer: list(reference),
  identifier: list(identifier),
  effectiveDateTime: optional(dateText),
  valuePeriod: optional(period),
  valueString: optional(word),
  component: list(fc.record({ valueQuantity: optional(quantity) })),
});
const patient = fc.record({
  name: list(fc.record({ family: optional(word), given: list(word), text: optional(word) })),
  address: list(fc.record({ line: list(word), city: optional(word), country: optional(word) })),
  identifier: list(identifier),
  gender: optional(fc.constantFrom('male', 'female')),
  active: optional(fc.boolean()),
  birthDate: optional(fc.constantFrom('2020', '2020-01', '2020-01-01')),
  deceasedDateTime: optional(dateText),
  generalPractitioner: list(reference),
  telecom: list(fc.record({ system: optional(fc.constantFrom('phone', 'email')), value: optional(word) })),
});
// Either choice of a value[x] or effective[x] at a time, as validation demands.
const observations = observation.map(({ valuePeriod, valueString, ...rest }) =>
  valuePeriod === undefined ? { ...rest, valueString } : { ...rest, valuePeriod },
);

const escaped = (text: string): string => text.replace(/[\\,|$]/g, '\\$&');
const tokenText = fc.oneof(
  word.map(escaped),
  system.map((value) => `${escaped(value)}|`),
  word.map((value) => `|${escaped(value)}`),
  fc.tuple(system, word).map(([first, second]) => `${escaped(first)}|${escaped(second)}`),
);
const referenceText = fc.constantFrom(
  'a',
  'b',
  'Patient/a',
  `${baseUrl}/Patient/a`,
  'http://o/fhir/Patient/a',
  'Patient/a/_history/1',
  'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0',
);
const prefixedDate = fc
  .tuple(fc.constantFrom('', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'), dateText)
  .map(([prefix, text]) => prefix + text);
const prefixedQuantity = fc
  .tuple(
    fc.constantFrom('', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'),
    fc.constantFrom('0', '0.3', '0.30', '5.4', '5', '300', '3e2', '-1', '37.0'),
    fc.constantFrom(
      '',
      '||g',
      '||gram',
      '|http://unitsofmeasure.org|g',
      '|http://unitsofmeasure.org|mg',
      '|http://s|x',
    ),
  )
  .map((parts) => parts.join(''));
const stringText = word.map(escaped);

type Filter = readonly [string, string];

function filters(names: readonly string[], value: fc.Arbitrary<string>): fc.Arbitrary<Filter> {
  const values = fc.array(value, { minLength: 1, maxLength: 3 }).map((several) => several.join());
  return fc.oneof(
    { weight: 5, arbitrary: fc.tuple(fc.constantFrom(...names), values) },
    {
      weight: 1,
      arbitrary: fc.tuple(
        fc.constantFrom(...names.map((name) => `${name.split(':')[0]}:missing`)),
        fc.constantFrom('true', 'false'),
      ),
    },
  );
}

const asked: Readonly<Record<string, fc.Arbitrary<Filter>>> = {
  Observation: fc.oneof(
    filters(
      ['code', 'code:not', 'category', 'category:not', 'identifier', 'subject:identifier', 'performer:identifier'],
      tokenText,
    ),
    filters(
      ['status', 'status:not'],
      fc.constantFrom('final', 'amended', 'http://hl7.org/fhir/observation-status|final', '|final'),
    ),
    filters(['subject', 'patient', 'performer', 'subject:Patient'], referenceText),
    filters(['encounter'], fc.constantFrom('a', 'b', 'Encounter/a', 'Encounter/a/_history/2')),
    filters(['performer:Practitioner', 'subject:Group'], fc.constant('a')),
    filters(['date', 'value-date'], prefixedDate),
    filters(['component-value-quantity', 'combo-value-quantity'], prefixedQuantity),
    filters(['value-string', 'value-string:exact', 'value-string:contains'], stringText),
    filters(['_id', '_id:not'], fc.constantFrom('r0', 'r1', '|r2', 's|r3')),
    filters(['_lastUpdated'], prefixedDate),
  ),
  Patient: fc.oneof(
    filters(['identifier', 'identifier:not', 'telecom', 'phone', 'phone:not'], tokenText),
    filters(['gender', 'gender:not', 'active', 'deceased:not'], fc.constantFrom('male', 'female', 'true', '|true')),
    filters(
      ['name', 'name:exact', 'family', 'family:exact', 'family:contains', 'given', 'given:exact', 'given:contains'],
      stringText,
    ),
    filters(['name:contains', 'address', 'address:exact', 'address:contains', 'address-city'], stringText),
    filters(['birthdate', 'death-date'], prefixedDate),
    filters(['general-practitioner'], fc.constantFrom('a', 'Practitioner/a', 'http://o/fhir/Patient/a')),
  ),
};

const stored: Readonly<Record<string, fc.Arbitrary<object>>> = { Observation: observations, Patient: patient };

it('what a part of a name or of an address says stands once, under the code of the part', () => {
  const patientOf = (name: object, address: object): FhirResource => ({
    resourceType: 'Patient',
    id: 'p',
    name: [name],
    address: [address],
  });
  const full = patientOf(
    { text: 'Dr Ana Lee', family: 'Lee', given: ['Ana'], prefix: ['Dr'] },
    { line: ['7 Quay'], city: 'Amble', country: 'Lee' },
  );
  const { side } = indexRow(indexEntries(definitions, full, { baseUrl }));
  expect(side[0]!.map(([param, folded]) => `${String(param)} ${String(folded)}`).sort()).toEqual([
    'address 7 quay',
    'address-city amble',
    'address-country lee',
    'family lee',
    'given ana',
    'name dr',
    'name dr ana lee',
  ]);
});

it.each(Object.keys(asked))('one meaning: memory and SQL agree on any %s and any query', async (type) => {
  const times = fc.constantFrom('2019-12-31T23:59:59.999Z', '2020-01-01T00:00:00.000Z', '2020-01-01T00:00:00.500Z');
  const resources = fc.array(fc.tuple(stored[type]!, times), { minLength: 5, maxLength: 12 });
  const queries = fc.array(fc.array(asked[type]!, { minLength: 1, maxLength: 3 }), { minLength: 20, maxLength: 30 });
  const now = new Date('2020-03-01T00:00:00Z');
  let run = 0;
  await fc.assert(
    fc.asyncProperty(resources, queries, async (bodies, searches) => {
      // A tenant for each run: nothing to clear away.
      const index = new SearchIndex(test.database, baseUrl, `${type}-${run++}`);
      const all = bodies.map(([body, lastUpdated], n): FhirResource => {
        const resource = { resourceType: type, id: `r${n}`, meta: { lastUpdated }, ...body };
        return JSON.parse(JSON.stringify(resource)) as FhirResource;
      });
      await Promise.all(all.map((resource) => index.add(resource)));
      const parsed = searches.map((search) => parseSearch(definitions, type, search, { baseUrl, now }));
      const inSql = await Promise.all(parsed.map((query) => index.find(query)));
      const inMemory = parsed.map((query) =>
        all.filter((resource) => matchesQuery(definitions, query, resource, () => undefined)).map(({ id }) => id!),
      );
      const shown = (found: readonly string[][]) =>
        parsed.map((query, n) => ({ query: canonicalQuery(query), found: [...found[n]!].sort() }));
      expect(shown(inSql)).toEqual(shown(inMemory));
    }),
    { numRuns: 10 },
  );
});
