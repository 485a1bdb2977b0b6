// What a page goes on from is told twice: by SQL of the stored index, and from one version's own index values. They must agree.
import { indexEntries, parseSearch, type FhirResource, type SearchSort } from '../../../src/fhir';
import { indexRow } from '../../../src/store/search/columns';
import { SqlValues } from '../../../src/store/search/search-sql';
import { sortCast, sortSql, sortValue } from '../../../src/store/search/sort-keys';
import { partitionOf } from '../../../src/store/sql/partition';
import { context, definitions, openStore, resource, type StoreFixture } from './store-fixture';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await openStore();
});
afterAll(() => fixture.test.drop());

const coding = (code: string, system?: string) => ({ coding: [{ code, ...(system && { system }) }] });
const cases: readonly [FhirResource, readonly string[]][] = [
  [
    {
      resourceType: 'Patient',
      id: 'p',
      name: [{ family: 'Żółw', given: ['Ana', 'zoé'] }, { family: '\u{1F600}' }, { family: '\uFF5E' }],
      address: [{ line: ['7 Quay'], city: 'Amble' }, { country: 'Wales' }],
      identifier: [{ system: 'http://a', value: 'z' }, { value: 'a|b' }, { system: 'http://z', value: 'b' }],
      birthDate: '1980-02',
      deceasedDateTime: '2020-01-01T00:00:00+01:00',
      gender: 'other',
      managingOrganization: { reference: 'Organization/o' },
      generalPractitioner: [{ reference: 'Practitioner/b' }, { reference: 'Practitioner/a/_history/2' }],
    },
    [
      'name',
      'family',
      'given',
      'address',
      'identifier',
      'birthdate',
      'death-date',
      'gender',
      'organization',
      'general-practitioner',
      'email',
    ],
  ],
  [
    {
      resourceType: 'Observation',
      id: 'b',
      status: 'final',
      code: { coding: [...coding('z', 'http://a').coding, ...coding('b').coding] },
      subject: { reference: 'Patient/p' },
      effectivePeriod: { start: '2020-01-01' },
      valueQuantity: { value: 3.5, unit: 'kg' },
      component: [
        { code: coding('c'), valueQuantity: { value: -1e30 } },
        { code: coding('d'), valueQuantity: { value: 2 } },
      ],
    },
    [
      'status',
      'code',
      'subject',
      'encounter',
      'date',
      'value-quantity',
      'component-value-quantity',
      'combo-value-quantity',
      '_id',
      '_lastUpdated',
      'focus',
    ],
  ],
  [
    {
      resourceType: 'Encounter',
      id: 'e',
      status: 'finished',
      class: { code: 'AMB' },
      period: { end: '2020-01-01' },
      location: [
        { location: { reference: 'Location/l' }, period: { start: '2021' } },
        { location: { reference: 'Location/k' } },
      ],
    },
    ['date', 'location', 'location-period', 'class', 'length'],
  ],
];

/** The value of one key, from the version's own index values. */
function fromIndex(given: FhirResource, sort: string) {
  const query = parseSearch(definitions, given.resourceType, [['_sort', sort]], { baseUrl: context.baseUrl });
  const [key] = query.sort as [SearchSort];
  return sortValue(definitions, key, {
    type: given.resourceType,
    id: given.id!,
    lastUpdated: new Date(0),
    index: () => indexRow(indexEntries(definitions, given, { baseUrl: context.baseUrl })),
  });
}

it('what stands under the codes of other parameters is sorted by: a name by its parts, combo-value-quantity by both of its own', () => {
  const [[patient], [observation]] = cases as [(typeof cases)[0], (typeof cases)[0]];
  expect([fromIndex(patient, 'name'), fromIndex(patient, '-address')]).toEqual(['ana', 'wales']);
  expect(fromIndex(observation, 'combo-value-quantity')).toMatch(/^-1e\+?30$|^-1000000/);
});

it.each(
  cases.flatMap(([given, codes]) => codes.flatMap((code) => [`${code}`, `-${code}`].map((sort) => ({ given, sort })))),
)('$given.resourceType?_sort=$sort', async ({ given, sort }) => {
  const type = given.resourceType;
  await fixture.store.update(context, given.id!, resource(given));
  const query = parseSearch(definitions, type, [['_sort', sort]], { baseUrl: context.baseUrl });
  const [key] = query.sort as [SearchSort];
  const stored = (await fixture.store.read(context.tenant, type, given.id!))!;
  const fromVersion = sortValue(definitions, key, {
    type,
    id: given.id!,
    lastUpdated: stored.lastUpdated,
    index: () => indexRow(indexEntries(definitions, given, { baseUrl: context.baseUrl })),
  });
  const values = new SqlValues();
  const tenant = values.add(context.tenant, 'text');
  const sql = sortSql(key, { definitions, type, values, tenant });
  const wanted = fromVersion === undefined ? 'null' : values.add(fromVersion, sortCast(definitions, type, key));
  const { rows } = await fixture.database.query<{ agrees: boolean; value: unknown }>({
    text: `select (${sql}) is not distinct from ${wanted} as agrees, (${sql})::text as value from ${partitionOf(type)} r
      where r.tenant = ${tenant} and r.id = ${values.add(given.id, 'text')}`,
    values: values.list,
  });
  expect({ fromVersion, ...rows[0] }).toMatchObject({ agrees: true });
});
