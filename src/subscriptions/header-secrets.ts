// Header values never stand in a stored version: they are split off, and a mask that comes back keeps what is stored. Pure.
import { errorIssue, type Issue } from '../fhir';
import { maskedLine, SECRET_MASK, type HeaderLine } from './header-lines';

export interface SplitHeaders {
  /** Lines for the stored version. */
  readonly masked: readonly string[];
  /** Names in order. */
  readonly names: readonly string[];
  /** New values by name; a name that is missing keeps its stored one. */
  readonly values: ReadonlyMap<string, string>;
  readonly issues: readonly Issue[];
}

/** In: headers as sent, the lower-case names that have a stored value, the FHIRPath of the list. */
export function splitSecrets(headers: readonly HeaderLine[], stored: ReadonlySet<string>, path: string): SplitHeaders {
  const values = new Map<string, string>();
  const issues: Issue[] = [];
  headers.forEach(({ name, value }, index) => {
    if (value !== SECRET_MASK) values.set(name, value);
    else if (!stored.has(name.toLowerCase())) {
      const text = `The value of ${name} is the mask, and no value is stored under that name; send the value itself.`;
      issues.push(errorIssue('value', text, `${path}[${index}]`));
    }
  });
  const names = headers.map(({ name }) => name);
  return { masked: names.map(maskedLine), names, values, issues };
}
