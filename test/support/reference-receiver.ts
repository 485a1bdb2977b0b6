// The receiver that hospitals use as the reference for rest-hooks, as far as its answers go: the tables "Routes" and "Measured" of the requirements,
// section 2, and nothing of its code. Its quirks are the point: it parses before it asks for the key, answers plain text, and never checks types.
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { SubscriberStub, type AnswerFunction, type ReceivedRequest, type StubAnswer } from './subscriber-stub';

export const REFERENCE_KEY = '9876543210';
/** The largest body it parses: 100 kB. */
export const REFERENCE_BODY_MAX = 102_400;

export interface ReferenceOptions {
  /** What `x-api-key` must be. */
  readonly key?: string;
  /** A gateway in front of it that changes paths: in goes the path sent, out comes the one the receiver sees. */
  readonly gateway?: (path: string) => string;
}

/** Listens on a port of its own; `requests` holds what arrived, answered or refused. */
export function startReferenceReceiver(options: ReferenceOptions = {}): Promise<SubscriberStub> {
  return SubscriberStub.start({ answer: referenceAnswers(options) });
}

/** Its answers, for a stub that stands somewhere else. */
export function referenceAnswers({ key = REFERENCE_KEY, gateway = (path) => path }: ReferenceOptions): AnswerFunction {
  return (request) => {
    const parsed = parse(request);
    if ('refusal' in parsed) return parsed.refusal;
    if (request.headers['x-api-key'] !== key) return plain(401, 'Unauthorized');
    return route(request.method, gateway(request.path).split('?')[0]!, parsed.body);
  };
}

type Parsed = { readonly body: unknown } | { readonly refusal: StubAnswer };

const PARSED_TYPES = ['application/json', 'application/fhir+json'];

/** Only JSON by its two names is parsed; everything else is an empty object to it. */
function parse({ headers, body }: ReceivedRequest): Parsed {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (!PARSED_TYPES.includes(type) || body.length === 0) return { body: {} };
  try {
    const text = headers['content-encoding']?.toLowerCase() === 'gzip' ? gunzipSync(body) : body;
    if (text.length > REFERENCE_BODY_MAX) return { refusal: plain(413, 'Payload Too Large') };
    return { body: JSON.parse(text.toString('utf8')) };
  } catch {
    return { refusal: plain(400, 'Bad Request') }; // Not JSON, or not gzip.
  }
}

function route(method: string, path: string, body: unknown): StubAnswer {
  const event = /^\/event\/([^/]+)\/?$/.exec(path);
  if (method === 'POST' && event) return eventAnswer(event[1]!);
  const resource = /^\/fhir\/([^/]+)\/([^/]+)\/?$/.exec(path);
  if (method === 'PUT' && resource) return resourceAnswer(resource[1]!, resource[2]!, body);
  if (method === 'GET' && /^\/fhir\/metadata\/?$/.test(path)) return capabilities();
  const page = `<!DOCTYPE html>\n<html lang="en"><body><pre>Cannot ${method} ${path.replaceAll('<', '&lt;')}</pre></body></html>\n`;
  return { status: 404, headers: { 'content-type': 'text/html; charset=utf-8' }, body: page };
}

function eventAnswer(id: string): StubAnswer {
  if (id === '456') return plain(404, 'Not Found');
  return id === '789' ? plain(500, 'Internal Server Error') : plain(201, 'Created');
}

/** The type in the body is not looked at. */
function resourceAnswer(type: string, id: string, body: unknown): StubAnswer {
  if ((body as { id?: unknown } | null)?.id !== id) return plain(400, 'Bad Request');
  return type === 'DocumentReference' && id === 'err-id' ? plain(500, 'Internal Server Error') : plain(200, 'OK');
}

/** Malformed, as the real one is: types in lower case, rules that are no strings. */
function capabilities(): StubAnswer {
  const rest = (type: string) => ({
    mode: 'server',
    resource: [{ type, interaction: [{ code: 'update' }], versioning: false, conditionalDelete: 0 }],
  });
  const body = JSON.stringify({
    resourceType: 'CapabilityStatement',
    fhirVersion: '3.0.1',
    status: 'active',
    kind: 'instance',
    rest: [rest('documentReference'), rest('flag'), rest('patient')],
  });
  return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8', etag: etagOf(body) }, body };
}

function plain(status: number, text: string): StubAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', etag: etagOf(text) }, body: text };
}

/** Of the text, as caches want it; it says nothing about a resource. */
function etagOf(text: string): string {
  const digest = createHash('sha1').update(text).digest('base64').slice(0, 27);
  return `W/"${Buffer.byteLength(text).toString(16)}-${digest}"`;
}
