// Questions reach the indexes they count on, once there is enough in the tables for an index to be worth it.
import { definitionsFor, parseSearch } from '../../../src/fhir';
import type { Tx } from '../../../src/platform';
import { STORE_SESSION_SETTINGS } from '../../../src/store';
import { queryCondition } from '../../../src/store/search/search-conditions';
import { SqlValues } from '../../../src/store/search/search-sql';
import { partitionOf } from '../../../src/store/sql/partition';
import { createTestDatabase, type TestDatabase } from '../../support/database';

const definitions = definitionsFor('R4');
const baseUrl = 'http://herald.test/fhir';
const ROWS = 4_000;

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
  for (const type of ['Observation', 'Patient']) await fill(type);
  // Vacuum: it also moves what GIN indexes still hold in their pending lists.
  await run('vacuum analyze resource_observation, resource_patient, resource_string, resource_date, resource_number');
});
afterAll(() => test.drop());

const run = (text: string) => test.database.query({ text, values: [] });

/** Rows as different from each other as real ones; `present` and version as every resource has them. */
async function fill(type: string): Promise<void> {
  await run(`insert into ${partitionOf(type)} (tenant, type, id, version, deleted, last_updated, root, root_hash,
      tokens, identifiers, refs, subject_ref, encounter_ref, date_low, date_high)
    select 'default', '${type}', 'r' || n, 1, false, '2000-01-01'::timestamptz + n * interval '5 hours', '', 0,
      array['code=http://loinc.org|' || n % 1000, 'status=final'],
      array['identifier=http://mrn|' || n, 'subject:identifier=' || n],
      array['performer=Practitioner/' || n % 1000, 'url=http://x/' || n],
      'Patient/p' || n % 400, 'Encounter/e' || n % 1000,
      '2000-01-01'::timestamptz + n * interval '5 hours', '2000-01-01'::timestamptz + n * interval '5 hours'
    from generate_series(1, ${ROWS}) n`);
  await run(`insert into resource_string (tenant, type, id, version, param, folded)
    select 'default', '${type}', 'r' || n, 1, param, md5(n || param)
    from generate_series(1, ${ROWS}) n, unnest(array['name', 'family', 'given']) param`);
  await run(`insert into resource_date (tenant, type, id, version, param, low, high)
    select 'default', '${type}', 'r' || n, 1, param, t, t + interval '1 day'
    from generate_series(1, ${ROWS}) n, unnest(array['death-date', 'other']) param,
      lateral (select '2000-01-01'::timestamptz + n * interval '5 hours') x(t)`);
  await run(`insert into resource_number (tenant, type, id, version, param, low, high, code, unit, unit_low, unit_high)
    select 'default', '${type}', 'r' || n, 1, param, n, n, 'mg', 'ucum:0,0,1,0,0,0,0;0', n / 1000.0, n / 1000.0
    from generate_series(1, ${ROWS}) n, unnest(array['value-quantity', 'other']) param`);
}

async function planOf(type: string, query: string, tx: Tx = test.database): Promise<string> {
  const values = new SqlValues();
  const tenant = values.add('default', 'text');
  const search = parseSearch(definitions, type, [...new URLSearchParams(query)], { baseUrl });
  const condition = queryCondition(definitions, search, values, tenant);
  const { rows } = await tx.query<{ 'QUERY PLAN': string }>({
    text: `explain select r.id from ${partitionOf(type)} r where r.tenant = ${tenant} and not r.deleted and ${condition}`,
    values: values.list,
  });
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

it.each([
  ['Observation', 'code=http://loinc.org|1-2,3-4', 'tokens_identifiers_refs'],
  ['Patient', 'identifier=http://mrn|1', 'tokens_identifiers_refs'],
  ['Observation', 'performer=Practitioner/1', 'tokens_identifiers_refs'],
  ['Observation', 'subject:identifier=1', 'tokens_identifiers_refs'],
  ['Patient', '_profile=http://x', 'tokens_identifiers_refs'],
  ['Observation', 'patient=p1', 'subject_ref'],
  ['Observation', 'subject=Group/g', 'subject_ref'],
  ['Observation', 'encounter=e1', 'encounter_ref'],
  ['Observation', 'date=2001-01-05', 'date_low'],
  ['Observation', 'date=lt2000-01-05', 'date_low'],
  ['Observation', 'date=ge2002-04-10', 'date_high'],
  ['Observation', 'patient=p1&date=ge2001', 'subject_ref'],
  ['Observation', '_lastUpdated=2001-01-05', 'last_updated'],
  ['Patient', '_id=a,b', 'pkey'],
  ['Patient', 'name=abc1', 'resource_string_value'],
  ['Patient', 'family:exact=Smith', 'resource_string_value'],
  ['Patient', 'death-date=2001-01-05', 'resource_date_value'],
  ['Observation', 'value-quantity=77', 'resource_number_value'],
  ['Observation', 'value-quantity=lt7||mg', 'resource_number_value'],
  ['Observation', 'value-quantity=7.00|http://unitsofmeasure.org|mg', 'resource_number_unit'],
  ['Observation', 'component-code-value-quantity=8480-6$gt5', 'resource_number_value'],
  ['Observation', 'subject:Patient.identifier=http://mrn|1', 'subject_ref'],
  ['Patient', '_has:Observation:patient:code=http://loinc.org|1', 'pkey'],
])('answers %s?%s from an index over %s', async (type, query, index) => {
  expect(await planOf(type, query)).toMatch(new RegExp(`Index.*${index}`));
});

it('answers a chain over references of many from their index, in sessions as the store has them', async () => {
  const plan = await test.database.transaction(async (tx) => {
    for (const [name, value] of Object.entries(STORE_SESSION_SETTINGS)) {
      await tx.query({ text: `set local ${name} = ${value}`, values: [] });
    }
    return planOf('Observation', 'performer:Practitioner.identifier=http://mrn|1', tx);
  });
  expect(plan).toMatch(/Index.*tokens_identifiers_refs/);
});
