// Terminology as it is stored: the newest versions of ValueSets and CodeSystems that are not deleted, found by url and version, or by reference.
import {
  answerTerms,
  parseSearch,
  type FhirDefinitions,
  type FhirResource,
  type FindTerms,
  type TermAnswer,
  type TermQuestion,
} from '../fhir';
import type { Tx } from '../platform';
import { readCurrent } from './read';
import { searchResources } from './search-page';

const reference = /^ValueSet\/([A-Za-z0-9\-.]{1,64})$/;

/** In: questions. Out: the answer of each, as committed (or written by `tx`) now. Each is bounded by the limits of fhir's terms. */
export async function readTerms(
  tx: Tx,
  definitions: FhirDefinitions,
  place: { readonly tenant: string; readonly baseUrl: string },
  questions: readonly TermQuestion[],
): Promise<TermAnswer[]> {
  const find: FindTerms = (type, canonical) => findByCanonical(tx, definitions, place, { type, canonical });
  const answers: TermAnswer[] = [];
  for (const question of questions) answers.push(await answerTerms(question, find));
  return answers;
}

async function findByCanonical(
  tx: Tx,
  definitions: FhirDefinitions,
  { tenant, baseUrl }: { readonly tenant: string; readonly baseUrl: string },
  { type, canonical }: { readonly type: string; readonly canonical: string },
): Promise<FhirResource | string> {
  const id = reference.exec(canonical.replace(`${baseUrl}/`, ''))?.[1];
  if (id !== undefined) {
    const stored = await readCurrent(tx, tenant, type, id);
    return stored?.body == null ? `there is no ${type}/${id} here` : (JSON.parse(stored.body) as FhirResource);
  }
  const [url = '', version] = canonical.split('|');
  const asked: [string, string][] = [['url', escaped(url)]];
  if (version !== undefined) asked.push(['version', escaped(version)]);
  const query = parseSearch(definitions, type, [...asked, ['_count', '2']], { baseUrl });
  const { resources } = await searchResources(tx, definitions, tenant, [query]);
  const [first, second] = resources;
  if (first?.body == null) return `there is no ${type} ${canonical} here`;
  if (second) return `there are several ${type} resources with the url ${canonical}; name one as url|version`;
  return JSON.parse(first.body) as FhirResource;
}

function escaped(text: string): string {
  return text.replace(/[\\,|$]/g, '\\$&');
}
