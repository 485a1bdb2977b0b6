// SearchParameters of one's own as tests write them, and "wait until the index is rebuilt".
import { definitionsFor, readSearchParameter, type CustomParameter, type FhirResource } from '../../src/fhir';
import { eventually } from './deadline';
import type { FhirClient } from './fhir-client';

/** In: `Flag.code`, its search type and expression. Out: the SearchParameter, active. */
export function searchParameter(
  name: string,
  type: string,
  expression: string,
  changes: Record<string, unknown> = {},
): FhirResource & { id: string } {
  const [base = '', code = ''] = name.split('.');
  const id = `${base}-${code}`.toLowerCase().replaceAll('_', '');
  return {
    resourceType: 'SearchParameter',
    id,
    url: `https://example.org/fhir/SearchParameter/${id}`,
    name: `${base}${code}`.replace(/\W/g, ''),
    status: 'active',
    description: 'a test',
    code,
    base: [base],
    type,
    expression,
    ...changes,
  };
}

const standard = definitionsFor('R4');
const typesOfOwn = ['number', 'date', 'string', 'token', 'reference', 'quantity', 'uri'];

/** What a parameter of the standard says, under the code `own-…`; undefined for one that cannot be of one's own. */
export function mirrorOf(type: string, code: string): CustomParameter | undefined {
  const definition = standard.searchParameters(type).get(code);
  if (!definition || !typesOfOwn.includes(definition.type) || definition.expression === '') return undefined;
  const { expression, targets: target } = definition;
  const said = {
    url: `urn:${type}${code}`,
    status: 'active',
    code: `own-${code}`,
    base: [type],
    type: definition.type,
  };
  const read = readSearchParameter(standard, { resourceType: 'SearchParameter', ...said, expression, target });
  return { ...read.meanings[0]!, url: read.url, state: 'searchable', revision: 1, since: 1 };
}

/** Asks for the index of a type to be rebuilt and waits until that is done. */
export async function reindexed(herald: FhirClient, type: string): Promise<void> {
  const asked = await herald.call('POST', '/admin/$reindex', {
    body: { reason: 'a test', type },
    headers: { 'content-type': 'application/json' },
  });
  if (asked.status !== 202) throw new Error(`$reindex answered ${asked.status} ${asked.text}`);
  const isDone = async (): Promise<boolean> => {
    const { body } = await herald.get('/admin/$reindex');
    return body.types.find((one: { type: string }) => one.type === type)?.state === 'done';
  };
  await eventually(isDone, { deadlineMs: 120_000, everyMs: 100, what: `the index of ${type} to be rebuilt` });
}
