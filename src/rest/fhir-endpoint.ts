// From an HTTP request to a FhirRequest and back: negotiation, routing, the body. Everything FHIR-specific about HTTP that is not an interaction.
import type { IncomingHttpHeaders } from 'node:http';
import { BASE_PATH, ownBaseUrl } from './base-url';
import { preferencesOf } from './conditions';
import type { FhirAnswer, FhirRequest, RestDeps } from './exchange';
import { pathOf, queryOf } from './http';
import type { HttpReply, HttpRequest } from './http';
import { bundle } from './interactions/bundle';
import { Capabilities } from './interactions/capabilities';
import { findOperation } from './interactions/operation';
import { FHIR_JSON, MediaTypes } from './media-types';
import { parameterValue, parseParameters } from './parameters';
import type { Parameter } from './parameters';
import { perform } from './perform';
import type { PerformDeps } from './perform';
import { prettyJson } from './pretty';
import { routeOf } from './route';
import type { Route } from './route';

const TENANT = 'default';
const noParameters: readonly Parameter[] = [];

export class FhirEndpoint {
  private readonly deps: PerformDeps;
  private readonly mediaTypes: MediaTypes;

  constructor(deps: RestDeps) {
    this.deps = { ...deps, capabilities: new Capabilities(deps) };
    this.mediaTypes = new MediaTypes(deps.definitions.versionNumber);
  }

  /** Works on one HTTP request. @throws FhirError for the filter to answer */
  async answer(http: HttpRequest, reply: HttpReply): Promise<void> {
    const query = queryOf(http.url);
    const parameters = query === '' ? noParameters : parseParameters(query);
    const path = pathOf(http.url).slice(BASE_PATH.length);
    const { definitions, operations } = this.deps;
    const route = routeOf(definitions, http.method, path, query !== '', (type, name, level) =>
      findOperation(operations, type, name, level),
    );
    note(http, route);
    this.mediaTypes.checkAccept(http.headers.accept, parameters);
    const request = this.requestOf(http, route, parameters);
    const answer = await (route.interaction === 'bundle' ? bundle(this.deps, request) : perform(this.deps, request));
    noteId(http, answer);
    send(reply, answer, parameterValue(parameters, '_pretty') === 'true');
  }

  private requestOf(http: HttpRequest, route: Route, parameters: readonly Parameter[]): FhirRequest {
    const { headers } = http;
    const { payload, added } = this.bodyOf(http, route);
    return {
      route,
      parameters: added.length === 0 ? parameters : [...parameters, ...added],
      conditions: {
        ifMatch: headers['if-match'],
        ifNoneMatch: headers['if-none-match'],
        ifModifiedSince: headers['if-modified-since'],
        ifNoneExist: textOf(headers, 'if-none-exist'),
      },
      preferences: preferencesOf(textOf(headers, 'prefer')),
      context: {
        tenant: TENANT,
        requestId: http.life?.requestId ?? '',
        baseUrl: ownBaseUrl(this.deps.config, headers.host),
        caller: http.life?.caller,
      },
      payload,
      idempotencyKey: textOf(headers, 'idempotency-key'),
    };
  }

  /** The body of a write, or the parameters of a search by POST. Other interactions have no use for a body. */
  private bodyOf(http: HttpRequest, route: Route): { payload?: Buffer; added: readonly Parameter[] } {
    const { interaction } = route;
    const bytes = Buffer.isBuffer(http.body) ? http.body : undefined;
    if (route.isGet === true) return { added: noParameters };
    if (['create', 'update', 'bundle', 'operation'].includes(interaction)) {
      this.mediaTypes.checkBody(http.headers['content-type'], http.headers['content-encoding']);
      return { payload: bytes, added: noParameters };
    }
    if (interaction !== 'search' || http.method !== 'POST') return { added: noParameters };
    if (bytes !== undefined && bytes.length > 0) this.mediaTypes.checkForm(http.headers['content-type']);
    return { added: parseParameters(bytes?.toString('utf8').trim() ?? '') };
  }
}

function textOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

function note(http: HttpRequest, route: Route): void {
  const { life } = http;
  if (life === undefined) return;
  life.interaction = route.interaction;
  if (route.type !== '') life.type = route.type;
  if (route.id !== '') life.id = route.id;
}

/** A create has an id only when it is done: the log line wants it too. */
function noteId(http: HttpRequest, answer: FhirAnswer): void {
  const { life } = http;
  if (life?.interaction === 'create' && answer.location !== undefined) life.id = answer.location.split('/').at(-3);
}

function send(reply: HttpReply, answer: FhirAnswer, isPretty: boolean): void {
  reply.code(answer.status);
  if (answer.etag !== undefined) reply.header('ETag', answer.etag);
  if (answer.lastModified !== undefined) reply.header('Last-Modified', answer.lastModified.toUTCString());
  if (answer.location !== undefined) reply.header('Location', answer.location);
  for (const name in answer.headers) reply.header(name, answer.headers[name] ?? '');
  if (answer.body === undefined) {
    reply.send();
    return;
  }
  reply.header('Content-Type', FHIR_JSON).send(isPretty ? prettyJson(answer.body) : answer.body);
}
