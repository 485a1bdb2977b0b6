// The fixture against the tables "Routes" and "Measured" it stands for, row by row, over HTTP.
import { gzipSync } from 'node:zlib';
import { request } from 'undici';
import { REFERENCE_BODY_MAX, REFERENCE_KEY, startReferenceReceiver } from './reference-receiver';
import type { SubscriberStub } from './subscriber-stub';

let receiver: SubscriberStub;
beforeAll(async () => {
  receiver = await startReferenceReceiver();
});
afterAll(async () => receiver?.stop());

const key = { 'x-api-key': REFERENCE_KEY };
const json = { ...key, 'content-type': 'application/fhir+json' };
const resource = (id: string, resourceType = 'DocumentReference'): string => JSON.stringify({ resourceType, id });

async function send(method: string, path: string, headers: Record<string, string> = key, body?: any) {
  const answer = await request(`${receiver.url}${path}`, { method: method as 'GET', headers, body });
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
}
const statusOf = async (...given: Parameters<typeof send>): Promise<number> => (await send(...given)).status;

/** A resource of exactly so many bytes. */
function sized(bytes: number): string {
  const empty = JSON.stringify({ id: 'd1', text: '' }).length;
  return JSON.stringify({ id: 'd1', text: 'x'.repeat(bytes - empty) });
}

describe('Routes', () => {
  it.each([
    ['123', 201],
    ['456', 404],
    ['789', 500],
  ])('POST /event/%s → %i, whatever the body', async (id, status) => {
    expect(await statusOf('POST', `/event/${id}`)).toBe(status);
    expect(await statusOf('POST', `/event/${id}`, { ...key, 'content-type': 'text/plain' }, 'anything')).toBe(status);
  });

  it.each([
    ['/fhir/DocumentReference/d1', 'd1', 200],
    ['/fhir/DocumentReference/err-id', 'err-id', 500],
    ['/fhir/DocumentReference/d1', 'd2', 400],
    ['/fhir/Patient/err-id', 'err-id', 200],
  ])('PUT %s with the id %s → %i', async (path, id, status) => {
    expect(await statusOf('PUT', path, json, resource(id))).toBe(status);
  });

  it('GET /fhir/metadata → an odd CapabilityStatement', async () => {
    const { status, text } = await send('GET', '/fhir/metadata');
    const statement = JSON.parse(text);
    expect([status, statement.fhirVersion, statement.rest.length]).toEqual([200, '3.0.1', 3]);
    expect(statement.rest[0].resource[0]).toMatchObject({ type: 'documentReference', versioning: false });
  });

  it.each([
    ['DELETE', '/fhir/DocumentReference/d1'],
    ['POST', '/fhir'],
    ['POST', '/fhir/DocumentReference'],
    ['PUT', '/fhir/DocumentReference?identifier=a|b'],
    ['PUT', '/other/DocumentReference/d1'],
    ['GET', '/'],
  ])('%s %s → 404 and an HTML page', async (method, path) => {
    const { status, headers, text } = await send(method, path);
    expect([status, headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    expect(text).toContain('<html');
  });
});

describe('Measured', () => {
  it.each([[{}], [{ authorization: `Bearer ${REFERENCE_KEY}` }], [{ 'x-api-key': 'wrong' }]])(
    'without its key, with %j → 401',
    async (headers: any) => {
      expect(await statusOf('POST', '/event/123', headers)).toBe(401);
      expect(
        await statusOf('PUT', '/fhir/Patient/p', { ...headers, 'content-type': 'application/json' }, resource('p')),
      ).toBe(401);
    },
  );

  it.each(['X-API-Key', 'x-api-key', 'X-Api-KEY'])('the key as %s, and a trailing slash, are taken', async (name) => {
    expect(await statusOf('POST', '/event/123/', { [name]: REFERENCE_KEY })).toBe(201);
    const headers = { [name]: REFERENCE_KEY, 'content-type': 'application/fhir+json' };
    expect(await statusOf('PUT', '/fhir/DocumentReference/d1/', headers, resource('d1'))).toBe(200);
  });

  it.each([
    ['application/fhir+json', 200],
    ['application/fhir+json; charset=UTF-8', 200],
    ['application/json', 200],
    ['application/json+fhir', 400],
    ['application/fhir+xml', 400],
    ['text/plain', 400],
  ])('content type %s → %i', async (type, status) => {
    const headers = { ...key, 'content-type': type };
    expect(await statusOf('PUT', '/fhir/DocumentReference/d1', headers, resource('d1'))).toBe(status);
  });

  it('PUT with an empty body → 400', async () => {
    expect(await statusOf('PUT', '/fhir/DocumentReference/d1', json)).toBe(400);
    expect(await statusOf('PUT', '/fhir/DocumentReference/d1')).toBe(400);
  });

  it('another type in the body than in the URL → 200', async () => {
    expect(await statusOf('PUT', '/fhir/DocumentReference/d1', json, resource('d1', 'Patient'))).toBe(200);
  });

  it('a chunked or gzip-encoded body → 200', async () => {
    async function* pieces(): AsyncGenerator<Buffer> {
      for (const piece of resource('d1').match(/.{1,7}/g)!) yield await Promise.resolve(Buffer.from(piece));
    }
    expect(await statusOf('PUT', '/fhir/DocumentReference/d1', json, pieces())).toBe(200);
    expect(receiver.requests.at(-1)!.headers).toMatchObject({ 'transfer-encoding': 'chunked' });
    const zipped = { ...json, 'content-encoding': 'gzip' };
    expect(await statusOf('PUT', '/fhir/DocumentReference/d1', zipped, gzipSync(resource('d1')))).toBe(200);
  });

  it('a body over 100 kB → 413, also when it is sent packed', async () => {
    const put = (body: string | Buffer, more = {}) =>
      statusOf('PUT', '/fhir/DocumentReference/d1', { ...json, ...more }, body);
    expect(await put(sized(REFERENCE_BODY_MAX))).toBe(200);
    expect(await put(sized(REFERENCE_BODY_MAX + 1))).toBe(413);
    expect(await put(gzipSync(sized(REFERENCE_BODY_MAX + 1)), { 'content-encoding': 'gzip' })).toBe(413);
  });

  it('malformed JSON → 400 even without the key', async () => {
    const headers = { 'content-type': 'application/fhir+json' };
    expect(await statusOf('PUT', '/fhir/DocumentReference/d1', headers, '{"id":')).toBe(400);
  });

  it('what it takes it answers in plain text with an ETag of the text, and no Location or Last-Modified', async () => {
    const answers = [
      await send('POST', '/event/123'),
      await send('PUT', '/fhir/DocumentReference/d1', json, resource('d1')),
    ];
    expect(answers.map(({ text }) => text)).toEqual(['Created', 'OK']);
    for (const { headers } of answers) {
      expect(headers['content-type']).toMatch(/^text\/plain/);
      expect(headers['etag']).toMatch(/^W\/"[0-9a-f]+-.{27}"$/);
      expect(headers).not.toHaveProperty('location');
      expect(headers).not.toHaveProperty('last-modified');
    }
  });
});
