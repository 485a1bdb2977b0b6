// The main road, once through: a write becomes a delivered notification.
import { SubscriberStub } from '../support/subscriber-stub';
import { startHerald, type Herald } from '../support/herald';
import { restHook, subscribe } from '../support/subscription';

let herald: Herald;
let receiver: SubscriberStub;
beforeAll(async () => {
  [herald, receiver] = await Promise.all([startHerald(), SubscriberStub.start()]);
});
afterAll(async () => {
  await herald?.stop();
  await receiver?.stop();
});

it('S2.2: a Patient that is POSTed arrives at the receiver as PUT {endpoint}/Patient/{id}, and so does its update', async () => {
  const subscription = await subscribe(herald, restHook('Patient', `${receiver.url}/fhir`));
  const created = await herald.post({ resourceType: 'Patient', name: [{ family: 'Chalmers' }] } as never);
  expect(created.status).toBe(201);
  const { id } = created.body as { id: string };

  const [first] = await receiver.received(1);
  expect(first).toMatchObject({ method: 'PUT', path: `/fhir/Patient/${id}` });
  expect(first!.headers['content-type']).toBe('application/fhir+json');
  expect(first!.body.toString('utf8')).toBe((await herald.get(`Patient/${id}/_history/1`)).text);
  expect(first!.headers).toMatchObject({
    'herald-subscription': subscription,
    'herald-event-number': '1',
    'herald-interaction': 'create',
    'herald-version': '1',
    'herald-attempt': '1',
  });

  await herald.put({ resourceType: 'Patient', id, active: true } as never);
  const [, second] = await receiver.received(2);
  expect(second!.json()).toMatchObject({ id, active: true, meta: { versionId: '2' } });
  expect(second!.headers).toMatchObject({
    'herald-event-number': '2',
    'herald-interaction': 'update',
    'herald-version': '2',
  });

  await herald.settled();
  expect(receiver.requests).toHaveLength(2);
});

it('shows the subscription and its deliveries to the operator', async () => {
  const list = await herald.get('/admin/subscriptions');
  expect(list.status).toBe(200);
  expect(JSON.stringify(list.body)).toContain('"delivered":2');
  const deliveries = await herald.get('/admin/deliveries?state=delivered');
  expect(deliveries.status).toBe(200);
  expect(JSON.stringify(deliveries.body)).toContain('"delivered"');
});

it('S1.38: tells liveness and readiness, each dependency with status and duration', async () => {
  expect((await herald.get('/health/live')).status).toBe(200);
  const ready = await herald.get('/health/ready');
  expect(ready.status).toBe(200);
  expect(ready.text).toMatch(/database/);
  expect(ready.text).toMatch(/duration/i);
});

it('S1.41: counts deliveries and times them on /metrics', async () => {
  const metrics = (await herald.get('/metrics')).text;
  expect(metrics).toMatch(/^herald_\w*attempts\w*\{[^}]*\} [1-9]/m);
  expect(metrics).toMatch(/^herald_\w*(delivered|delivery|commit)\w*_bucket\{/m);
});
