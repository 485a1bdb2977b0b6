// batch and transaction: https://hl7.org/fhir/R4/http.html#transaction. Numbers are rows of the REST checklist.
import fs from 'node:fs';
import path from 'node:path';
import type { Answer, FhirClient } from '../../support/fhir-client';
import { startFhirServer, type FhirServer } from './server';

type Entry = Record<string, any>;
const bundle = (type: string, entry: Entry[]): Entry & { resourceType: 'Bundle' } => ({
  resourceType: 'Bundle',
  type,
  ...(entry.length > 0 && { entry }),
});
const patient = (extra: object = {}): Entry => ({ resourceType: 'Patient', ...extra });
const observation = (extra: object = {}): Entry => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'weight' },
  ...extra,
});
const post = (resource: Entry, fullUrl?: string, request: Entry = {}): Entry => ({
  ...(fullUrl && { fullUrl }),
  resource,
  request: { method: 'POST', url: resource['resourceType'], ...request },
});
const put = (resource: Entry, request: Entry = {}): Entry => ({
  resource,
  request: { method: 'PUT', url: `${resource['resourceType']}/${resource['id']}`, ...request },
});
const get = (url: string, request: Entry = {}): Entry => ({ request: { method: 'GET', url, ...request } });
const remove = (url: string, request: Entry = {}): Entry => ({ request: { method: 'DELETE', url, ...request } });

const urn = (n: number): string => `urn:uuid:00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const statuses = (answer: Answer): string[] => answer.body.entry.map((entry: any) => entry.response.status);

describe('Bundles', () => {
  let server: FhirServer;
  let client: FhirClient;

  beforeAll(async () => {
    server = await startFhirServer();
    client = server.client;
  });
  afterAll(() => server?.stop());

  async function total(type: string): Promise<number> {
    return (await client.get(`${type}?_count=0`)).body.total;
  }

  async function expectRefused(entries: Entry[], status: number, place: string, text: RegExp): Promise<void> {
    const before = [await total('Patient'), await total('Observation')];
    const answer = await client.post(bundle('transaction', entries));
    expect([answer.status, answer.body.resourceType]).toEqual([status, 'OperationOutcome']);
    expect(answer.body.issue[0].expression[0]).toContain(place);
    expect(answer.body.issue[0].details.text).toMatch(text);
    expect([await total('Patient'), await total('Observation')]).toEqual(before);
  }

  it('B-1: an empty Bundle is fine, another type or another resource is 400', async () => {
    for (const type of ['batch', 'transaction']) {
      const { status, body } = await client.post(bundle(type, []));
      expect([status, body]).toEqual([200, { resourceType: 'Bundle', type: `${type}-response` }]);
    }
    expect((await client.post(bundle('collection', []))).status).toBe(400);
    expect((await client.post(patient() as never, '')).status).toBe(400);
  });

  it('B-2: a transaction answers in the order of its entries, with status, location, etag, lastModified', async () => {
    await client.put({ resourceType: 'Patient', id: 'b2-old' });
    await client.put({ resourceType: 'Patient', id: 'b2-gone' });
    const answer = await client.post(
      bundle('transaction', [
        get('Patient/b2-old'),
        put(patient({ id: 'b2-old', active: true })),
        post(patient({ active: false })),
        remove('Patient/b2-gone'),
        put(patient({ id: 'b2-new' })),
        get('Patient?_id=b2-new'),
      ]),
    );
    expect(answer.status).toBe(200);
    expect(answer.body.type).toBe('transaction-response');
    expect(statuses(answer)).toEqual(['200 OK', '200 OK', '201 Created', '204 No Content', '201 Created', '200 OK']);
    const [read, updated, created, deleted, , found] = answer.body.entry;
    // B-4: reads come last, so they see what was written.
    expect(read.resource).toMatchObject({ id: 'b2-old', active: true, meta: { versionId: '2' } });
    expect(updated.response).toMatchObject({ etag: 'W/"2"', lastModified: updated.resource.meta.lastUpdated });
    expect(created.response.location).toBe(`${client.fhirUrl}/Patient/${created.resource.id}/_history/1`);
    expect(deleted.response.etag).toBe('W/"2"');
    expect(found.resource).toMatchObject({ type: 'searchset', total: 1 });
    expect((await client.get('Patient/b2-gone')).status).toBe(410);
  });

  it('B-5: fullUrls of new entries are resolved wherever they stand, in circles too', async () => {
    const narrative = `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${urn(1)}">he</a></div>`;
    const answer = await client.post(
      bundle('transaction', [
        post(observation({ subject: { reference: urn(1) }, text: { status: 'generated', div: narrative } }), urn(2)),
        post(
          patient({
            link: [{ other: { reference: urn(1) }, type: 'seealso' }],
            extension: [{ url: 'http://x.org/a', valueUri: urn(2) }],
          }),
          urn(1),
        ),
      ]),
    );
    expect(statuses(answer)).toEqual(['201 Created', '201 Created']);
    const [first, second] = answer.body.entry.map((entry: any) => entry.resource);
    expect(first.subject.reference).toBe(`Patient/${second.id}`);
    expect(first.text.div).toContain(`<a href="Patient/${second.id}">`);
    expect(second.link[0].other.reference).toBe(`Patient/${second.id}`);
    expect(second.extension[0].valueUri).toBe(`Observation/${first.id}`);
    expect((await client.get(`Observation?subject=Patient/${second.id}`)).body.total).toBe(1);
  });

  it('B-6: a conditional reference stands for the one resource that matches', async () => {
    const identifier = [{ system: 'http://x.org/npi', value: '17' }];
    await client.put({ resourceType: 'Practitioner', id: 'npi-17', identifier } as never);
    const reference = 'Practitioner?identifier=http://x.org/npi|17';
    const answer = await client.post(bundle('transaction', [post(observation({ performer: [{ reference }] }))]));
    expect(answer.body.entry[0].resource.performer[0].reference).toBe('Practitioner/npi-17');
    const none = post(observation({ performer: [{ reference: 'Practitioner?identifier=nobody' }] }));
    await expectRefused([none], 412, 'Bundle.entry[0]', /matches nothing/);
    await client.put({ resourceType: 'Practitioner', id: 'npi-17b', identifier } as never);
    await expectRefused(
      [post(patient()), post(observation({ performer: [{ reference }] }))],
      412,
      'Bundle.entry[1]',
      /more than one/,
    );
  });

  it('B-3: one bad entry and nothing is written; the outcome names the place', async () => {
    const good = post(patient());
    await expectRefused(
      [good, post(patient({ gender: 'x' }))],
      422,
      'Bundle.entry[1].resource.gender',
      /Bundle\.entry\[1\]/,
    );
    await expectRefused([good, post(patient({ nmae: 1 }))], 400, 'Bundle.entry[1].resource.nmae', /nmae/);
    await expectRefused(
      [good, put(patient({ id: 'b3', active: true }), { ifMatch: 'W/"9"' })],
      412,
      'Bundle.entry',
      /version 9/,
    );
    await expectRefused([good, get('Patient/b3-nobody')], 404, 'Bundle.entry[1]', /no Patient\/b3-nobody/);
    await expectRefused([good, get('Patient?nonsense=1')], 400, 'Bundle.entry[1]', /nonsense/);
    await expectRefused(
      [good, { request: { method: 'PATCH', url: 'Patient/1' }, resource: patient() }],
      405,
      'Bundle.entry[1]',
      /PATCH/,
    );
    await expectRefused(
      [good, post(patient(), undefined, { ifNoneExist: 'a=b' })],
      400,
      'Bundle.entry[1]',
      /If-None-Exist/,
    );
    await expectRefused(
      [good, { ...put(patient({ id: 'x' })), request: { method: 'PUT', url: 'Patient?a=b' } }],
      400,
      'Bundle.entry[1]',
      /Conditional update/,
    );
    await expectRefused([good, { request: { method: 'POST', url: 'Patient' } }], 400, 'Bundle.entry[1]', /resource/);
    await expectRefused(
      [good, post(patient(), undefined, { url: 'http://elsewhere.org/Patient' })],
      400,
      'Bundle.entry[1]',
      /base/,
    );
  });

  it('B-3: all problems are told at once', async () => {
    const answer = await client.post(
      bundle('transaction', [post(patient({ gender: 'x' })), post(patient({ active: 'y' }))]),
    );
    expect(answer.body.issue.map((issue: any) => issue.expression[0])).toEqual([
      'Bundle.entry[0].resource.gender',
      'Bundle.entry[1].resource.active',
    ]);
  });

  it('B-4: the same resource twice fails', async () => {
    const twice = put(patient({ id: 'b4' }));
    await expectRefused([twice, twice], 400, 'Bundle.entry[1]', /Patient\/b4/);
    await expectRefused([twice, remove('Patient/b4')], 400, 'Bundle.entry[1]', /Patient\/b4/);
    await expectRefused([post(patient(), urn(7)), post(patient(), urn(7))], 400, 'Bundle.entry[1]', /fullUrl/);
  });

  it('B-7: ifMatch, ifNoneMatch and ifModifiedSince act as the headers', async () => {
    await client.put({ resourceType: 'Patient', id: 'b7' });
    const write = await client.post(bundle('transaction', [put(patient({ id: 'b7' }), { ifMatch: 'W/"1"' })]));
    expect(statuses(write)).toEqual(['200 OK']);
    const read = await client.post(
      bundle('batch', [get('Patient/b7', { ifNoneMatch: 'W/"2"' }), get('Patient/b7', { ifNoneMatch: 'W/"1"' })]),
    );
    expect(statuses(read)).toEqual(['304 Not Modified', '200 OK']);
  });

  it('B-9: entries of a batch succeed and fail each on its own', async () => {
    const answer = await client.post(
      bundle('batch', [
        post(patient()),
        post(patient({ gender: 'x' })),
        get('Patient/nobody'),
        put(patient({ id: 'b9' })),
        remove('Patient/never'),
        get('Patient?_id=nobody'),
        { request: { method: 'GET', url: 'Unknown/1' } },
        post(bundle('collection', [])),
      ]),
    );
    expect(answer.status).toBe(200);
    expect(statuses(answer)).toEqual([
      '201 Created',
      '422 Unprocessable Entity',
      '404 Not Found',
      '201 Created',
      '204 No Content',
      '200 OK',
      '404 Not Found',
      '201 Created',
    ]);
    const { entry } = answer.body;
    expect(entry[1].response.outcome.issue[0].expression[0]).toBe('Bundle.entry[1].resource.gender');
    expect(entry[2].response.outcome.issue[0].code).toBe('not-found');
    expect(entry[5].resource).toMatchObject({ type: 'searchset', total: 0 });
    expect((await client.get('Patient/b9')).status).toBe(200);
  });

  it('Prefer: minimal leaves the resources out', async () => {
    const answer = await client.post(bundle('transaction', [post(patient())]), undefined, { prefer: 'return=minimal' });
    expect(Object.keys(answer.body.entry[0] as object)).toEqual(['response']);
    const told = await client.post(bundle('batch', [post(patient())]), undefined, {
      prefer: 'return=OperationOutcome',
    });
    expect(told.body.entry[0].response.outcome.resourceType).toBe('OperationOutcome');
  });

  it('S5.18: the bytes of an entry are kept', async () => {
    const text = `{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"PUT","url":"Observation/bytes"},"resource":
      {"resourceType":"Observation","id":"bytes","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.00}}}]}`;
    const answer = await client.call('POST', '', { body: text });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('"value":1.00');
    expect((await client.get('Observation/bytes')).text).toContain('"valueQuantity":{"value":1.00}');
  });

  it('takes 500 entries and more at once', async () => {
    const many = Array.from({ length: 600 }, (_, n) =>
      post(observation({ subject: { reference: urn(1000) }, valueInteger: n }), urn(n)),
    );
    const answer = await client.post(bundle('transaction', [...many, post(patient(), urn(1000))]));
    expect(answer.status).toBe(200);
    expect(answer.body.entry).toHaveLength(601);
    const reference = `Patient/${answer.body.entry[600].resource.id}`;
    expect(answer.body.entry.slice(0, 600).every((entry: any) => entry.resource.subject.reference === reference)).toBe(
      true,
    );
  });

  const synthea = path.resolve(__dirname, '../../fixtures/synthea');
  const files = fs.readdirSync(synthea).filter((name) => name.endsWith('.json'));
  it.each(files)('loads the Synthea Bundle %s as a transaction', async (file) => {
    const sent = JSON.parse(fs.readFileSync(path.join(synthea, file), 'utf8'));
    const answer = await client.post(sent);
    expect([answer.status, answer.body?.issue?.slice(0, 3)]).toEqual([200, undefined]);
    expect(answer.body.entry).toHaveLength(sent.entry.length);
    expect(answer.text).not.toContain('urn:uuid:');
  });
});
