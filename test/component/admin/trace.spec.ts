// GET /admin/trace: one change, and for each Subscription of its type why it heard of it or not, and what became of its delivery.
import { startHerald, type Herald } from '../../support/herald';
import { SubscriberStub } from '../../support/subscriber-stub';
import { restHook, subscribe } from '../../support/subscription';

describe('trace', () => {
  let herald: Herald;
  let receiver: SubscriberStub;
  const ids: Record<string, string> = {};
  const trace = async (query: string): Promise<any> => (await herald.get(`/admin/trace?${query}`)).body;
  const of = (body: any, name: string) => body.subscriptions.find((each: any) => each.subscription === ids[name]);

  beforeAll(async () => {
    [herald, receiver] = await Promise.all([startHerald(), SubscriberStub.start()]);
    const hook = (criteria: string, options = {}) => subscribe(herald, restHook(criteria, receiver.url, options));
    ids['all'] = await hook('Patient');
    ids['women'] = await hook('Patient?gender=female');
    ids['deletes'] = await hook('Patient?gender=male', { settings: { 'send-deletes': true } });
    ids['others'] = await hook('Observation');
    const patient = { resourceType: 'Patient', id: 'p', gender: 'male' };
    await herald.put(patient);
    await herald.drained();
    ids['late'] = await hook('/Patient?gender=male');
  });
  afterAll(async () => {
    await herald?.stop();
    await receiver?.stop();
  });

  it('tells of each Subscription of the type whether it matched, why not, and the delivery', async () => {
    const body = await trace('resource=Patient/p');
    expect(body.change).toMatchObject({ resource: 'Patient/p', version: 1, interaction: 'create', state: 'matched' });
    expect(of(body, 'others')).toBeUndefined();
    expect(of(body, 'all')).toMatchObject({ matched: true, delivery: { state: 'delivered', eventNumber: 1 } });
    expect(of(body, 'women')).toMatchObject({ matched: false, why: expect.stringMatching(/do not match/) });
    expect(of(body, 'women').clauses[0]).toMatchObject({ criterion: 'gender=female', isSatisfied: false });
    expect(of(body, 'late')).toMatchObject({
      matched: false,
      why: expect.stringMatching(/after the change was written/),
    });
    const byEvent = await trace(`event=${body.change.eventId}`);
    expect(byEvent.subscriptions).toEqual(body.subscriptions);
  });

  it('an event that is not kept any more is still told by its deliveries', async () => {
    const { change, subscriptions } = await trace('resource=Patient/p');
    await herald.database.database.query({ text: 'delete from outbox', values: [] });
    const body = await trace(`event=${change.eventId}`);
    expect(body.change.state).toBe('not kept any more');
    expect(of(body, 'all')).toEqual(subscriptions.find((each: any) => each.subscription === ids['all']));
    expect(of(await trace('resource=Patient/p'), 'all')).toMatchObject({ matched: false });
  });

  it('judges a delete by the version before, for whoever asks for deletes', async () => {
    await herald.del('Patient/p');
    await herald.drained();
    const body = await trace('resource=Patient/p');
    expect(body.change).toMatchObject({ interaction: 'delete', version: 2 });
    expect(of(body, 'deletes')).toMatchObject({ matched: true, delivery: { state: 'delivered' } });
    expect(of(body, 'all')).toMatchObject({ matched: false, why: expect.stringMatching(/does not ask for deletes/) });
  });

  it('pages by key, and refuses what it does not know', async () => {
    const seen: string[] = [];
    for (let next: string | undefined = '/admin/trace?resource=Patient/p&limit=2'; next !== undefined;) {
      const { body }: { body?: any } = await herald.get(next);
      seen.push(...body.subscriptions.map((each: any) => each.subscription));
      next = body.next;
    }
    expect(seen).toEqual(['all', 'women', 'deletes', 'late'].map((name) => ids[name]));
    for (const [query, status] of [
      ['', 400],
      ['event=x', 400],
      ['resource=Patient', 400],
      ['resource=Patient/p&event=0190a5b0-0000-7000-8000-000000000000', 400],
      ['resource=Patient/nobody', 404],
      ['event=0190a5b0-0000-7000-8000-000000000000', 404],
      ['resource=Patient/p&colour=red', 400],
    ] as const)
      expect([query, (await herald.get(`/admin/trace?${query}`)).status]).toEqual([query, status]);
  });
});
