// Parameters of the admin API: strict, and every mistake is told with the name of its parameter.
import type { DeliveryPosition } from '../deliveries';
import { errorIssue, FhirError } from '../fhir';
import { FILTER_LENGTH_MAX, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX } from './limits';

/** Query parameters as the HTTP server parses them: a repeated one is a list. */
export type RawQuery = Readonly<Record<string, string | readonly string[] | undefined>>;

export function badParameter(name: string, problem: string): FhirError {
  return new FhirError(400, errorIssue('value', `The parameter '${name}' ${problem}.`, name));
}

/** The parameters of one request, asked for by name. */
export class Query {
  private constructor(private readonly values: ReadonlyMap<string, string>) {}

  /** @throws FhirError 400 for a parameter that is not among `names`, is given twice, or is too long */
  static of(raw: RawQuery, names: readonly string[]): Query {
    const values = new Map<string, string>();
    for (const [name, value] of Object.entries(raw)) {
      if (!names.includes(name)) {
        throw badParameter(name.slice(0, 64), `is not known here; known are ${names.join(', ')}`);
      }
      if (typeof value !== 'string') throw badParameter(name, 'is given more than once');
      if (value.length > FILTER_LENGTH_MAX) throw badParameter(name, `is longer than ${FILTER_LENGTH_MAX} characters`);
      if (value !== '') values.set(name, value);
    }
    return new Query(values);
  }

  text(name: string): string | undefined {
    return this.values.get(name);
  }

  /** A whole number from `least`. @throws FhirError 400 */
  number(name: string, least: number): number | undefined {
    const value = this.values.get(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (/^\d{1,15}$/.test(value) && number >= least) return number;
    throw badParameter(name, `must be a whole number of at least ${least}`);
  }

  /** One of a few words. @throws FhirError 400 naming them */
  oneOf<T extends string>(name: string, words: readonly T[]): T | undefined {
    return oneOf(name, this.values.get(name), words);
  }

  /** A point in time with its zone. @throws FhirError 400 */
  time(name: string): Date | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : timeOf(name, text);
  }

  /** Rows of the page: `limit`, cut to the maximum. */
  limit(): number {
    return Math.min(this.number('limit', 1) ?? PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX);
  }
}

/** Undefined for undefined. @throws FhirError 400 naming the words */
export function oneOf<T extends string>(name: string, value: unknown, words: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const word = words.find((each) => each === value);
  if (word !== undefined) return word;
  throw badParameter(name, `must be one of ${words.join(', ')}`);
}

/** @throws FhirError 400 naming the parameter */
export function timeOf(name: string, text: string): Date {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? new Date(text)
    : new Date(Number.NaN);
  if (Number.isNaN(time.getTime())) throw badParameter(name, 'must be a time with its zone, like 2026-03-01T12:00:00Z');
  return time;
}

/** The link to the next page: the same filters, after the last row of this one. */
export function nextLink(path: string, raw: RawQuery, after: string): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(raw))
    if (typeof value === 'string' && name !== 'after') parameters.set(name, value);
  parameters.set('after', after);
  return `${path}?${parameters.toString()}`;
}

/** `Type/id` or `Type`. @throws FhirError 400 */
export function resourceOf(resource: string | undefined): { type?: string; id?: string } {
  if (resource === undefined) return {};
  const match = /^([A-Z][A-Za-z]*)(?:\/([A-Za-z0-9\-.]{1,64}))?$/.exec(resource);
  if (match === null) throw badParameter('resource', 'must be Type/id or Type');
  return { type: match[1], id: match[2] };
}

/** A place in the ledger: `subscriptionKey/eventNumber`. @throws FhirError 400 */
export function positionOf(text: string | undefined, name = 'after'): DeliveryPosition | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,15})\/(\d{1,15})$/.exec(text);
  if (match === null) throw badParameter(name, 'must be two numbers: subscription key / event number');
  return { subscriptionKey: Number(match[1]), eventNumber: Number(match[2]) };
}
