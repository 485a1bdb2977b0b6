// Conditional references of a transaction (B-6): `Practitioner?identifier=system|value` stands for the one resource that matches.
// They are looked up before the transaction, so they find what is stored already, not what the same Bundle creates.
import { errorIssue, FhirError, isResultParameter, parseSearch } from '../fhir';
import type { BundleEntry } from '../fhir';
import { atEntry } from './bundle-entry';
import type { FhirRequest, RestDeps } from './exchange';
import { CONDITIONAL_REFERENCES_MAX } from './limits';
import { parseParameters } from './parameters';

const conditionalReference = /"reference"\s*:\s*("[A-Z][A-Za-z]*\?(?:[^"\\]|\\.)*")/g;

/**
 * Finds every conditional reference in the entries' resources and what it stands for.
 * @returns from the reference as written to `Type/id`
 * @throws FhirError naming the entry: 404 type, 400 unknown parameter, 412 no match or several
 */
export async function resolveConditionalReferences(
  deps: RestDeps,
  request: FhirRequest,
  entries: readonly BundleEntry[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of entries) {
    for (const reference of referencesIn(entry)) {
      if (found.has(reference)) continue;
      if (found.size >= CONDITIONAL_REFERENCES_MAX) throw atEntry(tooMany(), entry);
      found.set(reference, await resolve(deps, request, reference, entry));
    }
  }
  return found;
}

function referencesIn(entry: BundleEntry): string[] {
  const text = entry.resource?.text;
  if (text === undefined || !text.includes('?')) return [];
  return [...text.matchAll(conditionalReference)].map((match) => JSON.parse(match[1] ?? '""') as string);
}

async function resolve(deps: RestDeps, request: FhirRequest, reference: string, entry: BundleEntry): Promise<string> {
  const question = reference.indexOf('?');
  const type = reference.slice(0, question);
  if (!deps.definitions.isResourceType(type)) {
    throw atEntry(new FhirError(404, errorIssue('not-supported', `There is no resource type '${type}'.`)), entry);
  }
  const total = await matches(deps, request, type, reference.slice(question + 1)).catch((error: unknown) => {
    // A criteria of the client that cannot be searched is named with its entry; anything else is passed on.
    throw error instanceof FhirError ? atEntry(error, entry) : error;
  });
  const [only] = total;
  if (only !== undefined && total.length === 1) return only;
  const problem = total.length === 0 ? 'matches nothing that is stored' : 'matches more than one resource';
  const code = total.length === 0 ? 'not-found' : 'multiple-matches';
  const text = `The conditional reference '${reference.slice(0, 200)}' ${problem}; it must match exactly one.`;
  throw atEntry(new FhirError(412, errorIssue(code, text)), entry);
}

async function matches(deps: RestDeps, request: FhirRequest, type: string, criteria: string): Promise<string[]> {
  const parameters = parseParameters(criteria).filter(([, value]) => value !== '');
  if (parameters.length === 0 || parameters.every(([name]) => isResultParameter(name))) {
    throw new FhirError(400, errorIssue('value', `The conditional reference to ${type} has no search parameter.`));
  }
  const query = parseSearch(deps.definitions, type, parameters, { baseUrl: request.context.baseUrl });
  const found = await deps.store.search(request.context, { ...query, count: 2, total: 'none', summary: undefined });
  return found.resources.map((stored) => `${stored.type}/${stored.id}`);
}

function tooMany(): FhirError {
  const text = `The transaction has more than ${CONDITIONAL_REFERENCES_MAX} different conditional references; split it.`;
  return new FhirError(413, errorIssue('too-costly', text));
}
