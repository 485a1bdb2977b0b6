// Query strings and form bodies: decoded once, order and repetition kept (Q-10, Q-13 of the REST checklist).
import { errorIssue, FhirError } from '../fhir';

export type Parameter = readonly [name: string, value: string];

/** Parameters that shape the answer only; they are allowed on every interaction and never reach a search. */
const resultFormat = new Set(['_format', '_pretty']);

/**
 * Decodes `a=b&c=d` (without the question mark). `+` means a blank, percent escapes are decoded exactly once, empty pieces are skipped.
 * @throws FhirError 400 on a broken percent escape
 */
export function parseParameters(query: string): Parameter[] {
  const parameters: Parameter[] = [];
  if (query === '') return parameters;
  for (const piece of query.split('&')) {
    if (piece === '') continue;
    const equals = piece.indexOf('=');
    const name = equals < 0 ? piece : piece.slice(0, equals);
    parameters.push([decode(name), equals < 0 ? '' : decode(piece.slice(equals + 1))]);
  }
  return parameters;
}

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    // decodeURIComponent throws on nothing but a malformed escape: the client's mistake.
    throw new FhirError(
      400,
      errorIssue('value', 'A parameter has a broken percent escape; encode it as UTF-8 with %XX.'),
    );
  }
}

/** Encodes parameters for a link; the characters FHIR uses in values (`:|,$/`) stay readable. */
export function formatParameters(parameters: readonly Parameter[]): string {
  return parameters.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/%(3A|2C|24|2F)/g, decodeURIComponent);
}

/** The parameters that are not about the format of the answer. */
export function withoutFormat(parameters: readonly Parameter[]): readonly Parameter[] {
  return parameters.some(([name]) => resultFormat.has(name))
    ? parameters.filter(([name]) => !resultFormat.has(name))
    : parameters;
}

export function parameterValue(parameters: readonly Parameter[], name: string): string | undefined {
  return parameters.find(([given]) => given === name)?.[1];
}

/**
 * Refuses every parameter an interaction does not know: an ignored parameter is a misunderstanding nobody sees.
 * @throws FhirError 400 naming the first parameter that is not allowed
 */
export function refuseParametersExcept(
  parameters: readonly Parameter[],
  interaction: string,
  allowed: readonly string[],
): void {
  for (const [name] of parameters) {
    if (resultFormat.has(name) || allowed.includes(name)) continue;
    const known = allowed.length === 0 ? 'none but _format and _pretty' : `${allowed.join(', ')}, _format and _pretty`;
    const text = `The parameter '${name.slice(0, 100)}' is not supported on ${interaction}; it takes ${known}.`;
    throw new FhirError(400, errorIssue('not-supported', text));
  }
}
