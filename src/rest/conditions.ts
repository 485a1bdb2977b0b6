// Version tags and preferences: ETag, If-Match, If-None-Match, If-Modified-Since, Prefer. https://hl7.org/fhir/R4/http.html#versioning
import { errorIssue, FhirError } from '../fhir';
import type { StoredVersion } from '../store';
import type { Conditions, Preferences } from './exchange';

const versionTag = /^(?:W\/)?(?:"([1-9][0-9]{0,8})"|([1-9][0-9]{0,8}))$/;
const anyTag = /^(?:W\/)?"[^"]*"$/;

export function etagOf(version: number): string {
  return `W/"${version}"`;
}

/**
 * The version an If-Match asks for, in the forms `W/"3"`, `"3"` and `3`; undefined when the header is absent.
 * @throws FhirError 400 when it is no tag (also `*` and lists), 412 when it is a tag that no version of ours can have
 */
export function expectedVersion(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined) return undefined;
  const match = versionTag.exec(ifMatch.trim());
  if (match !== null) return Number(match[1] ?? match[2]);
  if (anyTag.test(ifMatch.trim())) {
    throw new FhirError(
      412,
      errorIssue(
        'conflict',
        `If-Match names the version ${ifMatch.slice(0, 80)}, which does not exist; read the resource for its current version.`,
      ),
    );
  }
  throw new FhirError(
    400,
    errorIssue('value', `If-Match '${ifMatch.slice(0, 80)}' is not one version tag; send it like W/"3".`),
  );
}

/** @throws FhirError 400: a PUT that was meant as "only if absent" must not overwrite (R5 has it, R4 does not) */
export function refuseIfNoneMatch(conditions: Conditions): void {
  if (conditions.ifNoneMatch === undefined) return;
  throw new FhirError(
    400,
    errorIssue('not-supported', 'If-None-Match is not supported on writes; use If-Match with the version you read.'),
  );
}

/** @throws FhirError 400: a conditional create that was taken for a plain one would make duplicates */
export function refuseIfNoneExist(conditions: Conditions): void {
  if (conditions.ifNoneExist === undefined) return;
  throw new FhirError(
    400,
    errorIssue(
      'not-supported',
      'Conditional create (If-None-Exist) is not supported; search first, or PUT with an id of your own.',
    ),
  );
}

/** Whether the client's copy is still the current one (304). If-None-Match wins over If-Modified-Since (RFC 9110). */
export function isUnchanged(conditions: Conditions, stored: StoredVersion): boolean {
  const { ifNoneMatch, ifModifiedSince } = conditions;
  if (ifNoneMatch !== undefined) {
    return ifNoneMatch.split(',').some((tag) => {
      const text = tag.trim();
      if (text === '*') return true;
      const match = versionTag.exec(text);
      return match !== null && Number(match[1] ?? match[2]) === stored.version;
    });
  }
  if (ifModifiedSince === undefined) return false;
  const since = Date.parse(ifModifiedSince);
  // An HTTP date has whole seconds; an unreadable one is as if it were absent.
  return !Number.isNaN(since) && Math.floor(stored.lastUpdated.getTime() / 1000) * 1000 <= since;
}

const plainPreferences: Preferences = { returns: 'representation', isLenient: false };

/** Parses `Prefer`; what is unknown in it is ignored, as RFC 7240 demands. */
export function preferencesOf(prefer: string | undefined): Preferences {
  if (prefer === undefined) return plainPreferences;
  let returns = plainPreferences.returns;
  let isLenient = false;
  for (const piece of prefer.split(/[,;]/)) {
    const [name = '', value = ''] = piece.trim().split('=');
    const wanted = value.trim().replace(/^"(.*)"$/, '$1');
    if (name.trim().toLowerCase() === 'return') {
      if (wanted === 'minimal' || wanted === 'representation' || wanted === 'OperationOutcome') returns = wanted;
    }
    if (name.trim().toLowerCase() === 'handling') isLenient = wanted === 'lenient';
  }
  return { returns, isLenient };
}
