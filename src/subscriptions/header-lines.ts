// channel.header: "Name: value" lines that go out with every request. What could break or forge a request is refused when the
// Subscription is written, never repaired on the way out.
import { errorIssue, type Issue } from '../fhir';
import { HEADER_NAME_CHARS_MAX, HEADER_VALUE_CHARS_MAX, HEADERS_MAX } from './limits';

export interface HeaderLine {
  readonly name: string;
  readonly value: string;
}

/** Stands in stored versions in the place of every header value; sent back by a client it means "keep the stored one". */
export const SECRET_MASK = '***';

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// Framing, hop-by-hop, negotiation, and what Herald or the network in between says itself.
const forbidden = new Set(
  `host content-length transfer-encoding te trailer connection keep-alive upgrade expect content-encoding content-type content-range
  accept-encoding cookie set-cookie http2-settings forwarded via x-real-ip metadata-flavor signature signature-input x-signature
  traceparent tracestate baggage b3 x-request-id`.split(/\s+/),
);
const forbiddenPrefixes = 'proxy- herald- webhook- x-forwarded- x-amz- x-goog- x-aws-ec2- x-b3-'.split(' ');

/** Splits at the first colon and trims both sides (spaces and tabs only). Undefined when there is no colon. */
export function splitHeaderLine(line: string): HeaderLine | undefined {
  const colon = line.indexOf(':');
  if (colon < 0) return undefined;
  return { name: trimBlanks(line.slice(0, colon)), value: trimBlanks(line.slice(colon + 1)) };
}

/** `Name: ***` */
export function maskedLine(name: string): string {
  return `${name}: ${SECRET_MASK}`;
}

/** In: the lines as given and the FHIRPath of the list. Out: the headers in their order, and an issue for each line that cannot go out. */
export function readHeaderLines(lines: readonly string[], path: string): { headers: HeaderLine[]; issues: Issue[] } {
  const issues: Issue[] = [];
  const headers: HeaderLine[] = [];
  const seen = new Set<string>();
  if (lines.length > HEADERS_MAX) {
    issues.push(errorIssue('too-costly', `${lines.length} headers are too many; ${HEADERS_MAX} are allowed.`, path));
  }
  lines.slice(0, HEADERS_MAX).forEach((line, index) => {
    const header = splitHeaderLine(line);
    const problem = problemOfLine(line, header) ?? (header && repeats(header, seen));
    if (problem !== undefined) issues.push(errorIssue('value', problem, `${path}[${index}]`));
    else headers.push(header!);
  });
  return { headers, issues };
}

function repeats(header: HeaderLine, seen: Set<string>): string | undefined {
  const name = header.name.toLowerCase();
  if (seen.has(name)) return `The header ${header.name} stands there twice; join its values in one line.`;
  seen.add(name);
  return undefined;
}

/** Never quotes the value: it may be a secret, and the answer may be logged. */
function problemOfLine(line: string, header: HeaderLine | undefined): string | undefined {
  if (hasControlCharacter(line)) return 'A header must not hold line breaks or other control characters.';
  if (header === undefined) return 'A header line has the form "Name: value"; this one has no colon.';
  const { name, value } = header;
  if (!TOKEN.test(name)) return 'The header name before the colon must be letters, digits and hyphens, without spaces.';
  if (name.length > HEADER_NAME_CHARS_MAX) return `The header name is longer than ${HEADER_NAME_CHARS_MAX} characters.`;
  if (isForbidden(name)) return `The header ${name} is set by the server or by HTTP itself; leave it out.`;
  if (value.length > HEADER_VALUE_CHARS_MAX) {
    return `The value of ${name} is longer than ${HEADER_VALUE_CHARS_MAX} characters.`;
  }
  if (/[^\u0000-\u00ff]/.test(value)) {
    return `The value of ${name} has characters outside Latin-1, which HTTP cannot carry; encode it, for example as base64.`;
  }
  return undefined;
}

function isForbidden(name: string): boolean {
  const lower = name.toLowerCase();
  return forbidden.has(lower) || forbiddenPrefixes.some((prefix) => lower.startsWith(prefix));
}

/** Everything below space but the tab, and DEL. */
function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}

function trimBlanks(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}
