// The CapabilityStatement tells the truth: everything it names is tried. https://hl7.org/fhir/R4/capabilitystatement.html
import { definitionsFor, validateResource } from '../../../src/fhir';
import type { FhirClient } from '../../support/fhir-client';
import { startFhirServer, type FhirServer } from './server';

describe('capabilities', () => {
  let server: FhirServer;
  let client: FhirClient;
  let statement: any;

  beforeAll(async () => {
    server = await startFhirServer();
    client = server.client;
    statement = (await client.get('metadata')).body;
  });
  afterAll(() => server?.stop());

  it('K-1, K-2: is a valid CapabilityStatement of this endpoint', () => {
    expect(validateResource(definitionsFor('R4'), statement)).toEqual([]);
    expect(statement).toMatchObject({
      kind: 'instance',
      fhirVersion: '4.0.1',
      format: expect.arrayContaining(['application/fhir+json']),
      implementation: { url: client.fhirUrl },
    });
    expect(statement.rest[0].mode).toBe('server');
  });

  it('K-3: system interactions are those that are served', () => {
    expect(statement.rest[0].interaction.map((each: any) => each.code).sort()).toEqual([
      'batch',
      'search-system',
      'transaction',
    ]);
  });

  it('K-4: every type is read, searched and has a history; nothing else is', async () => {
    const types = statement.rest[0].resource.map((each: any) => each.type) as string[];
    expect(types).toEqual(definitionsFor('R4').resourceTypes);
    for (const type of types) {
      const found = await client.get(`${type}?_count=0`);
      expect([type, found.status, found.body.total]).toEqual([type, 200, 0]);
      expect((await client.get(`${type}/nobody`)).status).toBe(404);
      expect((await client.get(`${type}/nobody/_history`)).status).toBe(404);
    }
    for (const type of ['Parameters', 'Resource', 'DomainResource', 'SubscriptionTopic']) {
      expect((await client.get(type)).status).toBe(404);
    }
  });

  it('K-4: every search parameter that is named can be used', async () => {
    for (const { type, searchParam } of statement.rest[0].resource) {
      if (!['Patient', 'Observation', 'Encounter', 'Subscription', 'Questionnaire', 'Basic'].includes(type as string))
        continue;
      const names = (searchParam as any[]).map((each) => each.name as string);
      expect(names).toEqual(expect.arrayContaining(['_id', '_lastUpdated']));
      for (const name of names.filter((each) => !each.startsWith('_'))) {
        const answer = await client.get(`${type}?${name}:missing=false`);
        expect([type, name, answer.status, answer.body.issue]).toEqual([type, name, 200, undefined]);
      }
    }
  });

  it('K-2, K-4: every include and reverse include that is named can be used', async () => {
    for (const { type, searchInclude, searchRevInclude } of statement.rest[0].resource) {
      if (!['Patient', 'Encounter', 'Basic', 'ValueSet'].includes(type as string)) continue;
      expect(searchInclude[0]).toBe('*');
      for (const [name, values] of Object.entries({ _include: searchInclude, _revinclude: searchRevInclude })) {
        // So many parameters fit into one search; each value is parsed by itself.
        for (let from = 0; from < (values as string[]).length; from += 50) {
          const part = (values as string[]).slice(from, from + 50).map((value) => `${name}=${value}`);
          const answer = await client.get(`${type}?${part.join('&')}`);
          expect([type, part[0], answer.status, answer.body.issue]).toEqual([type, part[0], 200, undefined]);
        }
      }
    }
  });

  it('K-3, K-4: the parameters of a search of all types, and its compartments, can be used', async () => {
    const { searchParam, compartment } = statement.rest[0];
    const names = (searchParam as any[]).map(({ name }) => name as string);
    expect(names).toEqual(expect.arrayContaining(['_id', '_lastUpdated', '_profile', '_security', '_source', '_tag']));
    const asked = names.map((name) => `${name}:missing=true`).join('&');
    expect((await client.get(`?_count=0&${asked}`)).status).toBe(200);
    for (const definition of compartment as string[]) {
      const name = definition.split('/').at(-1)!;
      const type = definitionsFor('R4').resourceTypes.find((each) => each.toLowerCase() === name)!;
      expect([type, (await client.get(`${type}/nobody/*`)).body.total]).toEqual([type, 0]);
    }
  });

  it('K-4: no search parameter that works is left out', async () => {
    for (const { type, searchParam } of statement.rest[0].resource) {
      if (type !== 'Observation' && type !== 'Patient') continue;
      const named = new Set((searchParam as any[]).map((each) => each.name));
      for (const code of definitionsFor('R4')
        .searchParameters(type as string)
        .keys()) {
        if (named.has(code)) continue;
        expect((await client.get(`${type}?${code}:missing=false`)).status).toBe(400);
      }
    }
  });
});
