// History of one resource: https://hl7.org/fhir/R4/http.html#history
import type { FhirClient } from '../../support/fhir-client';
import { startFhirServer, type FhirServer } from './server';

describe('history', () => {
  let server: FhirServer;
  let client: FhirClient;
  const times: string[] = [];

  beforeAll(async () => {
    server = await startFhirServer();
    client = server.client;
    for (const active of [true, false, true]) {
      const { body } = await client.put(Object.assign({ resourceType: 'Patient', id: 'h' }, { active }));
      times.push(body.meta.lastUpdated as string);
    }
    await client.del('Patient/h');
    await client.put({ resourceType: 'Patient', id: 'h' });
  });
  afterAll(() => server?.stop());

  it('H-1, H-3: newest first, deletions included, request and response in every entry', async () => {
    const { status, body } = await client.get('Patient/h/_history');
    expect(status).toBe(200);
    expect(body).toMatchObject({ resourceType: 'Bundle', type: 'history', total: 5 });
    expect(body.link).toEqual([{ relation: 'self', url: `${client.fhirUrl}/Patient/h/_history` }]);
    expect(body.entry.map((entry: any) => entry.response.etag)).toEqual([5, 4, 3, 2, 1].map((n) => `W/"${n}"`));
    expect(body.entry.map((entry: any) => entry.request.method)).toEqual(['PUT', 'DELETE', 'PUT', 'PUT', 'POST']);
    expect(body.entry[1].resource).toBeUndefined();
    expect(body.entry[0].resource.meta.versionId).toBe('5');
    for (const entry of body.entry) {
      expect(entry.fullUrl).toBe(`${client.fhirUrl}/Patient/h`);
      expect(entry.response.lastModified).toMatch(/Z$/);
    }
  });

  it('H-2: pages by _count, without a gap, without a next link on the last page', async () => {
    const etags: string[] = [];
    let url = `${client.fhirUrl}/Patient/h/_history?_count=2`;
    let pages = 0;
    for (; url !== ''; pages += 1) {
      const { body } = await client.get(url.slice(client.url.length));
      etags.push(...(body.entry as any[]).map((entry) => entry.response.etag as string));
      url = (body.link as any[]).find((link) => link.relation === 'next')?.url ?? '';
    }
    expect([pages, etags]).toEqual([3, [5, 4, 3, 2, 1].map((n) => `W/"${n}"`)]);
    const counted = await client.get('Patient/h/_history?_count=0');
    expect([counted.body.total, counted.body.entry, counted.body.link.length]).toEqual([5, undefined, 1]);
  });

  it('H-2: _since is an instant, inclusive', async () => {
    const { body } = await client.get(`Patient/h/_history?_since=${times[2]}`);
    expect(body.entry.map((entry: any) => entry.response.etag)).toEqual(['W/"5"', 'W/"4"', 'W/"3"']);
    const plus = await client.get('Patient/h/_history?_since=2020-01-01T00:00:00+01:00');
    expect(plus.status).toBe(200);
  });

  it.each(['_count=-1', '_count=x', '_since=2026', '_since=yesterday', '_at=2026', '_sort=_lastUpdated', 'name=x'])(
    'refuses %s by name',
    async (query) => {
      const answer = await client.get(`Patient/h/_history?${query}`);
      expect(answer.status).toBe(400);
      expect(answer.body.issue[0].details.text).toContain(query.split('=')[0]);
    },
  );

  it('I-8: 404 for a resource that never was; 501 for a whole type and the system', async () => {
    expect((await client.get('Patient/nobody/_history')).status).toBe(404);
    expect((await client.get('Patient/_history')).status).toBe(501);
    expect((await client.get('_history')).status).toBe(501);
  });
});
