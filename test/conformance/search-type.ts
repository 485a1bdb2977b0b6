// The suite of the contract src/fhir/search/search-type.contract.ts: every row of a type's truth table is asked in memory
// and in SQL on a real Postgres. They must agree with the table, and so with each other.
import {
  canonicalQuery,
  definitionsFor,
  FhirError,
  matchesQuery,
  parseCriteria,
  parseSearch,
  type FhirDefinitions,
  type FhirResource,
  type SearchQuery,
} from '../../src/fhir';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { SearchIndex } from './search-index';
import { OWN_BASE, TABLE_NOW, type TruthCase, type TruthTable } from './search-types/truth-table';

const standard = definitionsFor('R4');

/** In: `name=value&…` as in a URL. */
function parsed(definitions: FhirDefinitions, type: string, query: string): SearchQuery {
  const parameters = [...new URLSearchParams(query)];
  return parseSearch(definitions, type, parameters, { baseUrl: OWN_BASE, now: new Date(TABLE_NOW) });
}

function messageOf(type: string, query: string): string {
  try {
    parsed(standard, type, query);
  } catch (error) {
    if (error instanceof FhirError) return error.issues.map((issue) => issue.text).join('\n');
    throw error;
  }
  return 'accepted';
}

interface Answer {
  readonly query: string;
  readonly inMemory: boolean;
  readonly inSql: boolean;
  /** The canonical text of the query, parsed again, says the same (left out where it depends on the time). */
  readonly bySurvivor?: boolean;
}

function survivorOf(definitions: FhirDefinitions, search: SearchQuery): SearchQuery {
  const canonical = canonicalQuery(search);
  const again = parseCriteria(definitions, canonical, { baseUrl: OWN_BASE });
  expect(canonicalQuery(again)).toBe(canonical);
  return again;
}

async function answer(index: SearchIndex, resource: FhirResource, query: string): Promise<Answer> {
  const { definitions } = index;
  const search = parsed(definitions, resource.resourceType, query);
  const inSql = (await index.find(search)).includes(resource.id!);
  const inMemory = matchesQuery(definitions, search, resource);
  if (/=ap/.test(query)) return { query, inMemory, inSql };
  return { query, inMemory, inSql, bySurvivor: matchesQuery(definitions, survivorOf(definitions, search), resource) };
}

function wanted([query, isFound]: TruthCase): Answer {
  const both = { query, inMemory: isFound, inSql: isFound };
  return /=ap/.test(query) ? both : { ...both, bySurvivor: isFound };
}

/** `definitions`: other than those of the standard. */
export function describeSearchType(name: string, table: TruthTable, definitions = standard): void {
  const groups = table.groups.map((group, index) => ({
    ...group,
    resource: { meta: {}, ...group.resource, id: `row-${index}` } as FhirResource,
  }));

  describe(`search type ${name}`, () => {
    let test: TestDatabase;
    let index: SearchIndex;
    beforeAll(async () => {
      test = await createTestDatabase();
      index = new SearchIndex(test.database, OWN_BASE, 'default', definitions);
      for (const { resource } of groups) await index.add(resource);
    });
    afterAll(() => test.drop());

    it.each(groups)('means the same in memory and in SQL: $why', async ({ resource, cases }) => {
      const answers = await Promise.all(cases.map(([query]) => answer(index, resource, query)));
      expect(answers).toEqual(cases.map(wanted));
    });

    if (table.refusals.length === 0) return;
    it.each(table.refusals)('refuses $query', ({ query, says }) => {
      const [type = '', filter = ''] = query.split('?');
      expect(messageOf(type, filter)).toMatch(says);
    });
  });
}
