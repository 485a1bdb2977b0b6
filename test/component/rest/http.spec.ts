// What every request gets, whatever it asks for: ids, refusals as OperationOutcomes, limits, CORS, tokens, the log line.
import http from 'node:http';
import net from 'node:net';
import { definitionsFor } from '../../../src/fhir';
import { createLog } from '../../../src/platform';
import { startRestApp, type RestApp } from './rest-app';

const outcome = (code: string, text?: string): unknown =>
  expect.objectContaining({
    resourceType: 'OperationOutcome',
    issue: [
      expect.objectContaining({
        severity: 'error',
        code,
        ...(text && { details: { text: expect.stringContaining(text) } }),
      }),
    ],
  });

describe('HTTP', () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ level: 'debug', destination: { write: (line) => void lines.push(JSON.parse(line)) } });
  let app: RestApp;

  beforeAll(async () => {
    const failure = async (): Promise<never> => {
      throw new Error('secret detail of ours');
    };
    const gone = async (): Promise<never> => {
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    };
    const fails = (code: string) => async (): Promise<never> => {
      throw Object.assign(new Error('from the database'), { code });
    };
    app = await startRestApp({
      log,
      store: {
        read: failure,
        readVersion: gone,
        history: fails('57014'),
        delete: fails('40P01'),
        search: async () => ({ total: 0, resources: [] }),
        understood: (read) => read(),
      },
      http: { corsOrigins: ['https://app.example'] },
    });
  });
  afterAll(() => app.stop());
  beforeEach(() => lines.splice(0));

  it('K-1: GET metadata answers a CapabilityStatement, with ETag and 304', async () => {
    const { status, body, headers } = await app.client.get('metadata');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/fhir+json; charset=utf-8');
    expect(body).toMatchObject({
      resourceType: 'CapabilityStatement',
      status: 'active',
      kind: 'instance',
      fhirVersion: '4.0.1',
    });
    expect(body.implementation.url).toBe(app.client.fhirUrl);
    expect(body.rest[0].resource).toHaveLength(definitionsFor('R4').resourceTypes.length);
    expect((await app.client.get('metadata', { 'if-none-match': headers['etag']! })).status).toBe(304);
    expect((await app.client.call('OPTIONS', '')).body).toMatchObject({ resourceType: 'CapabilityStatement' });
  });

  it('R-2: both forms of an address work, and the base too', async () => {
    expect((await app.client.get('metadata/')).status).toBe(200);
    expect((await app.client.call('OPTIONS', '/fhir/')).status).toBe(200);
    for (const address of ['', '/fhir/'])
      expect((await app.client.get(address)).body).toMatchObject({ type: 'searchset', total: 0 });
  });

  it.each([
    ['/nowhere', 404, 'not-found'],
    ['/', 404, 'not-found'],
    ['/fhirs/Patient', 404, 'not-found'],
    ['/fhir/Patienten', 404, 'not-supported'],
    ['/fhir/Patient/a_b', 400, 'value'],
    ['/fhir/%ZZ', 400, 'invalid'],
    ['/%ZZ', 400, 'invalid'],
    ['/fhir/Patient?x=%ZZ', 400, 'value'],
    [`/fhir/Patient/${'a'.repeat(300)}`, 400, 'value'],
  ])('answers %s with %i and an OperationOutcome', async (path, status, code) => {
    const answer = await app.client.get(path);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual(outcome(code));
  });

  it.each(['PATCH', 'POST'])('405 with Allow for %s of an instance', async (method) => {
    const answer = await app.client.call(method, 'Patient/1', { body: {} });
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('GET, HEAD, PUT, DELETE, OPTIONS');
    expect(answer.body).toEqual(outcome('not-supported'));
  });

  it('OPTIONS names the methods of an address', async () => {
    const answer = await app.client.call('OPTIONS', 'Patient');
    expect([answer.status, answer.headers['allow']]).toEqual([204, 'GET, HEAD, POST, OPTIONS']);
  });

  it('S1.27: a request id is echoed, or made when it is absent or unsafe', async () => {
    expect((await app.client.get('metadata', { 'x-request-id': 'abc' })).headers['x-request-id']).toBe('abc');
    expect((await app.client.get('metadata')).headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    const unsafe = await app.client.get('metadata', { 'x-request-id': '"><script>' });
    expect(unsafe.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('an unexpected error is 500 without detail, logged under the id that the client is told', async () => {
    const answer = await app.client.get('Patient/1', { 'x-request-id': 'find-me' });
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual(outcome('exception', 'find-me'));
    expect(answer.text).not.toContain('secret detail');
    expect(lines.find((line) => line['msg'] === 'request.failed')).toMatchObject({
      requestId: 'find-me',
      error: { message: 'secret detail of ours' },
    });
  });

  it('a database that is away is 503 with Retry-After', async () => {
    const answer = await app.client.get('Patient/1/_history/1');
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
    expect(answer.body).toEqual(outcome('transient'));
  });

  it('a statement that was stopped is 503, a deadlock 409', async () => {
    const slow = await app.client.get('Patient/1/_history');
    expect([slow.status, slow.body]).toEqual([503, outcome('too-costly')]);
    const locked = await app.client.del('Patient/1');
    expect([locked.status, locked.headers['retry-after'], locked.body]).toEqual([409, '5', outcome('lock-error')]);
  });

  it('R-12: even what is no HTTP, or too long, gets an OperationOutcome', async () => {
    expect(await rawBytes(app.url, 'NONSENSE\r\n\r\n')).toMatch(
      /^HTTP\/1.1 400 Bad Request\r\n[^]*"resourceType":"OperationOutcome"/,
    );
    const long = `GET /fhir/Patient?name=${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`;
    expect(await rawBytes(app.url, long)).toMatch(/^HTTP\/1.1 431 [^]*"code":"too-long"/);
  });

  it('R-6: 415 names what is accepted, 406 what is served; nothing is written', async () => {
    const xml = await app.client.call('POST', 'Patient', {
      body: '<Patient/>',
      headers: { 'content-type': 'application/fhir+xml' },
    });
    expect([xml.status, xml.body]).toEqual([415, outcome('not-supported', 'application/fhir+json')]);
    const accept = await app.client.call('POST', 'Patient', { body: {}, headers: { accept: 'application/fhir+xml' } });
    expect([accept.status, accept.body]).toEqual([406, outcome('not-supported', 'application/fhir+json')]);
    const none = await rawRequest(app.url, { method: 'POST', path: '/fhir/Patient' }, '{}');
    expect(none.status).toBe(415);
  });

  it('413 arrives as an OperationOutcome although the client is still sending', async () => {
    const answer = await app.client.call('POST', 'Patient', { body: Buffer.alloc(8_000_000, 32) });
    expect([answer.status, answer.body]).toEqual([413, outcome('too-long', '100000 bytes')]);
  });

  it('an empty or broken body is 400', async () => {
    expect((await app.client.call('POST', 'Patient', { body: '' })).body).toEqual(outcome('required'));
    expect((await app.client.call('POST', 'Patient', { body: '{"resourceType":"Patient",}' })).body).toEqual(
      outcome('structure'),
    );
  });

  it('HEAD has the headers of GET and no body', async () => {
    const [head, get] = [await app.client.call('HEAD', 'metadata'), await app.client.get('metadata')];
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
    expect(head.headers['etag']).toBe(get.headers['etag']);
  });

  it('R-8: _pretty=true indents', async () => {
    expect((await app.client.get('metadata?_pretty=true')).text).toContain(
      '{\n  "resourceType": "CapabilityStatement"',
    );
  });

  it('R-9: CORS for the origins of the configuration only', async () => {
    const origin = { origin: 'https://app.example' };
    const preflight = await app.client.call('OPTIONS', 'Patient', {
      headers: { ...origin, 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-origin']).toBe('https://app.example');
    expect(preflight.headers['access-control-allow-headers']).toContain('Authorization');
    const plain = await app.client.get('metadata', origin);
    expect(plain.headers['access-control-expose-headers']).toContain('ETag');
    expect(plain.headers['vary']).toBe('Origin');
    const other = await app.client.get('metadata', { origin: 'https://evil.example' });
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('S1.39: one log line per request, without query values', async () => {
    await app.client.get('Patient/x-1?name=Secret', { 'x-request-id': 'r1', 'user-agent': 'test/1' });
    const answered = lines.filter((line) => line['msg'] === 'request.answered');
    expect(answered).toHaveLength(1);
    expect(answered[0]).toMatchObject({
      verb: 'GET',
      path: '/fhir/Patient/x-1',
      interaction: 'read',
      entityType: 'Patient',
      entityId: 'x-1',
      status: 400,
      durationMs: expect.any(Number),
      userAgent: 'test/1',
      requestId: 'r1',
    });
    expect(JSON.stringify(lines)).not.toContain('Secret');
  });
});

describe('tokens', () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ level: 'info', destination: { write: (line) => void lines.push(JSON.parse(line)) } });
  let app: RestApp;

  beforeAll(async () => {
    app = await startRestApp({ log, tokens: [{ name: 'pas', token: 'secret-one' }], http: { bodyBytesMax: 1000 } });
  });
  afterAll(() => app.stop());

  it('401 with WWW-Authenticate, as an OperationOutcome, before the body is looked at', async () => {
    for (const path of ['Patient', '/fhir', '/nowhere']) {
      const answer = await app.client.call('POST', path, { body: '{}' });
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer realm="herald"']);
      expect(answer.body).toEqual(outcome('login'));
    }
  });

  it('A1: under /admin it is a problem document', async () => {
    const answer = await app.client.get('/admin/subscriptions');
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.body).toMatchObject({ status: 401, title: 'Unauthorized' });
  });

  it('metadata is open; the caller of a known token is in the log, the token is not', async () => {
    expect((await app.client.get('metadata')).status).toBe(200);
    const answer = await app.client.get('Patient/a_b', { authorization: 'Bearer secret-one' });
    expect(answer.status).toBe(400);
    expect(lines.at(-1)).toMatchObject({ caller: 'pas' });
    expect(JSON.stringify(lines)).not.toContain('secret-one');
  });
});

/** A request whose headers are exactly what is given. */
function rawRequest(
  url: string,
  options: http.RequestOptions,
  body: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    request.on('error', reject).end(body);
  });
}

/** What the server says to bytes that are written as they are. */
function rawBytes(url: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = net.connect(Number(port), hostname, () => socket.write(bytes));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}
