// Collects issues while a resource is walked, and knows where the walk stands. The path becomes a text only when something
// is found, so a valid resource costs no strings.
import { fhirLimits } from '../limits';
import type { IssueCode } from '../outcome/codes';
import { errorIssue, type Issue } from '../outcome/outcome';

export class Findings {
  readonly issues: Issue[] = [];
  private readonly steps: (string | number)[] = [];

  constructor(root: string) {
    this.steps.push(root);
  }

  /** True when enough was found: the walk may end. */
  get isFull(): boolean {
    return this.issues.length >= fhirLimits.validationIssuesMax;
  }

  enter(step: string | number): void {
    this.steps.push(step);
  }

  leave(): void {
    this.steps.pop();
  }

  /** An error at the element the walk is in, or at one of its children. */
  add(code: IssueCode, text: string, child?: string): void {
    if (this.isFull) return;
    this.issues.push(errorIssue(code, text, this.path() + (child === undefined ? '' : `.${child}`)));
  }

  private path(): string {
    return this.steps.reduce<string>(
      (path, step) => (typeof step === 'number' ? `${path}[${step}]` : path === '' ? step : `${path}.${step}`),
      '',
    );
  }
}

/** A client's value, short enough to stand in a message. */
export function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const max = fhirLimits.quotedValueCharactersMax;
  return `“${text.length > max ? `${text.slice(0, max)}…` : text}”`;
}
