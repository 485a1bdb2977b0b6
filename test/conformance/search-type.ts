// The suite of the contract src/fhir/search/search-type.contract.ts: every row of a type's truth table is asked in memory
// and in SQL on a real Postgres. They must agree with the table, and so with each other.
import {
  canonicalQuery,
  definitionsFor,
  FhirError,
  matchesQuery,
  parseCriteria,
  parseSearch,
  type FhirResource,
  type SearchQuery,
} from '../../src/fhir';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { SearchIndex } from './search-index';
import { OWN_BASE, TABLE_NOW, type TruthTable } from './search-types/truth-table';

const definitions = definitionsFor('R4');

/** In: `name=value&…` as in a URL. */
function parsed(type: string, query: string): SearchQuery {
  const parameters = [...new URLSearchParams(query)];
  return parseSearch(definitions, type, parameters, { baseUrl: OWN_BASE, now: new Date(TABLE_NOW) });
}

function messageOf(type: string, query: string): string {
  try {
    parsed(type, query);
  } catch (error) {
    if (error instanceof FhirError) return error.issues.map((issue) => issue.text).join('\n');
    throw error;
  }
  return 'accepted';
}

export function describeSearchType(name: string, table: TruthTable): void {
  const groups = table.groups.map((group, index) => ({
    ...group,
    resource: { meta: {}, ...group.resource, id: `row-${index}` } as FhirResource,
  }));
  const rows = groups.flatMap(({ why, resource, cases }) =>
    cases.map(([query, isFound]) => ({ title: `${why}: ${query.slice(0, 120)}`, resource, query, isFound })),
  );

  describe(`search type ${name}`, () => {
    let test: TestDatabase;
    let index: SearchIndex;
    beforeAll(async () => {
      test = await createTestDatabase();
      index = new SearchIndex(test.database, OWN_BASE);
      for (const { resource } of groups) await index.add(resource);
    });
    afterAll(() => test.drop());

    it.each(rows)('in memory and in SQL, $title is $isFound', async ({ resource, query, isFound }) => {
      const search = parsed(resource.resourceType, query);
      const inSql = (await index.find(search)).includes(resource.id!);
      expect({ inMemory: matchesQuery(definitions, search, resource), inSql }).toEqual({
        inMemory: isFound,
        inSql: isFound,
      });
    });

    it.each(rows.filter(({ query }) => !/=ap/.test(query)))(
      '$title survives its canonical text',
      ({ resource, query }) => {
        const search = parsed(resource.resourceType, query);
        const canonical = canonicalQuery(search);
        const again = parseCriteria(definitions, canonical, { baseUrl: OWN_BASE });
        expect(canonicalQuery(again)).toBe(canonical);
        expect(matchesQuery(definitions, again, resource)).toBe(matchesQuery(definitions, search, resource));
      },
    );

    it.each(table.refusals)('refuses $query', ({ query, says }) => {
      const [type = '', filter = ''] = query.split('?');
      expect(messageOf(type, filter)).toMatch(says);
    });
  });
}
