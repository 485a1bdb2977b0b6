// Searches that go from resource to resource: chains and reverse chains in SQL on a real Postgres, and what both sides know, chains, in
// memory too. They must agree. http://hl7.org/fhir/R4/search.html#chaining
import {
  canonicalQuery,
  definitionsFor,
  matchesSubject,
  parseSearch,
  SearchSubject,
  type FhirResource,
  type SearchQuery,
} from '../../src/fhir';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { SearchIndex } from './search-index';

const definitions = definitionsFor('R4');
const baseUrl = 'http://herald.test/fhir';

const coded = (code: string) => ({ coding: [{ system: 'http://c', code }] });
const identified = (value: string) => [{ system: 'http://mrn', value }];
const resources: readonly FhirResource[] = [
  { resourceType: 'Organization', id: 'o1', name: 'Ärztehaus' },
  { resourceType: 'Organization', id: 'o2', name: 'Clinic', partOf: { reference: 'Organization/o1' } },
  { resourceType: 'Practitioner', id: 'd1', name: [{ family: 'Smith' }] },
  { resourceType: 'Practitioner', id: 'd2', name: [{ family: 'Jones' }], identifier: identified('d2') },
  {
    resourceType: 'Patient',
    id: 'p1',
    name: [{ family: 'Smith' }],
    gender: 'female',
    birthDate: '1980-05-05',
    identifier: identified('1'),
    managingOrganization: { reference: 'Organization/o2' },
    generalPractitioner: [{ reference: 'Practitioner/d1' }, { reference: `${baseUrl}/Practitioner/d2` }],
  },
  { resourceType: 'Patient', id: 'p2', name: [{ family: 'Jones' }], identifier: identified('2') },
  { resourceType: 'Group', id: 'g1', type: 'person', actual: true, identifier: identified('1') },
  { resourceType: 'Encounter', id: 'e1', class: { code: 'AMB' }, subject: { reference: 'Patient/p1' } },
  {
    resourceType: 'Observation',
    id: 'b1',
    status: 'final',
    code: coded('a'),
    subject: { reference: 'Patient/p1' },
    encounter: { reference: 'Encounter/e1' },
    performer: [{ reference: 'Practitioner/d1/_history/7' }, { reference: 'Organization/o2' }],
  },
  {
    resourceType: 'Observation',
    id: 'b2',
    status: 'final',
    code: coded('b'),
    subject: { reference: `${baseUrl}/Patient/p2` },
    performer: [{ reference: 'Practitioner/d2' }],
  },
  { resourceType: 'Observation', id: 'b3', status: 'final', code: coded('a'), subject: { reference: 'Group/g1' } },
  { resourceType: 'Observation', id: 'b4', status: 'final', code: coded('a'), subject: { reference: 'Patient/none' } },
  { resourceType: 'Observation', id: 'b5', status: 'final', code: coded('c') },
  {
    resourceType: 'Observation',
    id: 'b6',
    status: 'final',
    code: coded('a'),
    subject: { reference: 'http://other.test/fhir/Patient/p1', identifier: identified('1')[0] },
  },
  {
    resourceType: 'Observation',
    id: 'b7',
    status: 'final',
    code: coded('d'),
    subject: { type: 'Patient', identifier: identified('1')[0] },
  },
];

let test: TestDatabase;
let index: SearchIndex;
beforeAll(async () => {
  test = await createTestDatabase();
  index = new SearchIndex(test.database, baseUrl);
  for (const resource of resources) await index.add(resource);
});
afterAll(() => test.drop());

function parsed(type: string, query: string): SearchQuery {
  return parseSearch(definitions, type, [...new URLSearchParams(query)], { baseUrl });
}

const subjects = new Map<string, SearchSubject>();
for (const resource of resources) {
  subjects.set(
    `${resource.resourceType}/${resource.id}`,
    new SearchSubject(definitions, resource, (key) => subjects.get(key)),
  );
}

function inMemory(query: SearchQuery): string[] {
  const found = [...subjects.values()].filter((subject) => matchesSubject(query, subject));
  return found.map(({ resource }) => resource.id!).sort();
}

describe('chains', () => {
  it.each([
    ['Observation', 'subject:Patient.name=smith', ['b1']],
    ['Observation', 'subject.name=smith', ['b1']],
    ['Observation', 'patient.name=smith,jones', ['b1', 'b2']],
    ['Observation', 'patient.name:exact=smith', []],
    ['Observation', 'subject:Patient.identifier=http://mrn|1', ['b1']],
    ['Observation', 'subject.identifier=http://mrn|1', ['b1', 'b3', 'b6', 'b7']],
    ['Observation', 'patient.identifier=http://mrn|1', ['b1', 'b6', 'b7']],
    ['Observation', 'patient:Patient.identifier=1', ['b1', 'b6', 'b7']],
    ['Observation', 'patient.identifier=http://mrn|9', []],
    ['Observation', 'subject:identifier=http://mrn|1', ['b1', 'b3', 'b6', 'b7']],
    ['Observation', 'subject:identifier=http://mrn|2,http://mrn|9', ['b2']],
    ['Observation', 'patient:identifier=1', ['b1', 'b6', 'b7']],
    ['Observation', 'performer:identifier=d2', ['b2']],
    ['Observation', 'encounter.patient:identifier=1', ['b1']],
    ['Observation', 'subject:identifier=http://mrn|1&subject:Group.identifier=1', ['b3']],
    ['Observation', 'encounter.subject.identifier=1', ['b1']],
    ['Observation', 'subject:Group.identifier=1', ['b3']],
    ['Observation', 'subject:Patient.identifier=http://mrn|1&code=http://c|a', ['b1']],
    ['Observation', 'subject:Patient.identifier=http://mrn|1&subject:Patient.name=jones', []],
    ['Observation', 'patient.gender:not=female', ['b2']],
    ['Observation', 'patient.gender:missing=true', ['b2']],
    ['Observation', 'patient.gender:missing=false', ['b1']],
    ['Observation', 'patient.birthdate=lt1990', ['b1']],
    ['Observation', 'patient._id=p1', ['b1']],
    ['Observation', 'performer.name=smith', ['b1']],
    ['Observation', 'performer:Organization.name=clinic', ['b1']],
    ['Observation', 'performer:Practitioner.name=jones', ['b2']],
    ['Observation', 'performer:Practitioner.identifier=d2', ['b2']],
    ['Observation', 'encounter.patient.name=smith', ['b1']],
    ['Observation', 'patient.organization.name=clin', ['b1']],
    ['Observation', 'patient.organization.partof.name=ARZTEHAUS', ['b1']],
    ['Observation', 'patient.organization=Organization/o2', ['b1']],
    ['Observation', 'patient.organization=o2', ['b1']],
    ['Observation', 'patient.general-practitioner:Practitioner.name=jones', ['b1']],
    ['Observation', 'patient.general-practitioner.name=jones', ['b1']],
    ['Patient', 'general-practitioner:Practitioner.name=smith&general-practitioner:Practitioner.name=jones', ['p1']],
    ['Encounter', 'patient.organization:Organization.partof:Organization.name=nobody', []],
  ] as const)('%s?%s finds the same in SQL, in memory and by its canonical text', async (type, query, ids) => {
    const search = parsed(type, query);
    const again = parsed(type, canonicalQuery(search).slice(type.length + 1));
    expect({ sql: await index.find(search), memory: inMemory(search), again: inMemory(again) }).toEqual({
      sql: ids,
      memory: ids,
      again: ids,
    });
    expect(canonicalQuery(again)).toBe(canonicalQuery(search));
  });

  it('says the same for a chain with the only type it can have, and without', () => {
    const [one, other] = ['patient.name=Smith', 'patient:Patient.name=SMITH'].map((query) => parsed('Flag', query));
    expect(canonicalQuery(one!)).toBe(canonicalQuery(other!));
  });

  it('says the same for :identifier and for the chain to it (ADR 23)', () => {
    const [one, other] = ['subject:identifier=1', 'subject.identifier=1'].map((query) => parsed('Flag', query));
    expect(canonicalQuery(one!)).toBe(canonicalQuery(other!));
  });

  it('cannot be asked where nothing was read of what is referred to', () => {
    const subject = new SearchSubject(
      definitions,
      resources.find(({ id }) => id === 'b1')!,
    );
    expect(() => matchesSubject(parsed('Observation', 'patient.name=smith'), subject)).toThrow('was not read');
  });
});

describe('reverse chains', () => {
  it.each([
    ['Patient', '_has:Observation:patient:code=http://c|a', ['p1']],
    ['Patient', '_has:Observation:subject:code=http://c|b', ['p2']],
    ['Patient', '_has:Observation:patient:code:not=http://c|a', ['p2']],
    ['Group', '_has:Observation:subject:code=a', ['g1']],
    ['Practitioner', '_has:Observation:performer:code=a', ['d1']],
    ['Practitioner', '_has:Observation:performer:code=a,b', ['d1', 'd2']],
    ['Organization', '_has:Observation:performer:code=a', ['o2']],
    ['Organization', '_has:Patient:organization:_has:Observation:patient:code=a', ['o2']],
    ['Organization', '_has:Patient:organization:general-practitioner.identifier=d2', ['o2']],
    ['Patient', '_has:Observation:patient:performer:Organization.name=clinic', ['p1']],
    ['Observation', 'patient._has:Encounter:patient:class=AMB', ['b1']],
    ['Patient', '_has:Observation:patient:code=a&_has:Observation:patient:code=b', []],
  ] as const)('%s?%s', async (type, query, ids) => {
    expect(await index.find(parsed(type, query))).toEqual(ids);
  });

  it('follow what is stored now: neither deleted resources nor old versions', async () => {
    const asked = parsed('Patient', '_has:Encounter:patient:class=AMB');
    const run = (text: string) => test.database.query({ text, values: [] });
    expect(await index.find(asked)).toEqual(['p1']);
    await run(`update resource_encounter set deleted = true where id = 'e1'`);
    expect(await index.find(asked)).toEqual([]);
    expect(await index.find(parsed('Observation', 'encounter.class=AMB'))).toEqual([]);
  });
});
