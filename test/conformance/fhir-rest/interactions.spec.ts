// read, vread, create, update, delete, history: https://hl7.org/fhir/R4/http.html. Numbers are rows of the REST checklist.
import type { Answer, FhirClient } from '../../support/fhir-client';
import { startFhirServer, type FhirServer } from './server';

const patient = (extra: object = {}): { resourceType: string; id: string } => ({
  resourceType: 'Patient',
  id: 'ignored',
  ...extra,
});
const issue = (answer: Answer): { code: string; text: string; expression?: string } => ({
  code: answer.body?.issue?.[0]?.code,
  text: answer.body?.issue?.[0]?.details?.text,
  expression: answer.body?.issue?.[0]?.expression?.[0],
});

describe('interactions', () => {
  let server: FhirServer;
  let client: FhirClient;

  beforeAll(async () => {
    server = await startFhirServer();
    client = server.client;
  });
  afterAll(() => server?.stop());

  async function created(extra: object = {}): Promise<{ id: string; answer: Answer }> {
    const answer = await client.post(patient(extra));
    expect(answer.status).toBe(201);
    return { id: answer.body.id, answer };
  }

  it('I-4: create answers 201 with Location, ETag, Last-Modified and the stored resource; the id of the body is ignored', async () => {
    const answer = await client.post(
      patient({ id: 'mine', active: true, meta: { versionId: '77', lastUpdated: '2001-01-01T00:00:00Z' } }),
    );
    expect(answer.status).toBe(201);
    const { id, meta } = answer.body;
    expect(id).not.toBe('mine');
    expect(answer.headers['location']).toBe(`${client.fhirUrl}/Patient/${id}/_history/1`);
    expect(answer.headers['etag']).toBe('W/"1"');
    expect(answer.headers['content-type']).toBe('application/fhir+json; charset=utf-8');
    expect(meta.versionId).toBe('1');
    expect(answer.headers['last-modified']).toBe(new Date(meta.lastUpdated as string).toUTCString());
    expect((await client.get(`Patient/${id}`)).text).toBe(answer.text);
  });

  it('I-1: read answers 200 with ETag and Last-Modified, 404 for the unknown, 410 for the deleted', async () => {
    const { id, answer } = await created();
    const read = await client.get(`Patient/${id}`);
    expect([read.status, read.headers['etag'], read.headers['last-modified']]).toEqual([
      200,
      'W/"1"',
      answer.headers['last-modified'],
    ]);
    expect(read.body.id).toBe(id);
    const unknown = await client.get('Patient/nobody');
    expect([unknown.status, issue(unknown).code]).toEqual([404, 'not-found']);
    await client.del(`Patient/${id}`);
    const gone = await client.get(`Patient/${id}`);
    expect([gone.status, issue(gone).code, gone.headers['etag']]).toEqual([410, 'deleted', 'W/"2"']);
    const type = await client.get('Unknown/1');
    expect([type.status, issue(type).code]).toEqual([404, 'not-supported']);
  });

  it('I-2: If-None-Match and If-Modified-Since answer 304 without a body', async () => {
    const { id, answer } = await created();
    for (const header of ['if-none-match', 'if-modified-since']) {
      const value = header === 'if-none-match' ? answer.headers['etag']! : answer.headers['last-modified']!;
      const read = await client.get(`Patient/${id}`, { [header]: value });
      expect([read.status, read.text, read.headers['etag']]).toEqual([304, '', 'W/"1"']);
    }
    expect((await client.get(`Patient/${id}`, { 'if-none-match': 'W/"9"' })).status).toBe(200);
    expect((await client.get(`Patient/${id}`, { 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' })).status).toBe(
      200,
    );
  });

  it('I-3: vread answers each version as it was; 404 for an unknown one, 410 for a deletion', async () => {
    const { id, answer } = await created({ active: true });
    await client.put({ ...patient({ active: false }), id });
    await client.del(`Patient/${id}`);
    const first = await client.get(`Patient/${id}/_history/1`);
    expect([first.status, first.text, first.headers['etag']]).toEqual([200, answer.text, 'W/"1"']);
    expect((await client.get(`Patient/${id}/_history/2`)).body).toMatchObject({
      active: false,
      meta: { versionId: '2' },
    });
    expect((await client.get(`Patient/${id}/_history/3`)).status).toBe(410);
    expect((await client.get(`Patient/${id}/_history/4`)).status).toBe(404);
    expect((await client.get(`Patient/${id}/_history/x`)).status).toBe(404);
  });

  it('I-5: update answers 200, or 201 with Location when it creates (update as create)', async () => {
    const fresh = await client.put({ resourceType: 'Patient', id: 'own.Id-1' });
    expect([fresh.status, fresh.headers['location'], fresh.headers['etag']]).toEqual([
      201,
      `${client.fhirUrl}/Patient/own.Id-1/_history/1`,
      'W/"1"',
    ]);
    const again = await client.put({ resourceType: 'Patient', id: 'own.Id-1' });
    expect([again.status, again.headers['etag'], again.body.meta.versionId]).toEqual([200, 'W/"2"', '2']);
    expect(again.headers['last-modified']).toBeDefined();
  });

  it.each([
    ['no id', { resourceType: 'Patient' }, 400, 'required'],
    ['another id', { resourceType: 'Patient', id: 'b' }, 400, 'value'],
    ['another type', { resourceType: 'Observation', id: 'a' }, 400, 'value'],
  ])('I-5: an update with %s in the body is refused', async (_what, body, status, code) => {
    const answer = await client.call('PUT', 'Patient/a', { body });
    expect([answer.status, issue(answer).code]).toEqual([status, code]);
    expect((await client.get('Patient/a')).status).toBe(404);
  });

  it('I-6, C-5: PATCH and conditional writes are refused by name', async () => {
    const { id } = await created();
    const patch = await client.call('PATCH', `Patient/${id}`, {
      body: [],
      headers: { 'content-type': 'application/json-patch+json' },
    });
    expect([patch.status, patch.headers['allow']]).toEqual([405, 'GET, HEAD, PUT, DELETE, OPTIONS']);
    const create = await client.post(patient(), undefined, { 'if-none-exist': 'identifier=x' });
    expect([create.status, issue(create).text]).toEqual([400, expect.stringContaining('If-None-Exist')]);
    const update = await client.call('PUT', 'Patient?identifier=x', { body: patient() });
    expect([update.status, issue(update).text]).toEqual([400, expect.stringContaining('Conditional update')]);
    const remove = await client.del('Patient?identifier=x');
    expect([remove.status, issue(remove).text]).toEqual([400, expect.stringContaining('Conditional delete')]);
  });

  it('I-7: delete answers 204, the same when it is gone already or never was', async () => {
    const { id } = await created();
    const first = await client.del(`Patient/${id}`);
    expect([first.status, first.text, first.headers['etag']]).toEqual([204, '', 'W/"2"']);
    expect((await client.del(`Patient/${id}`)).status).toBe(204);
    expect((await client.del('Patient/never-was')).status).toBe(204);
    expect((await client.get('Patient/never-was')).status).toBe(404);
    expect((await client.get(`Patient/${id}/_history`)).body.total).toBe(2);
  });

  it('I-20: PUT revives a deleted resource with 201 and the next version', async () => {
    const { id } = await created();
    await client.del(`Patient/${id}`);
    const revived = await client.put({ ...patient({ active: true }), id });
    expect([revived.status, revived.headers['etag']]).toEqual([201, 'W/"3"']);
    expect((await client.get(`Patient/${id}`)).status).toBe(200);
  });

  it('I-21, S5.18: what was sent comes back byte for byte but for id and meta', async () => {
    const sent =
      '{"resourceType":"Observation", "status":"final",\n  "code":{"text":"weight \\u00e9"},"valueQuantity":{"value":1.00,"unit":"kg"},' +
      '"component":[{"code":{"text":"x"},"valueQuantity":{"value":1.50e2}}]}';
    const answer = await client.call('POST', 'Observation', { body: sent });
    expect(answer.status).toBe(201);
    const read = await client.get(`Observation/${answer.body.id}`);
    expect(read.text).toContain('"value":1.00,');
    expect(read.text).toContain('1.50e2');
    expect(read.text).toContain('\\u00e9');
    const { id, meta } = read.body;
    const stripped = read.text
      .replace(JSON.stringify(id), '""')
      .replace(/"meta":\{[^}]*\},?/, '')
      .replace('"id":"",', '');
    expect(stripped.replace(/\s/g, '')).toBe(sent.replace(/\s/g, ''));
    expect(Object.keys(meta as object).sort()).toEqual(['lastUpdated', 'versionId']);
  });

  it('I-22: a PUT of a subsetted resource is 422', async () => {
    const tag = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }];
    const answer = await client.put(patient({ id: 'part', meta: { tag } }));
    expect([answer.status, issue(answer).code]).toEqual([422, 'business-rule']);
  });

  it('I-24: an id that is none is 400', async () => {
    for (const id of ['a_b', 'a'.repeat(65), 'a%20b']) expect((await client.get(`Patient/${id}`)).status).toBe(400);
    const longest = 'A-z.0'.repeat(12) + 'abcd';
    expect((await client.put({ resourceType: 'Patient', id: longest })).status).toBe(201);
  });

  it('V-1, V-5: If-Match on PUT and DELETE, in all its forms', async () => {
    const { id } = await created();
    const put = (ifMatch: string): Promise<Answer> => client.put({ ...patient(), id }, { 'if-match': ifMatch });
    expect((await put('W/"1"')).status).toBe(200);
    expect((await put('"2"')).status).toBe(200);
    expect((await put('3')).status).toBe(200);
    const stale = await put('W/"3"');
    expect([stale.status, issue(stale).code]).toEqual([412, 'conflict']);
    expect((await put('*')).status).toBe(400);
    expect((await client.del(`Patient/${id}`, { 'if-match': 'W/"1"' })).status).toBe(412);
    expect((await client.del(`Patient/${id}`, { 'if-match': 'W/"4"' })).status).toBe(204);
    expect((await client.put({ resourceType: 'Patient', id: 'not-there' }, { 'if-match': 'W/"1"' })).status).toBe(412);
  });

  it('V-4: If-None-Match on PUT is refused by name, never ignored', async () => {
    const answer = await client.put({ resourceType: 'Patient', id: 'only-new' }, { 'if-none-match': '*' });
    expect([answer.status, issue(answer).text]).toEqual([400, expect.stringContaining('If-None-Match')]);
  });

  it('Prefer: minimal has no body, OperationOutcome tells what was done', async () => {
    const minimal = await client.post(patient(), undefined, { prefer: 'return=minimal' });
    expect([minimal.status, minimal.text]).toEqual([201, '']);
    expect(minimal.headers['location']).toMatch(/_history\/1$/);
    const told = await client.post(patient(), undefined, { prefer: 'return=OperationOutcome' });
    expect([told.status, told.body.resourceType, issue(told).code]).toEqual([201, 'OperationOutcome', 'informational']);
    const failed = await client.post(patient({ gender: 'x' }), undefined, { prefer: 'return=minimal' });
    expect([failed.status, failed.body.resourceType]).toEqual([422, 'OperationOutcome']);
  });

  it.each([
    ['POST', 'Patient?name=x'],
    ['PUT', 'Patient/p?name=x'],
    ['DELETE', 'Patient/p?name=x'],
    ['GET', 'Patient/p?_elements=name'],
  ])('an unknown parameter on %s %s is refused by name', async (method, path) => {
    const answer = await client.call(
      method,
      path,
      method === 'POST' || method === 'PUT' ? { body: patient({ id: 'p' }) } : {},
    );
    expect([answer.status, issue(answer).code]).toEqual([400, 'not-supported']);
    expect(issue(answer).text).toMatch(/'(name|_elements)'/);
  });

  it.each([
    ['unknown element', { nmae: [] }, 400, 'Patient.nmae'],
    ['wrong type', { active: 'yes' }, 400, 'Patient.active'],
    ['bad date', { birthDate: '2026-13-01' }, 400, 'Patient.birthDate'],
    ['unknown code', { gender: 'x' }, 422, 'Patient.gender'],
  ])('section 4: a body with an %s is refused with its path', async (_what, extra, status, expression) => {
    const answer = await client.post(patient(extra));
    expect([answer.status, issue(answer).expression]).toEqual([status, expression]);
  });
});
