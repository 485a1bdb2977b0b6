// Codes of OperationOutcome issues, spelled as FHIR spells them: http://hl7.org/fhir/R4/valueset-issue-type.html

export type IssueSeverity = 'fatal' | 'error' | 'warning' | 'information';

export const ISSUE_CODES = [
  'invalid',
  'structure',
  'required',
  'value',
  'invariant',
  'security',
  'login',
  'unknown',
  'expired',
  'forbidden',
  'suppressed',
  'processing',
  'not-supported',
  'duplicate',
  'multiple-matches',
  'not-found',
  'deleted',
  'too-long',
  'code-invalid',
  'extension',
  'too-costly',
  'business-rule',
  'conflict',
  'transient',
  'lock-error',
  'no-store',
  'exception',
  'timeout',
  'incomplete',
  'throttled',
  'informational',
] as const;

export type IssueCode = (typeof ISSUE_CODES)[number];
