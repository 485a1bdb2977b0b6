// $explain on the type and on an instance: who matches and why, by POST and by GET, and what is refused.
import { startHerald, type Herald } from '../support/herald';
import { restHook, subscribe } from '../support/subscription';

const observation = (code: string, status = 'final') => ({
  resourceType: 'Observation',
  status,
  code: { coding: [{ system: 'http://loinc.org', code }] },
});
const parameters = (...parameter: object[]) => ({ resourceType: 'Parameters', parameter });
const text = (name: string, valueString: string) => ({ name, valueString });
const criteria = text('criteria', 'Observation?code=http://loinc.org|2823-3&status=final');

/** The parameters of an answer by name; of several the list. */
function named(body: any, name: string): any[] {
  return body.parameter.filter((each: any) => each.name === name);
}

function partsOf(part: any): Record<string, unknown[]> {
  const parts: Record<string, unknown[]> = {};
  for (const { name, ...value } of part.part) (parts[name] ??= []).push(Object.values(value)[0]);
  return parts;
}

describe('$explain on Subscription', () => {
  let herald: Herald;
  let potassium: string;
  const explain = (...given: object[]) => herald.call('POST', 'Subscription/$explain', { body: parameters(...given) });

  beforeAll(async () => {
    herald = await startHerald();
    potassium = (await herald.post(observation('2823-3'))).body.id;
  });
  afterAll(async () => herald?.stop());

  it('is listed once in the CapabilityStatement, on Subscription only', async () => {
    const { body } = await herald.get('metadata');
    const listed = body.rest[0].resource.flatMap((each: any) =>
      (each.operation ?? []).filter(({ name }: any) => name === 'explain').map(() => each.type),
    );
    expect(listed).toEqual(['Subscription']);
  });

  it('answers for criteria and a resource sent along, clause by clause', async () => {
    const { status, body } = await explain(criteria, { name: 'resource', resource: observation('2823-3', 'draft') });
    expect(status).toBe(200);
    expect(named(body, 'result')[0].valueBoolean).toBe(false);
    expect(named(body, 'clause').map(partsOf)).toMatchObject([
      { criterion: ['code=http://loinc.org|2823-3'], satisfied: [true], found: ['http://loinc.org|2823-3'] },
      { criterion: ['status=final'], satisfied: [false], wanted: ['final'] },
    ]);
  });

  it('answers for a stored resource, its newest version or the one that is named, and a Subscription sent along', async () => {
    const subscription = {
      name: 'subscription',
      resource: restHook('Observation?status=final', 'http://127.0.0.1:8099/x'),
    };
    await herald.put({ ...observation('2823-3', 'amended'), id: potassium });
    const now = await explain(subscription, {
      name: 'resource',
      valueReference: { reference: `Observation/${potassium}` },
    });
    expect(named(now.body, 'result')[0].valueBoolean).toBe(false);
    const first = await explain(subscription, text('resource', `Observation/${potassium}/_history/1`));
    expect(named(first.body, 'result')[0].valueBoolean).toBe(true);
    expect(named(first.body, 'resource')[0].valueReference.reference).toBe(`Observation/${potassium}/_history/1`);
  });

  it('says that a resource is of another type', async () => {
    const { body } = await explain(criteria, { name: 'resource', resource: { resourceType: 'Patient' } });
    expect(named(body, 'result')[0].valueBoolean).toBe(false);
    expect(named(body, 'note')[0].valueString).toMatch(/ask for Observation; the resource is of type Patient/);
  });

  it('says how many of the last changes would have matched, with examples: versions count, deleted resources do not', async () => {
    const fever = (status = 'final') => observation('8310-5', status);
    const one = (await herald.post(fever())).body.id;
    await herald.put({ ...fever('amended'), id: one });
    const gone = (await herald.post(fever())).body.id;
    await herald.del(`Observation/${gone}`);
    const asked = text('criteria', 'Observation?code=8310-5');
    const { body } = await explain(asked, { name: 'changes', valueInteger: 3 });
    expect(named(body, 'result')).toEqual([]);
    expect(named(body, 'changes').map(partsOf)).toEqual([
      {
        examined: [3],
        matched: [2],
        example: [2, 1].map((version) => ({ reference: `Observation/${one}/_history/${version}` })),
      },
    ]);
    const all = await explain(asked, { name: 'changes', valueInteger: 500 });
    expect(partsOf(named(all.body, 'changes')[0])).toMatchObject({ examined: [4], matched: [2] });
  });

  it('is told of a Subscription as it is created or changed, when an OperationOutcome is wanted', async () => {
    const told = async (method: 'POST' | 'PUT', address: string, resource: object): Promise<string[]> => {
      const headers = { prefer: 'return=OperationOutcome' };
      const { body } = await herald.call(method, address, { body: resource, headers });
      return body.issue.map(({ details }: any) => details.text);
    };
    const hook = (asked: string, id: string) => ({ ...restHook(asked, 'http://127.0.0.1:8099/x'), id });
    const created = await told('PUT', 'Subscription/outlook', hook('Observation?code=8310-5', 'outlook'));
    expect(created[0]).toBe('Subscription/outlook was created as version 1.');
    expect(created[1]).toMatch(/^It would have heard of 2 of the last \d+ changes of Observation, for example of Obs/);
    const changed = await told('PUT', 'Subscription/outlook', hook('Observation?code=none', 'outlook'));
    expect(changed[1]).toMatch(/^It would have heard of 0 of the last \d+ changes of Observation\.$/);
    const claimed = await told('PUT', 'Subscription/outlook', { ...hook('Basic', 'outlook'), error: 'mine' });
    expect(claimed[1]).toMatch(/^Subscription.error is written by the server/);
    const { id: _, ...unnamed } = hook('Basic', 'outlook');
    expect((await told('POST', 'Subscription', unnamed))[1]).toMatch(/^There is no Basic here yet/);
    expect(await told('PUT', 'Patient/outlook', { resourceType: 'Patient', id: 'outlook' })).toHaveLength(1);
  });

  it('explains a stored Subscription by GET and by POST on itself, and says when it hears of nothing', async () => {
    const id = await subscribe(herald, restHook('Observation?status=final', 'http://127.0.0.1:8099/x'));
    const asked = `Subscription/${id}/$explain?resource=Observation/${potassium}&changes=10`;
    const { status, body } = await herald.get(asked);
    expect([status, named(body, 'result')[0].valueBoolean, named(body, 'note')]).toEqual([200, false, []]);
    expect(named(body, 'changes')).toHaveLength(1);
    const stored = (await herald.get(`Subscription/${id}`)).body;
    await herald.put({ ...stored, status: 'off' });
    const posted = await herald.call('POST', `Subscription/${id}/$explain`, {
      body: parameters(text('resource', `Observation/${potassium}`)),
    });
    expect(named(posted.body, 'note')[0].valueString).toMatch(/is off and not matching/);
    const named2 = await explain(
      text('subscription', `Subscription/${id}`),
      text('resource', `Observation/${potassium}`),
    );
    expect(named2.status).toBe(200);
    await herald.del(`Subscription/${id}`);
    expect((await herald.get(asked)).status).toBe(410);
    expect((await herald.get(asked.replace(id, 'nobody'))).status).toBe(404);
  });

  it.each([
    [[criteria], 400, /resource or changes is required/],
    [[text('resource', 'Patient/1')], 400, /criteria or subscription/],
    [[criteria, text('subscription', 'Subscription/1'), text('resource', 'Patient/1')], 400, /one of the two/],
    [[criteria, { name: 'changes', valueInteger: 501 }], 400, /1 to 500/],
    [[criteria, { name: 'changes', valueBoolean: true }], 400, /1 to 500/],
    [[criteria, text('resource', 'http://elsewhere/Patient/1')], 400, /Type\/id/],
    [[criteria, text('resource', 'Patient/nobody')], 404, /no Patient\/nobody/],
    [[criteria, { name: 'resource', resource: { resourceType: 'Nothing' } }], 400, /no resource type/],
    [[criteria, { name: 'resource', resource: [] }], 400, /must be a resource/],
    [[criteria, { name: 'resource', valueReference: { display: 'x' } }], 400, /literal reference/],
    [[text('criteria', 'Observation?colour=red'), text('resource', 'Patient/1')], 422, /no search parameter .*colour/],
    [
      [{ name: 'subscription', resource: { resourceType: 'Patient' } }, text('resource', 'Patient/1')],
      400,
      /Subscription/,
    ],
    [[criteria, text('why', 'x')], 400, /'why' is not known here/],
  ])('refuses %j with %i', async (given, status, problem) => {
    const answer = await explain(...given);
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body.issue)).toMatch(problem);
  });

  it('takes GET and POST only, and no criteria on an instance', async () => {
    const answer = await herald.call('PUT', 'Subscription/$explain', { body: parameters(criteria) });
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD, POST, OPTIONS']);
    expect((await herald.call('POST', 'Patient/$explain', { body: parameters(criteria) })).status).toBe(404);
    const id = (await herald.post(restHook('Patient', 'http://127.0.0.1:8099/x'))).body.id;
    expect((await herald.get(`Subscription/${id}/$explain?criteria=Patient&changes=1`)).status).toBe(400);
  });
});
