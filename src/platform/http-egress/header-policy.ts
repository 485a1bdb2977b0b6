// Header lines as they go out: nothing is repaired or dropped, a bad one refuses the request.
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** These decide where a message ends or who answers; the client sets them itself. */
const FRAMING = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'connection',
  'keep-alive',
  'upgrade',
  'expect',
  'accept-encoding',
  'proxy-authorization',
  'proxy-connection',
]);

/** Why these headers may not be sent, naming the first bad one (never its value); undefined when they may. */
export function refusedHeaders(headers: readonly (readonly [string, string])[]): string | undefined {
  for (const [name, value] of headers) {
    if (!NAME.test(name)) return `The header name ${JSON.stringify(name)} is not valid`;
    if (FRAMING.has(name.toLowerCase())) return `The header ${name} is set by the server and cannot be given`;
    if (!VALUE.test(value)) return `The value of header ${name} has characters that a header cannot carry`;
  }
  return undefined;
}
