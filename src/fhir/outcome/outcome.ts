// Issues, the error that carries them, and the OperationOutcome that shows them: http://hl7.org/fhir/R4/operationoutcome.html
import type { FhirResource } from '../resource';
import type { IssueCode, IssueSeverity } from './codes';

export interface Issue {
  readonly severity: IssueSeverity;
  readonly code: IssueCode;
  /** A complete sentence for humans: what was wrong, what to do. */
  readonly text: string;
  /** FHIRPath of the element concerned, with indexes: `Patient.name[0].given[1]`. */
  readonly expression?: string;
}

/** The client's fault, or a refusal the client must understand: becomes an OperationOutcome with this HTTP status. */
export class FhirError extends Error {
  readonly status: number;
  readonly issues: readonly Issue[];
  readonly headers: Readonly<Record<string, string>>;

  /** `status` is the HTTP status; `headers` are added to the answer (Allow, Retry-After, …). */
  constructor(status: number, issues: Issue | readonly Issue[], headers: Readonly<Record<string, string>> = {}) {
    const list = Array.isArray(issues) ? (issues as readonly Issue[]) : [issues as Issue];
    super(list.map((issue) => (issue.expression ? `${issue.expression}: ${issue.text}` : issue.text)).join(' '));
    this.name = 'FhirError';
    this.status = status;
    this.issues = list;
    this.headers = headers;
  }
}

/** An issue of severity error. */
export function errorIssue(code: IssueCode, text: string, expression?: string): Issue {
  return expression === undefined ? { severity: 'error', code, text } : { severity: 'error', code, text, expression };
}

/** In: issues (none means "all fine"). Out: an OperationOutcome, never without an issue, as FHIR demands. */
export function operationOutcome(issues: readonly Issue[]): FhirResource {
  const shown: readonly Issue[] =
    issues.length > 0 ? issues : [{ severity: 'information', code: 'informational', text: 'All is well.' }];
  return {
    resourceType: 'OperationOutcome',
    issue: shown.map((issue) => ({
      severity: issue.severity,
      code: issue.code,
      details: { text: issue.text },
      ...(issue.expression !== undefined && { expression: [issue.expression] }),
    })),
  };
}

// What kind of fault outweighs what when several are found: FHIR REST, section 4 of our checklist.
const UNPROCESSABLE: ReadonlySet<IssueCode> = new Set(['code-invalid', 'invariant', 'business-rule']);

/**
 * The HTTP status for a set of validation issues: 400 when any error concerns structure, required elements or values,
 * 422 when the only errors are unknown codes, broken invariants or business rules. Call it with at least one error.
 */
export function statusForIssues(issues: readonly Issue[]): 400 | 422 {
  const errors = issues.filter((issue) => issue.severity === 'error' || issue.severity === 'fatal');
  return errors.every((issue) => UNPROCESSABLE.has(issue.code)) ? 422 : 400;
}
