// The walks that search parameters are compiled to find what interpreted FHIRPath finds, over every sample resource there is.
import fs from 'node:fs';
import path from 'node:path';
import {
  definitionsFor,
  indexedParameters,
  type FhirResource,
  type IndexedParameter,
  type SearchEntry,
  type SearchParameterDefinition,
} from '../../src/fhir';
import { compileBranch, runWalk } from '../../src/fhir/path/compile-path';
import { interpretedSelect, type Select } from '../../src/fhir/path/interpreted-path';
import { parsePath } from '../../src/fhir/path/parse-path';

const definitions = definitionsFor('R4');
const root = path.resolve(__dirname, '../..');
// The second folder lies beside a developer's checkout and may be absent.
const folders = [path.join(root, 'test/fixtures/r4'), path.join(root, '../shared/data/fhir-r4')];

function resourcesIn(folder: string): FhirResource[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8')) as FhirResource)
    .flatMap((resource) => {
      const entries = resource.resourceType === 'Bundle' ? (resource['entry'] as { resource?: FhirResource }[]) : [];
      return [resource, ...(entries ?? []).flatMap((entry) => (entry.resource ? [entry.resource] : []))];
    })
    .filter((resource) => definitions.isResourceType(resource.resourceType));
}

const resources = folders.flatMap(resourcesIn);
const types = [...new Set(resources.map((resource) => resource.resourceType))].sort();

interface Compared {
  readonly parameter: SearchParameterDefinition;
  readonly interpreted: readonly Select[];
  walk(resource: FhirResource): unknown[];
}

function walkOf(expression: string): ((resource: FhirResource) => unknown[]) | undefined {
  const branches = parsePath(expression)?.map((branch) => compileBranch(definitions, branch));
  if (!branches?.every((walks) => walks !== undefined)) return undefined;
  const walks = branches.flat();
  return (resource) => {
    const found: unknown[] = [];
    for (const walk of walks) runWalk(walk, resource, (node) => found.push(node));
    return walks[0]?.isExistence ? [found.some((node) => node !== false)] : found;
  };
}

function comparedOf(type: string): Compared[] {
  return [...definitions.searchParameters(type).values()].flatMap((parameter) => {
    const walk = walkOf(parameter.expression);
    if (!walk || / and /.test(parameter.expression)) return [];
    // The engine's `|` compares by equality and fails on some quantities; branch by branch it does not.
    return [{ parameter, walk, interpreted: parameter.expression.split(' | ').map(interpretedSelect) }];
  });
}

const texts = (nodes: readonly unknown[]): string[] => nodes.map((node) => JSON.stringify(node)).sort();

it('reads every expression of the standard without the interpreter', () => {
  const unread = definitions.resourceTypes.flatMap((type) =>
    [...definitions.searchParameters(type).values()]
      .filter(({ expression }) => expression !== '' && !walkOf(expression))
      .map(({ code, expression }) => `${type}.${code}: ${expression}`),
  );
  expect(unread).toEqual([]);
});

it('has samples to compare with', () => {
  expect(resources.length).toBeGreaterThan(10);
});

it.each(types)('finds what FHIRPath finds in every %s', (type) => {
  const differing = comparedOf(type).flatMap(({ parameter, walk, interpreted }) =>
    resources
      .filter((resource) => resource.resourceType === type)
      .flatMap((resource) => {
        const wanted = texts(
          interpreted.flatMap((select) => select(structuredClone(resource)).map(({ node }) => node)),
        );
        const found = texts(walk(resource));
        return found.join() === wanted.join() ? [] : [{ code: parameter.code, id: resource.id, found, wanted }];
      }),
  );
  expect(differing).toEqual([]);
});

/** Without what depends on the binding of an element, which a node alone does not tell. */
function plain(entry: SearchEntry): string {
  return JSON.stringify(entry.kind === 'token' ? { code: entry.code } : entry);
}

const isFound = (groups: readonly (readonly string[])[]): boolean => groups.every((group) => group.length > 0);

/** What FHIRPath finds in each of the elements of a composite, part by part. */
function interpretedPairs(type: string, { definition, parts = [] }: IndexedParameter, resource: FhirResource) {
  const select = (expression: string) => interpretedSelect(expression)(structuredClone(resource));
  return definition.expression.split(' | ').flatMap((branch) =>
    select(branch).map((_, element) =>
      definition.components!.map(({ expression }, index) =>
        expression.split(' | ').flatMap((path) => {
          const from = path.startsWith('%resource.') ? type : branch === type ? type : `${branch}[${element}]`;
          return select(`${from}.${path.replace('%resource.', '')}`).flatMap(({ node, type: leaf }) => {
            const entries: SearchEntry[] = [];
            parts[index]!.searchType.entries({ type: leaf, path: '' }, definitions)?.(node, entries, '');
            return entries.map(plain);
          });
        }),
      ),
    ),
  );
}

it.each(types)('finds the pairs that FHIRPath finds in every %s', (type) => {
  const composites = [...indexedParameters(definitions, type).values()].filter(
    ({ parts, isSingle }) => parts && !isSingle,
  );
  const differing = composites.flatMap((parameter) =>
    resources
      .filter((resource) => resource.resourceType === type)
      .flatMap((resource) => {
        const wanted = interpretedPairs(type, parameter, resource).filter(isFound);
        const found = parameter.extract(resource, '').entries.map((entry) => {
          return entry.kind === 'composite' ? entry.parts.map((part) => part.map(plain)) : [];
        });
        const isSame = JSON.stringify(found) === JSON.stringify(wanted);
        return isSame ? [] : [{ code: parameter.definition.code, id: resource.id, found, wanted }];
      }),
  );
  expect(differing).toEqual([]);
});

it('says of a deceased patient what the expression says', () => {
  const { expression } = definitions.searchParameters('Patient').get('deceased')!;
  const walk = walkOf(expression)!;
  const interpreted = interpretedSelect(expression);
  const patients = [{}, { deceasedBoolean: false }, { deceasedBoolean: true }, { deceasedDateTime: '2020' }];
  for (const patient of patients) {
    const resource = { resourceType: 'Patient', ...patient };
    expect(walk(resource)).toEqual(interpreted(resource).map(({ node }) => node));
  }
});
