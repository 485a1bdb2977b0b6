// If-Match and duplicate identities: the refusals of a write that the store itself can see. https://hl7.org/fhir/R4/http.html#concurrency
import { FhirError, errorIssue } from '../fhir';

/** 412: the caller's version is not the current one (`current` undefined = there is no such resource). Says which one is. */
export function versionMismatch(name: string, expected: number, current: number | undefined): FhirError {
  const text =
    current === undefined
      ? `${name} does not exist, so it has no version ${expected} to match. Leave If-Match out to create it.`
      : `${name} is at version ${current}, not ${expected}: somebody else changed it. Read it again and repeat the change.`;
  return new FhirError(412, errorIssue('conflict', text), current === undefined ? {} : { ETag: `W/"${current}"` });
}

/** 400: a transaction may not write the same resource twice. https://hl7.org/fhir/R4/http.html#trules */
export function writtenTwice(name: string, first: number, second: number): FhirError {
  return new FhirError(
    400,
    errorIssue(
      'duplicate',
      `${name} is written by more than one entry of the transaction (entries ${first} and ${second}): keep one of them.`,
    ),
  );
}
