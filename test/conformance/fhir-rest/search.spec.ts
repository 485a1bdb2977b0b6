// Search over HTTP: what is asked and answered around the matching itself (that has its own truth tables). http://hl7.org/fhir/R4/search.html
import type { Answer, FhirClient } from '../../support/fhir-client';
import { startFhirServer, type FhirServer } from './server';

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const ids = (answer: Answer): string[] =>
  (answer.body.entry ?? [])
    .filter((entry: any) => entry.search.mode === 'match')
    .map((entry: any) => entry.resource.id);
const link = (answer: Answer, relation: string): string | undefined =>
  answer.body.link.find((each: any) => each.relation === relation)?.url;

describe('search', () => {
  let server: FhirServer;
  let client: FhirClient;

  beforeAll(async () => {
    server = await startFhirServer();
    client = server.client;
    for (let n = 1; n <= 7; n += 1) {
      await client.put({
        resourceType: 'Patient',
        id: `p${n}`,
        gender: n % 2 ? 'female' : 'male',
        name: [{ family: `Fam ${n}` }],
      } as never);
    }
  });
  afterAll(() => server?.stop());

  it('Q-3, Q-4, Q-5, Q-6: a searchset with self link, total, fullUrl and mode', async () => {
    const answer = await client.get('Patient?gender=male');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ resourceType: 'Bundle', type: 'searchset', total: 3 });
    expect(link(answer, 'self')).toBe(`${client.fhirUrl}/Patient?gender=male`);
    expect(answer.body.entry[0]).toMatchObject({
      fullUrl: `${client.fhirUrl}/Patient/${answer.body.entry[0].resource.id}`,
      search: { mode: 'match' },
    });
    expect(ids(answer).sort()).toEqual(['p2', 'p4', 'p6']);
  });

  it('Q-1: POST _search means the same, its parameters and those of the URL together', async () => {
    const answer = await client.call('POST', 'Patient/_search?gender=male', { body: 'family=Fam+4', headers: form });
    expect([answer.status, ids(answer)]).toEqual([200, ['p4']]);
    expect(link(answer, 'self')).toBe(`${client.fhirUrl}/Patient?gender=male&family=Fam%204`);
    expect((await client.call('POST', 'Patient/_search', { headers: form, body: '' })).body.total).toBe(7);
    const json = await client.call('POST', 'Patient/_search', { body: {} });
    expect([json.status, json.body.issue[0].details.text]).toEqual([
      415,
      expect.stringContaining('x-www-form-urlencoded'),
    ]);
  });

  it('P-1, P-2: pages through all without a gap; no next on the last page', async () => {
    const seen: string[] = [];
    let answer = await client.call('POST', 'Patient/_search', { body: '_count=3&_sort=_lastUpdated', headers: form });
    for (let pages = 1; ; pages += 1) {
      seen.push(...ids(answer));
      expect(answer.body.total).toBe(7);
      const next = link(answer, 'next');
      if (next === undefined) {
        expect(pages).toBe(3);
        break;
      }
      expect(next.startsWith(`${client.fhirUrl}/Patient?`)).toBe(true);
      answer = await client.get(next.slice(client.url.length));
      expect(answer.status).toBe(200);
    }
    expect(seen).toEqual(['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7']);
    const broken = await client.get('Patient?_page=broken');
    expect([400, 410]).toContain(broken.status);
  });

  it('_count=0 tells the total alone', async () => {
    const { body } = await client.get('Patient?_count=0');
    expect([body.total, body.entry, body.link.some((each: any) => each.relation === 'next')]).toEqual([
      7,
      undefined,
      false,
    ]);
  });

  it('Q-7: no match is not a failure', async () => {
    const { status, body } = await client.get('Patient?_id=nobody');
    expect([status, body.total, body.entry]).toEqual([200, 0, undefined]);
  });

  it.each([
    ['Patient?famly=x', 'family'],
    ['Patient?gender:contains=x', ':contains'],
    ['Patient?birthdate=nonsense', 'nonsense'],
    ['Patient?_include=Patient:organisation', '_include'],
    ['Patient?_contained=true', '_contained'],
    ['Patient?_type=Patient', '_type'],
    ['?_type=Patient,Observatoin', 'nearest name is "Observation"'],
    ['?name=x', '"name"'],
    ['Patient/p1/*?name=x', '"name"'],
    ['Patient?organization.nam=x', '"name"'],
    ['Patient?_count=-1', '_count'],
    ['Patient?_sort=nam', '_sort'],
  ])('Q-8, Q-9: %s is refused by name', async (query, text) => {
    const answer = await client.get(query);
    expect(answer.status).toBe(400);
    expect(answer.body.issue[0].details.text).toContain(text);
  });

  it('Q-8: handling=lenient leaves unknown parameters out, and says so', async () => {
    const answer = await client.get('Patient?gender=male&famly=x', { prefer: 'handling=lenient' });
    expect([answer.status, ids(answer).length]).toEqual([200, 3]);
    expect(link(answer, 'self')).toBe(`${client.fhirUrl}/Patient?gender=male`);
    const outcome = answer.body.entry.find((entry: any) => entry.search.mode === 'outcome').resource;
    expect(outcome.issue[0]).toMatchObject({
      severity: 'warning',
      details: { text: expect.stringContaining('famly') },
    });
    expect((await client.get('Patient?gender:nonsense=x', { prefer: 'handling=lenient' })).status).toBe(400);
  });

  it('Q-2, I-9: what is not searched is refused by name', async () => {
    for (const path of ['Group/p1/Observation', 'Patient/p1/Location', 'Patient/p1/Observatoin']) {
      const answer = await client.get(path);
      expect([answer.status, answer.body.resourceType]).toEqual([404, 'OperationOutcome']);
    }
  });

  it('a deleted resource is gone from search', async () => {
    await client.put({ resourceType: 'Patient', id: 'gone', gender: 'unknown' } as never);
    await client.del('Patient/gone');
    expect((await client.get('Patient?gender=unknown')).body.total).toBe(0);
  });
});
