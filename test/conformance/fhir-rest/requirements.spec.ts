// Rows of the requirements that are about the FHIR API itself, black-box.
import type { FhirClient } from '../../support/fhir-client';
import { startFhirServer, type FhirServer } from './server';

describe('requirements of the FHIR API', () => {
  let server: FhirServer;
  let client: FhirClient;

  beforeAll(async () => {
    server = await startFhirServer();
    client = server.client;
  });
  afterAll(() => server?.stop());

  it('S4.27: delete, repeat, read, history and revive; one event each, none for the repeat', async () => {
    const account = { resourceType: 'Account', id: 's4-27', status: 'active' };
    expect((await client.put(account)).status).toBe(201);
    expect((await client.del('Account/s4-27')).status).toBe(204);
    expect((await client.del('Account/s4-27')).status).toBe(204);
    expect((await client.get('Account/s4-27')).status).toBe(410);
    const history = await client.get('Account/s4-27/_history');
    expect(history.body.entry.map((entry: any) => entry.request.method)).toEqual(['DELETE', 'POST']);
    const revived = await client.put(account);
    expect([revived.status, revived.headers['etag']]).toEqual([201, 'W/"3"']);
    expect(await server.events('Account')).toEqual([
      'create Account/s4-27/1',
      'delete Account/s4-27/2',
      'create Account/s4-27/3',
    ]);
  });

  it('S4.29: a transaction of 500 entries, references resolved, atomic, events in entry order', async () => {
    const urn = (n: number): string => `urn:uuid:00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
    const entry: any[] = Array.from({ length: 500 }, (_, n) => ({
      fullUrl: urn(n),
      resource: {
        resourceType: 'Basic',
        code: { text: `${n}` },
        ...(n > 0 && { subject: { reference: urn(n - 1) } }),
      },
      request: { method: 'POST', url: 'Basic' },
    }));
    const answer = await client.post({ resourceType: 'Bundle', type: 'transaction', entry } as never);
    expect(answer.status).toBe(200);
    const stored = answer.body.entry.map((each: any) => each.resource);
    expect(stored.slice(1).map((each: any) => each.subject.reference)).toEqual(
      stored.slice(0, -1).map((each: any) => `Basic/${each.id}`),
    );
    expect(await server.events('Basic')).toEqual(stored.map((each: any) => `create Basic/${each.id}/1`));
    const broken = [...entry, { resource: { resourceType: 'Basic' }, request: { method: 'POST', url: 'Basic' } }];
    const refused = await client.post({ resourceType: 'Bundle', type: 'transaction', entry: broken } as never);
    expect([refused.status, refused.body.issue[0].expression[0]]).toEqual([400, 'Bundle.entry[500].resource.code']);
    expect(await server.events('Basic')).toHaveLength(500);
  });

  it('B-4: events follow the entries, also when FHIR works on them in another order', async () => {
    const put = (id: string): object => ({
      resource: { resourceType: 'List', id, status: 'current', mode: 'working' },
      request: { method: 'PUT', url: `List/${id}` },
    });
    await client.put({ resourceType: 'List', id: 'b', status: 'current', mode: 'working' } as never);
    const entry = [put('z'), { request: { method: 'DELETE', url: 'List/b' } }, put('a')];
    expect((await client.post({ resourceType: 'Bundle', type: 'transaction', entry } as never)).status).toBe(200);
    expect((await server.events('List')).slice(1)).toEqual(['create List/z/1', 'delete List/b/2', 'create List/a/1']);
  });

  it('S4.33: over the body limit (16 MB by default) is 413 with an OperationOutcome, not a dropped connection', async () => {
    const data = 'QUJD'.repeat(3_500_000);
    const large = { resourceType: 'Binary', contentType: 'text/plain', data };
    expect((await client.post(large, undefined, { prefer: 'return=minimal' })).status).toBe(201);
    const answer = await client.post(Object.assign(large, { data: data + data }));
    expect([answer.status, answer.body.issue[0].code]).toEqual([413, 'too-long']);
    expect(answer.body.issue[0].details.text).toContain('16777216');
    expect((await client.get('metadata')).status).toBe(200);
  });

  it('S4.35: a wrong Content-Type is 415 and tells what is accepted', async () => {
    for (const type of ['text/plain', 'application/fhir+xml', 'application/x-www-form-urlencoded']) {
      const answer = await client.call('POST', 'Patient', { body: '{}', headers: { 'content-type': type } });
      expect([answer.status, answer.body.issue[0].code]).toEqual([415, 'not-supported']);
      expect(answer.body.issue[0].details.text).toMatch(/application\/fhir\+json.*application\/json/);
    }
  });

  it('S1.1, B-3: a Subscription that is refused inside a Bundle is named by its entry, and nothing is written', async () => {
    const subscription = {
      resourceType: 'Subscription',
      status: 'requested',
      reason: 'x',
      criteria: 'Patient?nonsense=1',
      channel: { type: 'rest-hook', endpoint: 'https://example.org/hook', payload: 'application/fhir+json' },
    };
    const entry = [
      { resource: { resourceType: 'Group', type: 'person', actual: true }, request: { method: 'POST', url: 'Group' } },
      { resource: subscription, request: { method: 'POST', url: 'Subscription' } },
    ];
    const answer = await client.post({ resourceType: 'Bundle', type: 'transaction', entry } as never);
    expect([answer.status, answer.body.issue[0].expression[0]]).toEqual([422, 'Bundle.entry[1].resource.criteria']);
    expect(answer.body.issue[0].details.text).toContain('nonsense');
    expect(await server.events('Group')).toEqual([]);
    const batch = await client.post({ resourceType: 'Bundle', type: 'batch', entry } as never);
    expect(batch.body.entry.map((each: any) => each.response.status.slice(0, 3))).toEqual(['201', '422']);
  });

  it('S1.26: the old media type application/json+fhir is accepted on input', async () => {
    const body = { resourceType: 'Patient' };
    const answer = await client.call('POST', 'Patient', { body, headers: { 'content-type': 'application/json+fhir' } });
    expect(answer.status).toBe(201);
  });

  it('S3.34: a Patient is found by its id', async () => {
    await client.put({ resourceType: 'Patient', id: '9990554412' });
    const { status, body } = await client.get('Patient?_id=9990554412');
    expect([status, body.type, body.total, body.entry[0].resource.id]).toEqual([200, 'searchset', 1, '9990554412']);
  });

  it('S2.12: a local code is found by its own system only', async () => {
    const type = { coding: [{ system: 'http://fhir.blackpear.com/bpc', code: 'SIDER_EPACCS' }] };
    await client.put({ resourceType: 'Basic', id: 's2-12', code: type } as never);
    const total = async (token: string): Promise<number> => (await client.get(`Basic?code=${token}`)).body.total;
    expect(await total('http://fhir.blackpear.com/bpc|SIDER_EPACCS')).toBe(1);
    expect(await total('http://other.example|SIDER_EPACCS')).toBe(0);
  });

  it('S2.17: records are located by the identifier of their patient, in every type that has one', async () => {
    const identifier = [{ system: 'http://mrn', value: '17' }];
    await client.put({ resourceType: 'Patient', id: 's2-17', identifier } as never);
    for (const id of ['s2-17-a', 's2-17-b']) {
      await client.put({ resourceType: 'Condition', id, subject: { reference: 'Patient/s2-17' } } as never);
    }
    const total = async (query: string): Promise<number> => {
      const { status, body } = await client.get(query);
      expect([query, status, body.type]).toEqual([query, 200, 'searchset']);
      return body.total;
    };
    expect(await total('Patient?identifier=http://mrn|17')).toBe(1);
    expect(await total('Condition?patient.identifier=http://mrn|17')).toBe(2);
    expect(await total('Condition?patient.identifier=http://mrn|18')).toBe(0);
    const statement = (await client.get('metadata')).body;
    const types = statement.rest[0].resource
      .filter(({ searchParam }: any) => searchParam.some(({ name }: any) => name === 'patient'))
      .map(({ type }: any) => type as string);
    expect(types.length).toBeGreaterThan(40);
    for (const type of types.filter((each: string) => each !== 'Condition')) {
      expect([type, await total(`${type}?patient.identifier=http://mrn|17`)]).toEqual([type, 0]);
    }
  });
});
