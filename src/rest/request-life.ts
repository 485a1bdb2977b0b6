// The beginning and the end of every request, whatever it asks for: its id, who asks, CORS, and the one access log line.
import { randomId } from '../platform';
import type { Clock, HeraldConfig, Log, Metrics } from '../platform';
import { AuthGuard } from './auth.guard';
import { Cors } from './cors';
import { pathOf } from './http';
import type { Done, HttpReply, HttpRequest, HttpServer } from './http';
import type { WriteGate } from './write-gate';
import { answerError } from './outcome.filter';
import { LOGGED_TEXT_LENGTH_MAX, REQUEST_ID_LENGTH_MAX } from './limits';
import { readBody } from './request-body';

/** What every HTTP answer of the process needs, with or without FHIR. */
export interface HttpDeps {
  readonly config: HeraldConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Absent where nothing is written. */
  readonly writeGate?: WriteGate;
}

// Safe in a log, in a header and in an OperationOutcome.
const requestIdSyntax = new RegExp(`^[A-Za-z0-9._~:/+=@-]{1,${REQUEST_ID_LENGTH_MAX}}$`);
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Puts the hooks and the body reader on the server. Call it before any route is registered: Fastify gives hooks only to later routes. */
export function prepareServer(server: HttpServer, deps: HttpDeps): void {
  const guard = new AuthGuard(deps.config.tokens);
  const cors = new Cors(deps.config.http.corsOrigins);
  server.decorateRequest('life', undefined);
  server.addHook('onRequest', (request, reply, done) => {
    beginLife(request, reply, deps.clock);
    if (cors.apply(request, reply)) {
      reply.code(204).send();
      return;
    }
    authenticate(guard, request, (error) => {
      // Answered here: pages of others on this server (the queue's board) have error handlers of their own.
      if (error) answerError(error, request, reply, deps.log);
      else if (deps.writeGate === undefined) done();
      else deps.writeGate.enter(request, reply, done);
    });
  });
  server.addHook('onResponse', answeredHook(deps));
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, body, done) => readBody(body, deps.config.http.bodyBytesMax, done));
}

/** Gives the request its id and its start; the answer carries the id. */
export function beginLife(request: HttpRequest, reply: HttpReply, clock: Clock): void {
  const requestId = requestIdOf(request);
  request.life = { requestId, startedAtMs: clock.monotonicMs() };
  reply.header('X-Request-ID', requestId);
}

function requestIdOf(request: HttpRequest): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && requestIdSyntax.test(given) ? given : randomId();
}

function authenticate(guard: AuthGuard, request: HttpRequest, done: Done): void {
  try {
    const caller = guard.callerOf(pathOf(request.url), request.headers.authorization);
    if (caller !== undefined && request.life !== undefined) request.life.caller = caller;
  } catch (error) {
    // Nothing but the guard's 401, which is answered like any other refusal.
    done(error as Error);
    return;
  }
  done();
}

function answeredHook(deps: HttpDeps): (request: HttpRequest, reply: HttpReply, done: Done) => void {
  const durations = deps.metrics.histogram(
    'herald_http_request_duration_seconds',
    'Time from the first header to the last byte of the answer',
    ['interaction', 'status'],
    durationBuckets,
  );
  // One series per interaction and status class; looking it up by labels costs more than observing.
  const series = new Map<string, { observe(seconds: number): void }>();
  return (request, reply, done) => {
    const durationMs = writeAccessLine(deps, request, reply);
    const interaction = interactionOf(request);
    const status = `${Math.floor(reply.statusCode / 100)}xx`;
    let observed = series.get(interaction + status);
    if (observed === undefined) series.set(interaction + status, (observed = durations.labels(interaction, status)));
    observed.observe(durationMs / 1000);
    done();
  };
}

/** Writes the line of an answered request. @returns how long it took, in milliseconds */
export function writeAccessLine({ clock, log }: HttpDeps, request: HttpRequest, reply: HttpReply): number {
  const { life } = request;
  const durationMs = life === undefined ? 0 : clock.monotonicMs() - life.startedAtMs;
  // Probes and scrapes come every few seconds and say nothing when all is well.
  const isQuiet = reply.statusCode < 400 && interactionOf(request) === 'probe';
  log[isQuiet ? 'debug' : 'info'](answeredLine(request, reply.statusCode, durationMs), 'request.answered');
  return durationMs;
}

/** The FHIR interaction, or what else it was about. */
function interactionOf({ life, url }: HttpRequest): string {
  if (life?.interaction !== undefined) return life.interaction;
  if (url.startsWith('/health') || url.startsWith('/metrics')) return 'probe';
  return url.startsWith('/admin') ? 'admin' : 'other';
}

function answeredLine(request: HttpRequest, status: number, durationMs: number): Record<string, unknown> {
  const { life } = request;
  return {
    verb: request.method,
    // Query values may hold names and numbers of people: only the path is written.
    path: pathOf(request.url).slice(0, LOGGED_TEXT_LENGTH_MAX),
    interaction: interactionOf(request),
    entityType: life?.type,
    entityId: life?.id,
    status,
    durationMs: Math.round(durationMs * 1000) / 1000,
    source: request.raw.socket.remoteAddress,
    userAgent: request.headers['user-agent']?.slice(0, LOGGED_TEXT_LENGTH_MAX),
    requestId: life?.requestId,
    caller: life?.caller,
  };
}
