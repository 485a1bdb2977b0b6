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

/** What a mask may stand for. */
export interface StoredSecrets {
  /** Lower-case names that have a stored value. */
  readonly names: ReadonlySet<string>;
  /** The endpoint moved to another origin: what was given for the old one is not sent to the new one unasked. */
  readonly isEndpointElsewhere: boolean;
}

/** In: headers as sent, what is stored, the FHIRPath of the list. */
export function splitSecrets(headers: readonly HeaderLine[], stored: StoredSecrets, path: string): SplitHeaders {
  const values = new Map<string, string>();
  const issues: Issue[] = [];
  headers.forEach(({ name, value }, index) => {
    if (value !== SECRET_MASK) values.set(name, value);
    else if (!stored.names.has(name.toLowerCase()) || stored.isEndpointElsewhere) {
      issues.push(errorIssue('value', maskText(name, stored.isEndpointElsewhere), `${path}[${index}]`));
    }
  });
  const names = headers.map(({ name }) => name);
  return { masked: names.map(maskedLine), names, values, issues };
}

function maskText(name: string, isEndpointElsewhere: boolean): string {
  const reason = isEndpointElsewhere
    ? 'the endpoint moved to another origin, and a stored value is never sent there unasked'
    : 'no value is stored under that name';
  return `The value of ${name} is the mask, and ${reason}; send the value itself.`;
}
