// Searches of more than one type: the whole system, and what belongs to one patient. http://hl7.org/fhir/R4/http.html#search
import type { Answer, FhirClient } from '../../support/fhir-client';
import { startFhirServer, type FhirServer } from './server';

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const names = (answer: Answer): string[] =>
  (answer.body.entry ?? []).map(({ resource }: any) => `${resource.resourceType}/${resource.id}`);
const link = (answer: Answer, relation: string): string | undefined =>
  answer.body.link.find((each: any) => each.relation === relation)?.url;

let server: FhirServer;
let client: FhirClient;
beforeAll(async () => {
  server = await startFhirServer();
  client = server.client;
  const put = (resource: object): Promise<unknown> => client.put(resource as never);
  for (const id of ['p', 'q']) await put({ resourceType: 'Patient', id, meta: { tag: [{ code: 'mine' }] } });
  const observation = { resourceType: 'Observation', status: 'final', code: { text: 'x' } };
  await put({ ...observation, id: 'of-p', subject: { reference: 'Patient/p' }, meta: { tag: [{ code: 'mine' }] } });
  await put({
    ...observation,
    id: 'by-p',
    subject: { reference: 'Patient/q' },
    performer: [{ reference: 'Patient/p' }],
  });
  await put({ ...observation, id: 'of-q', subject: { reference: 'Patient/q' } });
  await put({ resourceType: 'Condition', id: 'c', subject: { reference: 'Patient/p' } });
  await put({
    resourceType: 'Encounter',
    id: 'e',
    status: 'finished',
    class: { code: 'AMB' },
    subject: { reference: 'Patient/p' },
  });
  await put({ ...observation, id: 'of-e', encounter: { reference: 'Encounter/e' } });
  await put({ resourceType: 'Location', id: 'l' });
});
afterAll(() => server?.stop());

describe('Q-2: compartments', () => {
  it.each([
    ['Patient/p/Observation', ['Observation/by-p', 'Observation/of-p']],
    ['Patient/p/Observation?subject=Patient/q', ['Observation/by-p']],
    ['Patient/p/Patient', ['Patient/p']],
    ['Patient/nobody/Observation', []],
    ['Patient/p/*', ['Condition/c', 'Encounter/e', 'Observation/by-p', 'Observation/of-p', 'Patient/p']],
    ['Patient/p/*?_type=Condition,Encounter', ['Condition/c', 'Encounter/e']],
    ['Patient/p/*?_tag=mine', ['Observation/of-p', 'Patient/p']],
    ['Encounter/e/Observation', ['Observation/of-e']],
    ['Encounter/e/*', ['Encounter/e', 'Observation/of-e']],
  ])('%s', async (path, expected) => {
    const answer = await client.get(path);
    expect([answer.status, answer.body.total, names(answer)]).toEqual([200, expected.length, expected]);
    expect(link(answer, 'self')).toBe(`${client.fhirUrl}/${path}`);
  });

  it('are searched by POST too', async () => {
    const one = await client.call('POST', 'Patient/p/Observation/_search', { headers: form, body: 'status=final' });
    expect([one.status, names(one)]).toEqual([200, ['Observation/by-p', 'Observation/of-p']]);
    expect(link(one, 'self')).toBe(`${client.fhirUrl}/Patient/p/Observation?status=final`);
    const all = await client.call('POST', 'Patient/p/_search?_type=Condition', { headers: form, body: '' });
    expect([names(all), link(all, 'self')]).toEqual([['Condition/c'], `${client.fhirUrl}/Patient/p/*?_type=Condition`]);
  });
});

describe('Q-1: the whole system', () => {
  it.each([
    ['?_type=Patient,Location', ['Location/l', 'Patient/p', 'Patient/q']],
    ['?_type=Patient,Observation&_tag=mine', ['Observation/of-p', 'Patient/p', 'Patient/q']],
    ['?_type=Observation,Condition&patient=Patient/p', ['Condition/c', 'Observation/of-p']],
    ['?_tag=mine', ['Observation/of-p', 'Patient/p', 'Patient/q']],
    ['?_id=p,l', ['Location/l', 'Patient/p']],
    ['?_type=Patient&_sort=-_id', ['Patient/q', 'Patient/p']],
  ])('%s', async (path, expected) => {
    const answer = await client.get(path);
    expect([answer.status, answer.body.total, names(answer)]).toEqual([200, expected.length, expected]);
  });

  it('by POST, URL and form together', async () => {
    const answer = await client.call('POST', '_search?_type=Patient', { headers: form, body: '_tag=mine&_count=1' });
    expect([answer.status, names(answer), answer.body.total]).toEqual([200, ['Patient/p'], 2]);
    expect(link(answer, 'self')).toBe(`${client.fhirUrl}?_type=Patient&_tag=mine&_count=1`);
    expect(names(await client.get(link(answer, 'next')!.slice(client.url.length)))).toEqual(['Patient/q']);
  });

  it('in order of time over all types, through pages', async () => {
    const seen: string[] = [];
    let answer = await client.get('?_sort=-_lastUpdated&_count=4');
    for (;;) {
      expect(answer.status).toBe(200);
      seen.push(...names(answer));
      const next = link(answer, 'next');
      if (next === undefined) break;
      answer = await client.get(next.slice(client.url.length));
    }
    expect(seen).toEqual([
      'Location/l',
      'Observation/of-e',
      'Encounter/e',
      'Condition/c',
      'Observation/of-q',
      'Observation/by-p',
      'Observation/of-p',
      'Patient/q',
      'Patient/p',
    ]);
  });

  it('as an entry of a batch', async () => {
    const bundle = {
      resourceType: 'Bundle',
      type: 'batch',
      entry: [
        { request: { method: 'GET', url: '?_type=Location' } },
        { request: { method: 'GET', url: 'Patient/p/Condition' } },
      ],
    };
    const { body } = await client.call('POST', '', { body: bundle });
    expect(body.entry.map(({ resource }: any) => resource?.total)).toEqual([1, 1]);
  });

  it('Q-8: lenient handling leaves out what not all types have', async () => {
    const answer = await client.get('?_type=Patient,Location&family=x', { prefer: 'handling=lenient' });
    expect([answer.body.total, link(answer, 'self')]).toEqual([3, `${client.fhirUrl}?_type=Patient,Location`]);
  });
});

describe('chains', () => {
  it.each([
    ['Observation?patient._tag=mine&_sort=_id', ['Observation/by-p', 'Observation/of-p', 'Observation/of-q']],
    ['Patient?_has:Observation:patient:status=final&_has:Condition:patient:_id=c', ['Patient/p']],
    ['Observation?encounter.patient._id=p', ['Observation/of-e']],
  ])('%s', async (path, expected) => {
    const answer = await client.get(path);
    expect([answer.status, names(answer)]).toEqual([200, expected]);
  });
});
