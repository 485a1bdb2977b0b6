// Who may ask: named bearer tokens from configuration. It runs when the headers are in, before a byte of a body is read.
import { createHash, timingSafeEqual } from 'node:crypto';
import { errorIssue, FhirError } from '../fhir';
import { TOKEN_LENGTH_MAX } from './limits';

/** Addresses that answer without a token; everything else, known or not, asks for one. */
const openPaths = new Set(['/health', '/health/live', '/health/ready', '/fhir/metadata']);

export class AuthGuard {
  private readonly callers: readonly { readonly name: string; readonly digest: Buffer }[];

  /** @param tokens none means that everything is open (on loopback only: configuration sees to that) */
  constructor(tokens: readonly { readonly name: string; readonly token: string }[]) {
    this.callers = tokens.map(({ name, token }) => ({ name, digest: digestOf(token) }));
  }

  /**
   * The caller's name, or undefined when the address is open.
   * @param path without query
   * @throws FhirError 401 with WWW-Authenticate when the token is missing or unknown
   */
  callerOf(path: string, authorization: string | undefined): string | undefined {
    if (this.callers.length === 0) return undefined;
    const caller = authorization === undefined ? undefined : this.nameOf(authorization);
    if (caller !== undefined) return caller;
    if (openPaths.has(path.endsWith('/') ? path.slice(0, -1) : path)) return undefined;
    throw unauthorised(authorization === undefined ? 'This address needs a token' : 'The token is not known here');
  }

  private nameOf(authorization: string): string | undefined {
    if (authorization.length > TOKEN_LENGTH_MAX || !/^bearer /i.test(authorization)) return undefined;
    const digest = digestOf(authorization.slice('bearer '.length).trim());
    // Digests of equal length, all of them compared: the time taken tells nothing about any token.
    let found: string | undefined;
    for (const caller of this.callers) if (timingSafeEqual(caller.digest, digest)) found = caller.name;
    return found;
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function unauthorised(problem: string): FhirError {
  const text = `${problem}; send Authorization: Bearer followed by a token of HERALD_TOKENS.`;
  return new FhirError(401, errorIssue('login', text), { 'WWW-Authenticate': 'Bearer realm="herald"' });
}
