// Cross-origin requests of browsers, for the origins that configuration names (`*` names all).
import { PREFLIGHT_MAX_AGE_SECONDS } from './limits';
import type { HttpReply, HttpRequest } from './http';

const METHODS = 'GET, HEAD, POST, PUT, DELETE, OPTIONS';
const REQUEST_HEADERS =
  'Accept, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Exist, If-None-Match, Prefer, X-Request-ID';
const ANSWER_HEADERS = 'Content-Location, ETag, Last-Modified, Location, Retry-After, X-Request-ID';

export class Cors {
  private readonly origins: ReadonlySet<string>;
  private readonly isOpen: boolean;

  constructor(origins: readonly string[]) {
    this.origins = new Set(origins);
    this.isOpen = this.origins.has('*');
  }

  /** Adds the headers an allowed origin needs. @returns true when the request was a preflight and is answered with that */
  apply(request: HttpRequest, reply: HttpReply): boolean {
    if (this.origins.size === 0) return false;
    const { origin } = request.headers;
    if (!this.isOpen) reply.header('Vary', 'Origin');
    if (origin === undefined || !(this.isOpen || this.origins.has(origin))) return false;
    reply.header('Access-Control-Allow-Origin', this.isOpen ? '*' : origin);
    reply.header('Access-Control-Expose-Headers', ANSWER_HEADERS);
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false;
    reply.header('Access-Control-Allow-Methods', METHODS);
    reply.header('Access-Control-Allow-Headers', REQUEST_HEADERS);
    reply.header('Access-Control-Max-Age', String(PREFLIGHT_MAX_AGE_SECONDS));
    return true;
  }
}
