// One meaning, over the official examples: for generated criteria of every type, the set that the search SQL finds is the set that the matcher
// accepts. A sample of the types with each `npm test`, all of them with more criteria under `npm run test:full`.
import {
  definitionsFor,
  FhirError,
  matchesQuery,
  parseCriteria,
  type FhirResource,
  type SearchQuery,
} from '../../src/fhir';
import { needsConfirmation } from '../../src/store/search/search-conditions';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { exampleResources, generatedCriteria, referencedAmong, seededRandom } from '../support/generated-criteria';
import { SearchIndex } from './search-index';

const definitions = definitionsFor('R4');
const baseUrl = 'http://herald.test/fhir';
const isFull = process.env['TEST_FULL'] === '1';
const CRITERIA = isFull ? 400 : 60;
const AT_ONCE = 8;
/** What the sample must not miss: numbers, quantities, composites, canonicals, identifiers, dates, references. */
const sample = [
  'Observation',
  'Patient',
  'Encounter',
  'MedicationRequest',
  'MolecularSequence',
  'RiskAssessment',
  'Group',
  'DocumentReference',
  'Invoice',
  'ValueSet',
  'PlanDefinition',
];

const examples = exampleResources()
  .filter(({ resourceType: type }) => definitions.isResourceType(type) && (isFull || sample.includes(type)))
  .map((example, n) => ({ example, id: `r${n}` }));
/** Several examples have the same id; the references among them follow the new ones. */
const renamed = new Map(
  examples.map(({ example, id }) => [`${example.resourceType}/${example.id}`, `${example.resourceType}/${id}`]),
);

const resources = examples.map(({ example, id }, n): FhirResource => {
  const text = JSON.stringify(example, (name, value: unknown) =>
    name === 'reference' && typeof value === 'string' ? (renamed.get(value) ?? value) : value,
  );
  const meta = { ...example.meta, lastUpdated: new Date(Date.UTC(2020, 0, 1, n)).toISOString() };
  return { ...(JSON.parse(text) as FhirResource), id, meta };
});
const referenced = referencedAmong(definitions, resources);
const byType = new Map<string, FhirResource[]>();
for (const resource of resources) {
  byType.set(resource.resourceType, [...(byType.get(resource.resourceType) ?? []), resource]);
}
const types = [...byType.keys()].sort();

let test: TestDatabase;
let index: SearchIndex;
beforeAll(async () => {
  test = await createTestDatabase();
  index = new SearchIndex(test.database, baseUrl);
  for (const resource of resources) await index.add(resource);
}, 120_000);
afterAll(() => test.drop());

/** Criteria that the parser takes; it refuses a few that were made at random, such as a text that folds to nothing. */
function queriesFor(type: string, resources: readonly FhirResource[]): SearchQuery[] {
  const random = seededRandom(type.length * 1_000 + types.indexOf(type));
  return Array.from({ length: CRITERIA }, () => generatedCriteria(random, definitions, resources)).flatMap(
    (criteria) => {
      try {
        return [parseCriteria(definitions, criteria, { baseUrl })];
      } catch (error) {
        if (!(error instanceof FhirError)) throw error;
        return [];
      }
    },
  );
}

const counted = { criteria: 0, comparisons: 0, found: 0, disagreements: 0 };

/** What both answer, where they differ. */
async function compare(query: SearchQuery, resources: readonly FhirResource[]): Promise<unknown[]> {
  const matches = (resource: FhirResource): boolean => matchesQuery(definitions, query, resource, referenced);
  const accepted = resources.filter(matches).map(({ id }) => id!);
  const found = await index.find(query);
  // What is compared by hash in the index is confirmed on the body, as a search page does.
  const confirmed = needsConfirmation(query) ? found.filter((id) => accepted.includes(id)) : found;
  counted.criteria += 1;
  counted.comparisons += resources.length;
  counted.found += accepted.length;
  if (confirmed.join() === [...accepted].sort().join()) return [];
  counted.disagreements += 1;
  return [{ query: query.clauses, found: confirmed, accepted }];
}

it.each(types)('finds in SQL what the matcher accepts: %s', async (type) => {
  const resources = byType.get(type)!;
  const queries = queriesFor(type, resources);
  expect(queries.length).toBeGreaterThan(CRITERIA / 3);
  const differing: unknown[] = [];
  for (let at = 0; at < queries.length; at += AT_ONCE) {
    const some = queries.slice(at, at + AT_ONCE).map((query) => compare(query, resources));
    differing.push(...(await Promise.all(some)).flat());
  }
  expect(differing).toEqual([]);
});

it('compared enough, and found something', () => {
  console.log(
    `search corpus: ${types.length} types, ${counted.criteria} criteria, ${counted.comparisons} comparisons, ${counted.found} matches, ${counted.disagreements} disagreements`,
  );
  expect(counted.criteria).toBeGreaterThan(types.length * 20);
  expect(counted.found).toBeGreaterThan(counted.criteria);
});
