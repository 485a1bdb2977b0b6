// `:in`, `:not-in`, `:above` and `:below` of tokens, by ValueSets and CodeSystems stored on the server: in search and in criteria, with one meaning.
import { startHerald, type Herald } from '../support/herald';
import { foundIds } from '../support/search';
import { SubscriberStub } from '../support/subscriber-stub';
import { restHook, subscribe } from '../support/subscription';

const url = 'https://fhir.nhs.example/ValueSet/SSCR-Alerts-SnCT';
const snomed = 'http://snomed.info/sct';

describe('value sets', () => {
  let herald: Herald;
  let receiver: SubscriberStub;
  const alerts = (...codes: string[]) => ({
    resourceType: 'ValueSet',
    id: 'alerts',
    url,
    status: 'active',
    expansion: {
      timestamp: '2026-01-01',
      ...(codes.length > 0 && { contains: codes.map((code) => ({ system: snomed, code })) }),
    },
  });
  const condition = (id: string, code: string) =>
    herald.put({
      resourceType: 'Condition',
      id,
      code: { coding: [{ system: snomed, code }] },
      subject: { reference: 'Patient/p' },
    } as never);
  const found = (query: string) => foundIds(herald, query);
  const refusal = async (criteria: string): Promise<string> => {
    const { status, body } = await herald.post(restHook(criteria, receiver.url));
    return `${status} ${body.issue?.[0].details.text}`;
  };

  beforeAll(async () => {
    [herald, receiver] = await Promise.all([startHerald(), SubscriberStub.start()]);
    await herald.put(alerts('1', '2'));
    for (const [id, code] of [
      ['f1', '1'],
      ['f3', '3'],
    ] as const)
      await condition(id, code);
  });
  afterAll(async () => {
    await herald?.stop();
    await receiver?.stop();
  });

  it('searches by the codes of a value set, by its url, its version or its reference', async () => {
    expect(await found(`Condition?code:in=${url}`)).toEqual(['f1']);
    expect(await found('Condition?code:in=ValueSet/alerts')).toEqual(['f1']);
    expect(await found(`Condition?code:not-in=${url}`)).toEqual(['f3']);
    const { body } = await herald.get(`Condition?code:in=${url}`);
    expect(body.link.find(({ relation }: any) => relation === 'self').url).toContain(`code:in=`);
    expect((await herald.get(`Condition?code:in=${url}|9`)).status).toBe(400);
  });

  it('S2.13: criteria by value set notify of what is in it, and of nothing else', async () => {
    const id = await subscribe(herald, restHook(`Condition?code:in=${url}`, receiver.url));
    await condition('f1', '1');
    await condition('f3', '3');
    await condition('f2', '2');
    await herald.drained();
    expect(receiver.requests.map(({ path: target }) => target.split('/').at(-1))).toEqual(['f1', 'f2']);
    const explained = await herald.get(`Subscription/${id}/$explain?resource=Condition/f3`);
    expect(explained.body.parameter).toContainEqual({ name: 'result', valueBoolean: false });
    const criteria = { name: 'criteria', valueString: `Condition?code:in=${url}` };
    const sent = {
      resourceType: 'Parameters',
      parameter: [criteria, { name: 'resource', valueString: 'Condition/f2' }],
    };
    const asked = await herald.call('POST', 'Subscription/$explain', { body: sent });
    expect(asked.body.parameter).toContainEqual({ name: 'result', valueBoolean: true });
  });

  it('criteria with an escaped modifier lost the codes of their value set when they became active', async () => {
    await subscribe(herald, restHook(`Condition?code%3Ain=${url}`, `${receiver.url}/escaped`));
    await condition('f3', '3');
    await condition('f1', '1');
    await herald.drained();
    const told = receiver.requests.map(({ path: target }) => target).filter((target) => target.includes('/escaped'));
    expect(told.map((target) => target.split('/').at(-1))).toEqual(['f1']);
  });

  it('ADR 22: the codes are those of the time of the write; to send it again takes the new ones', async () => {
    const id = await subscribe(herald, restHook(`Condition?code:in=ValueSet/alerts`, `${receiver.url}/pinned`));
    const told = () => receiver.requests.filter(({ path: target }) => target.includes('/pinned')).length;
    await herald.put(alerts('3'));
    await condition('f3', '3');
    await herald.drained();
    expect(told()).toBe(0);
    expect(await found(`Condition?code:in=${url}`)).toEqual(['f3']);
    const stored = (await herald.get(`Subscription/${id}`)).body;
    expect(stored.criteria).toBe('Condition?code:in=ValueSet/alerts');
    await herald.put(stored);
    await condition('f3', '3');
    await condition('f1', '1');
    await herald.drained();
    expect(told()).toBe(1);
    await herald.put(alerts('1', '2'));
  });

  it('an unusable value set is refused with the reason, in search and in criteria', async () => {
    expect(await refusal('Condition?code:in=http://nowhere/vs')).toMatch(
      /^422 .*no ValueSet http:\/\/nowhere\/vs here/,
    );
    expect((await herald.get('Condition?code:in=http://nowhere/vs')).status).toBe(400);
    await herald.put({ ...alerts(), id: 'empty', url: 'http://empty' } as never);
    expect(await refusal('Condition?code:in=http://empty')).toMatch(/^422 .*holds no code/);
    await herald.put({ ...alerts('1'), id: 'twin' });
    expect(await refusal(`Condition?code:in=${url}`)).toMatch(/^422 .*several ValueSet resources/);
    await herald.del('ValueSet/twin');
    await herald.put({
      ...alerts(...Array.from({ length: 1_001 }, (_, n) => `${n}`)),
      id: 'large',
      url: 'http://large',
    } as never);
    expect(await refusal('Condition?code:in=http://large')).toMatch(/^422 .*too large: at most 1000 codes/);
    expect((await herald.get('Condition?code:in=http://large')).status).toBe(200);
    expect(await refusal('Condition?subject:in=http://empty')).toMatch(/^422 .*does not take the modifier ":in"/);
  });

  it('above and below follow a stored CodeSystem', async () => {
    await herald.put({
      resourceType: 'CodeSystem',
      id: 'sct',
      url: snomed,
      status: 'active',
      content: 'complete',
      concept: [{ code: '0', concept: [{ code: '1' }, { code: '3' }] }],
    } as never);
    expect(await found(`Condition?code:below=${snomed}|0`)).toEqual(['f1', 'f3']);
    expect(await found(`Condition?code:above=${snomed}|1`)).toEqual(['f1']);
    expect((await herald.get('Condition?code:below=0')).status).toBe(400);
  });
});
