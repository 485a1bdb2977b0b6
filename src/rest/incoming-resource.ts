// From bytes to a resource that may be stored: parsed, of the right type, valid.
import { errorIssue, FhirError, parseResource, statusForIssues, validateResource } from '../fhir';
import type { FhirDefinitions, Issue, ParsedResource } from '../fhir';
import type { FhirRequest } from './exchange';
import { ISSUES_MAX } from './limits';

const SUBSETTED_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue';

/** @throws FhirError 400 when there is no body, or it is no JSON resource */
export function parsePayload(request: FhirRequest): ParsedResource {
  const { payload } = request;
  if (payload === undefined || (Buffer.isBuffer(payload) && payload.length === 0)) {
    throw new FhirError(400, errorIssue('required', 'The request has no body; send one resource as FHIR JSON.'));
  }
  return Buffer.isBuffer(payload) ? parseResource(payload) : payload;
}

/**
 * The resource of a create or update.
 * @throws FhirError 400 or 422 with every issue and its path
 */
export function incomingResource(definitions: FhirDefinitions, request: FhirRequest): ParsedResource {
  const resource = parsePayload(request);
  const { type } = request.route;
  if (resource.type !== type) {
    const text = `The body is a ${resource.type.slice(0, 64)}, but the address is for ${type}; send it to ${resource.type.slice(0, 64)}.`;
    throw new FhirError(400, errorIssue('value', text, 'resourceType'));
  }
  const errors = validateResource(definitions, resource.value);
  if (errors.length > 0) throw new FhirError(statusForIssues(errors), limitIssues(errors));
  return resource;
}

/** The first ISSUES_MAX issues, and a word about how many more there are. */
export function limitIssues(issues: readonly Issue[]): readonly Issue[] {
  if (issues.length <= ISSUES_MAX) return issues;
  const text = `${issues.length - ISSUES_MAX} more problems were found; correct these first.`;
  return [...issues.slice(0, ISSUES_MAX), { severity: 'information', code: 'informational', text }];
}

/**
 * Checks the id of an update (I-5) and refuses parts of a resource sent back as the whole (I-22).
 * @throws FhirError 400 id missing or another one, 422 subsetted
 */
export function checkUpdateIdentity(resource: ParsedResource, type: string, id: string): void {
  const given = resource.value.id;
  if (given !== id) {
    const problem = given === undefined ? 'has no id' : `has the id '${String(given).slice(0, 64)}'`;
    const text = `The body ${problem}, but the address names ${type}/${id}; both must be the same.`;
    throw new FhirError(400, errorIssue(given === undefined ? 'required' : 'value', text, `${type}.id`));
  }
  const tags: unknown = resource.value.meta?.['tag'];
  if (!Array.isArray(tags)) return;
  for (const tag of tags as { system?: unknown; code?: unknown }[]) {
    if (tag.system === SUBSETTED_SYSTEM && tag.code === 'SUBSETTED') {
      const text = 'The resource is tagged SUBSETTED: it is only a part. Read it whole, change it, and send that.';
      throw new FhirError(422, errorIssue('business-rule', text, `${type}.meta.tag`));
    }
  }
}
