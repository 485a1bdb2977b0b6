// SearchParameters of one's own, over HTTP: stored, indexed by $reindex, then searched by and used in criteria like those of the standard.
import { definitionsFor } from '../../src/fhir';
import { PredicateIndex } from '../../src/matching';
import type { Tx } from '../../src/platform';
import { CustomParameters } from '../../src/store';
import { SubscriptionRegistry } from '../../src/subscriptions';
import { startHerald, type Herald } from '../support/herald';
import { reindexed, searchParameter } from '../support/search-parameter';
import { silentLog } from '../support/silent-log';
import { foundIds } from '../support/search';
import { SubscriberStub } from '../support/subscriber-stub';
import { restHook, subscribe } from '../support/subscription';

const snomed = 'http://snomed.info/sct';
const alerts = 'https://fhir.nhs.example/ValueSet/SSCR-Alerts-SnCT';

describe("search parameters of one's own", () => {
  let herald: Herald;
  let receiver: SubscriberStub;
  beforeAll(async () => {
    [herald, receiver] = await Promise.all([startHerald(), SubscriberStub.start()]);
  });
  afterAll(async () => {
    await herald?.stop();
    await receiver?.stop();
  });

  const flag = (id: string, code: string) =>
    herald.put({
      resourceType: 'Flag',
      id,
      status: 'active',
      code: { coding: [{ system: snomed, code }] },
      subject: { reference: 'Patient/p' },
    } as never);
  const found = (query: string) => foundIds(herald, query);
  const said = ({ status, body }: { status: number; body: any }): string =>
    `${status} ${body?.issue?.[0]?.details.text}`;

  it('S2.13: a SearchParameter makes Flag.code searchable, and criteria by a stored value set notify of what is in it', async () => {
    await herald.put({
      resourceType: 'ValueSet',
      id: 'alerts',
      url: alerts,
      status: 'active',
      expansion: { timestamp: '2026-01-01', contains: ['1', '2'].map((code) => ({ system: snomed, code })) },
    } as never);
    await flag('old', '1');
    expect(said(await herald.get('Flag?code=1'))).toMatch(/^400 Flag has no search parameter "code"/);

    const created = await herald.put(searchParameter('Flag.code', 'token', 'Flag.code'));
    expect(created.status).toBe(201);
    const criteria = `Flag?code:in=${alerts}`;
    expect(said(await herald.get('Flag?code=1'))).toMatch(/^400 .*is known, but what was stored before.*\$reindex/);
    expect(said(await herald.post(restHook(criteria, receiver.url)))).toMatch(/^422 .*\$reindex for Flag/);

    await reindexed(herald, 'Flag');
    expect(await found('Flag?code=1')).toEqual(['old']);
    expect(await found(`Flag?code:in=${alerts}`)).toEqual(['old']);
    expect(await found('Flag?code:missing=true')).toEqual([]);

    const id = await subscribe(herald, restHook(criteria, receiver.url));
    await flag('outside', '3');
    await flag('inside', '2');
    await flag('old', '1');
    await herald.drained();
    const told = receiver.requests.map(({ path: target }) => target.split('/').at(-1));
    expect(told.sort()).toEqual(['inside', 'old']);
    const explained = await herald.get(`Subscription/${id}/$explain?resource=Flag/outside`);
    expect(explained.body.parameter).toContainEqual({ name: 'result', valueBoolean: false });
    const traced = await herald.get('/admin/trace?resource=Flag/inside');
    expect(traced.body.subscriptions).toMatchObject([{ subscription: id, matched: true }]);
  });

  it('whoever writes one and wants an OperationOutcome is told what is left to do', async () => {
    const told = async (resource: object & { id: string }): Promise<string[]> => {
      const headers = { prefer: 'return=OperationOutcome' };
      const { body } = await herald.call('PUT', `SearchParameter/${resource.id}`, { body: resource, headers });
      return body.issue.map(({ details }: any) => details.text);
    };
    const fresh = await told(searchParameter('Flag.fresh', 'token', 'Flag.code'));
    expect(fresh).toEqual([expect.any(String), expect.stringMatching(/is known, but.*\$reindex for Flag/)]);
    expect((await told(searchParameter('Flag.code', 'token', 'Flag.code')))[1]).toBe('Flag can be searched by "code".');
    const draft = searchParameter('Flag.fresh', 'token', 'Flag.code', { status: 'draft' });
    expect((await told(draft))[1]).toMatch(/is not active/);
  });

  it('is listed in the CapabilityStatement and read like any resource', async () => {
    const { body } = await herald.get('metadata');
    const { searchParam } = body.rest[0].resource.find(({ type }: any) => type === 'Flag');
    expect(searchParam).toContainEqual({
      name: 'code',
      definition: 'https://example.org/fhir/SearchParameter/flag-code',
      type: 'token',
    });
    expect(await found('SearchParameter?base=Flag&status=active')).toEqual(['flag-code']);
  });

  it('cannot end, or mean something else, under a Subscription that uses it', async () => {
    const used = /^409 .*is used by Subscription\/.*Delete these/;
    expect(said(await herald.del('SearchParameter/flag-code'))).toMatch(used);
    const retired = searchParameter('Flag.code', 'token', 'Flag.code', { status: 'retired' });
    expect(said(await herald.put(retired))).toMatch(used);
    const other = searchParameter('Flag.code', 'token', 'Flag.category');
    expect(said(await herald.put(other))).toMatch(/^409 .*its meaning \(token, Flag\.code\) is fixed/);
    const described = searchParameter('Flag.code', 'token', 'Flag.code', { description: 'said better' });
    expect((await herald.put(described)).status).toBe(200);
    expect(await found('Flag?code=1')).toEqual(['old']);

    await herald.unsubscribeAll();
    expect((await herald.del('SearchParameter/flag-code')).status).toBe(204);
    expect(said(await herald.get('Flag?code=1'))).toMatch(/^400 .*is not active any more/);
    expect(said(await herald.put(other))).toMatch(/^409 .*is fixed/);
    expect((await herald.put(searchParameter('Flag.code', 'token', 'Flag.code'))).status).toBe(201);
    await reindexed(herald, 'Flag');
    expect(await found('Flag?code=1')).toEqual(['old']);
  });

  it('paths through extensions, expressions that are interpreted, and chains by type, in searches and criteria', async () => {
    const ward = 'https://example.org/ward';
    const parameters = [
      searchParameter('Patient.ward', 'token', `Patient.extension('${ward}').value.ofType(Coding)`),
      searchParameter('Patient.official', 'string', "Patient.name.where(use = 'official' and period.empty()).family"),
    ];
    for (const each of parameters) expect((await herald.put(each)).status).toBe(201);
    await reindexed(herald, 'Patient');
    const patient = (id: string, code: string, use: string) =>
      herald.put({
        resourceType: 'Patient',
        id,
        extension: [{ url: ward, valueCoding: { code } }],
        name: [{ use, family: 'Ünal' }],
      } as never);
    const both = 'Patient?ward=7&official=unal';
    await subscribe(herald, restHook(both, `${receiver.url}/ward`));
    await patient('p1', '7', 'official');
    await patient('p2', '7', 'usual');
    await patient('p3', '8', 'official');
    await flag('of-p1', '9');
    await herald.drained();
    const told = receiver.requests.map(({ path: target }) => target).filter((target) => target.includes('/ward/'));
    expect(told).toEqual(['/ward/Patient/p1']);
    expect(await found(both)).toEqual(['p1']);
    expect(await found('Patient?official:missing=true&_sort=ward')).toEqual(['p2']);

    const observed = { status: 'final', code: { text: 'x' }, subject: { reference: 'Patient/p1' } };
    await herald.put({ resourceType: 'Observation', id: 'o1', ...observed });
    expect(await found('Observation?subject:Patient.ward=7')).toEqual(['o1']);
    expect(await found('Observation?patient.ward=7')).toEqual(['o1']);
    expect(await found('Observation?subject:Patient.ward=8')).toEqual([]);
    expect(said(await herald.get('Observation?subject.ward=7'))).toMatch(
      /^400 .*name the type, as in subject:Patient\.ward/,
    );
    await herald.unsubscribeAll();
  });

  it('another process knows at once what it would otherwise refuse', async () => {
    const other = await startHerald({ database: herald.database, roles: 'api' });
    try {
      await herald.put(searchParameter('Flag.kind', 'token', 'Flag.category'));
      expect(said(await other.get('Flag?kind=x'))).toMatch(/^400 .*is known, but/);
      await reindexed(herald, 'Flag');
      expect((await other.get('Flag?kind=x')).status).toBe(200);
      const id = await subscribe(other, restHook('Flag?kind=x', `${receiver.url}/kind`));
      const category = [{ coding: [{ code: 'x' }] }];
      const subject = { reference: 'Patient/p' };
      await other.put({
        resourceType: 'Flag',
        id: 'kinds',
        status: 'active',
        category,
        code: { text: 'x' },
        subject,
      } as never);
      await herald.drained();
      expect(receiver.requests.map(({ path: target }) => target)).toContain('/kind/Flag/kinds');
      expect(said(await herald.del('SearchParameter/flag-kind'))).toMatch(new RegExp(`^409 .*Subscription/${id}`));
    } finally {
      await herald.unsubscribeAll();
      await other.stop();
    }
  });

  it('S4.13: a matcher that has not heard of the parameter asks for it, and isolates nothing', async () => {
    const id = await subscribe(herald, restHook('Flag?code=7', receiver.url));
    const { database } = herald.database;
    const registryOf = (custom: CustomParameters, learn?: (tx: Tx) => Promise<unknown>) =>
      new SubscriptionRegistry({ definitions: custom.definitions.stored, log: silentLog, ...(learn && { learn }) });
    const newcomer = () => new CustomParameters(definitionsFor('R4'), silentLog);
    const deaf = registryOf(newcomer());
    await deaf.catchUp(database);
    expect(deaf.brokenSubscriptions()).toHaveLength(1);
    const custom = newcomer();
    const registry = registryOf(custom, (tx) => custom.refresh(tx));
    const index = new PredicateIndex(registry, custom.definitions.stored);
    await registry.catchUp(database);
    expect(registry.brokenSubscriptions()).toEqual([]);
    const resource = { resourceType: 'Flag', id: 'x', code: { coding: [{ code: '7' }] } };
    const event = {
      tenant: 'default',
      type: 'Flag',
      id: 'x',
      xid: Number.MAX_SAFE_INTEGER,
      writtenAt: new Date(),
      isDelete: false,
    };
    expect(index.match({ ...event, resource }).matched).toMatchObject([{ id }]);
    expect(index.match({ ...event, resource: { ...resource, code: { text: '7' } } }).matched).toEqual([]);
    await herald.unsubscribeAll();
  });

  it('is refused with the element, what was wrong and what to do', async () => {
    const refusal = async (name: string, type: string, expression: string, changes = {}): Promise<string> => {
      const { status, body } = await herald.put(searchParameter(name, type, expression, changes));
      const [{ expression: [element] = [], details } = {}] = body.issue as any[];
      return `${status} ${element}: ${details.text}`;
    };
    expect(await refusal('Observation.code', 'token', 'Observation.code')).toMatch(
      /^422 SearchParameter\.code: Observation has the search parameter "code" by the standard/,
    );
    expect(await refusal('Flag.colour', 'special', 'Flag.code')).toMatch(
      /^422 SearchParameter\.type: .*special.*Use one of/,
    );
    expect(await refusal('Flag.colour', 'token', 'Flag.colour')).toMatch(
      /^422 SearchParameter\.expression: "Flag\.colour" names an element that Flag does not have/,
    );
    expect(await refusal('Flag.colour', 'date', 'Flag.subject')).toMatch(
      /finds Reference, which nothing can be searched in by type date/,
    );
    expect(await refusal('Flag.colour', 'token', 'Patient.gender')).toMatch(
      /No part of the expression begins with Flag/,
    );
    expect(await refusal('Flag.colour', 'token', 'Flag.repeat(code)')).toMatch(
      /The function repeat\(\) cannot be used/,
    );
    expect(await refusal('Flag.colour', 'token', 'Flag.code.where(')).toMatch(/is no FHIRPath expression/);
    expect(await refusal('Flag._colour', 'token', 'Flag.code')).toMatch(
      /SearchParameter\.code: "_colour" cannot be the name/,
    );
    expect(await refusal('Flag.colour', 'token', 'Flag.code', { base: ['Resource'] })).toMatch(
      /^422 SearchParameter\.base\[0\]: "Resource" is no resource type/,
    );
    expect(await refusal('Flag.colour', 'token', 'Flag.code', { expression: undefined })).toMatch(
      /SearchParameter\.expression: .*needs an expression/,
    );
    expect(await refusal('Flag.colour', 'reference', 'Flag.subject', { target: ['Human'] })).toMatch(
      /SearchParameter\.target\[0\]/,
    );
    await herald.put(searchParameter('Flag.hue', 'token', 'Flag.code'));
    expect(await refusal('Flag.hue', 'token', 'Flag.category', { id: 'another' })).toMatch(
      /^409 SearchParameter\.code: SearchParameter\/flag-hue .* is the search parameter "hue" of Flag already/,
    );
    expect((await herald.put(searchParameter('Flag.tint', 'special', 'nonsense', { status: 'draft' }))).status).toBe(
      201,
    );
  });
});
