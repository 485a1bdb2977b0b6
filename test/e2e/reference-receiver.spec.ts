// Acceptance: the cases of the reference receiver, with Herald as the sender, each with its outcome where an operator looks. Times are set short
// by each Subscription's own extensions; the receiver is test/support/reference-receiver.ts.
import { eventually } from '../support/deadline';
import { startHerald, type Herald } from '../support/herald';
import { Operator } from '../support/operator';
import { REFERENCE_KEY, referenceAnswers, startReferenceReceiver } from '../support/reference-receiver';
import type { ReceivedRequest, SubscriberStub } from '../support/subscriber-stub';
import { restHook, statusOf, subscribe, type ChannelOptions } from '../support/subscription';

let herald: Herald;
let operator: Operator;
let receiver: SubscriberStub;
beforeAll(async () => {
  herald = await startHerald();
  operator = new Operator(herald);
});
afterAll(async () => herald?.stop());
beforeEach(async () => {
  // A gateway before it gives one document another id, which is the only way to a mismatch: Herald itself never makes one (S2.6).
  const gateway = (path: string): string => path.replace(/\/renamed$/, '/other');
  receiver = await startReferenceReceiver({ gateway });
});
afterEach(async () => {
  await herald.unsubscribeAll();
  await receiver.stop();
});

/** A message is suspected at once, an endpoint shown as failing after the third failure. */
const hasty = {
  'retry-delay': '20ms',
  'error-after': '0s',
  'error-after-attempts': 3,
  'poison-after': '0s',
  'poison-after-attempts': 2,
};
const header = [`x-api-key: ${REFERENCE_KEY}`];

const publishing = (options: ChannelOptions = {}): Promise<string> =>
  subscribe(herald, restHook('DocumentReference', `${receiver.url}/fhir`, { header, settings: hasty, ...options }));
const noticing = (event: string, options: ChannelOptions = {}): Promise<string> =>
  subscribe(
    herald,
    restHook('DocumentReference', `${receiver.url}/event/${event}`, {
      payload: null,
      header,
      settings: hasty,
      ...options,
    }),
  );
const write = async (id: string, description = 'a letter'): Promise<void> => {
  const content = [{ attachment: { contentType: 'text/plain', url: `https://docs.example.org/${id}` } }];
  const answer = await herald.put({
    resourceType: 'DocumentReference',
    id,
    status: 'current',
    description,
    content,
  } as never);
  expect([200, 201]).toContain(answer.status);
};
const page = async (id: string): Promise<any> => (await herald.get(`/admin/subscriptions/${id}`)).body;
const deliveries = async (id: string): Promise<any[]> =>
  (await herald.get(`/admin/deliveries?subscription=${id}`)).body.deliveries as any[];
/** The one delivery of a Subscription, once it has been tried. */
const tried = (id: string): Promise<any> =>
  eventually(async () => {
    const [only] = await deliveries(id);
    return only?.attempts.length > 0 ? only : undefined;
  });

it('S4.23: the times to the first request and to the delivery, on the page and as histograms with the Subscription as label', async () => {
  const id = await publishing();
  await write('timed');
  await operator.states(id, { delivered: 1 });
  const times = { p50Ms: expect.any(Number), p95Ms: expect.any(Number) };
  expect(await page(id)).toMatchObject({ latency: { sample: 1, toFirstAttempt: times, toDelivered: times } });
  // The ledger knows before the histograms do.
  const names = ['herald_delivery_latency_seconds', 'herald_delivery_first_attempt_latency_seconds'];
  await eventually(async () => {
    const { text } = await herald.get('/metrics');
    return names.every((name) => text.includes(`${name}_count{subscription="${id}"} 1`));
  });
});

describe('S2.22, S2.4: the cases of the collection that are deliveries', () => {
  it('event notice: 201, delivered, with no body', async () => {
    const id = await noticing('123');
    await write('d1');
    await operator.states(id, { delivered: 1 });
    expect(await deliveries(id)).toMatchObject([
      { state: 'delivered', attempts: [{ class: 'S', status: 201, sent: true }] },
    ]);
    expect(receiver.requests).toHaveLength(1);
    expect(receiver.requests[0]!.headers).toMatchObject({ 'content-length': '0', 'x-api-key': REFERENCE_KEY });
    expect(receiver.requests[0]!.headers).not.toHaveProperty('content-type');
  });

  it('resource publication: 200 "OK" in plain text, delivered', async () => {
    const id = await publishing();
    await write('d1');
    await operator.states(id, { delivered: 1 });
    expect(await deliveries(id)).toMatchObject([{ resource: 'DocumentReference/d1', attempts: [{ status: 200 }] }]);
    expect(receiver.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'PUT /fhir/DocumentReference/d1',
    ]);
    expect(receiver.requests[0]!.json()).toMatchObject({ resourceType: 'DocumentReference', id: 'd1' });
  });

  it.each([
    ['notice', () => noticing('123', { header: ['x-api-key: wrong'] })],
    ['publication', () => publishing({ header: ['Authorization: Bearer 9876543210'] })],
  ] as const)('%s without the right key: 401, class E, the Subscription in error names it', async (_case, create) => {
    const id = await create();
    await write('d1');
    const { error } = await statusOf(herald, id, 'error');
    expect(error).toMatch(/-> 401 \(attempt \d+, event 1, 1 waiting\)$/);
    expect(error).not.toMatch(/wrong|9876543210/);
    expect(await page(id)).toMatchObject({ status: 'error', degraded: true, dead: 0, deadLetters: 0 });
    const attempts = (await tried(id)).attempts as any[];
    expect(new Set(attempts.map((one) => `${one.class} ${one.status}`))).toEqual(new Set(['E 401']));
  });

  it.each([
    ['456', 404],
    ['789', 500],
  ])('notice to /event/%s: %i, class E, kept and retried: all of the endpoint fails', async (event, status) => {
    const id = await noticing(event);
    await write('d1');
    const { error } = await statusOf(herald, id, 'error');
    expect(error).toMatch(new RegExp(`POST ${receiver.url}/event/${event} -> ${status} \\(`));
    expect(await tried(id)).toMatchObject({
      attempts: expect.arrayContaining([expect.objectContaining({ class: 'E', status })]),
    });
    expect(await page(id)).toMatchObject({ pending: 1, dead: 0 });
  });

  it.each([
    ['id mismatch', 'renamed', 'a letter', 400, /^400$/],
    ['too large', 'large', 'x'.repeat(150_000), 413, /^413 to a body of 15\d{4} bytes$/],
  ])(
    'publication with %s: class M, a dead letter, and the endpoint counts as well',
    async (_case, doc, text, status, reason) => {
      const id = await publishing();
      await write('before');
      await operator.states(id, { delivered: 1 });
      await write(doc, text);
      await operator.states(id, { dead: 1, delivered: 1 });
      const [letter] = await operator.deadLetters(id);
      expect(letter).toMatchObject({
        cause: 'poison',
        resource: `DocumentReference/${doc}`,
        request: { method: 'PUT', url: `${receiver.url}/fhir/DocumentReference/${doc}` },
        response: { class: 'M', status },
      });
      expect(letter.response.reason).toMatch(reason);
      await write('after');
      await operator.states(id, { dead: 1, delivered: 2 });
      expect((await herald.get(`Subscription/${id}`)).body.status).toBe('active');
    },
  );
});

it('S2.7: 150 kB against a limit of 100 kB, park: no request, the dead letter says the size; redriven once the limit was raised', async () => {
  const limited = (bytes: number, beyond: string) => ({ ...hasty, 'body-limit': bytes, 'body-over-limit': beyond });
  const id = await publishing({ settings: limited(102_400, 'park') });
  await write('large', 'x'.repeat(150_000));
  await write('small');
  await operator.states(id, { dead: 1, delivered: 1 });
  expect(receiver.requests.map(({ path }) => path)).toEqual(['/fhir/DocumentReference/small']);
  const [letter] = await operator.deadLetters(id);
  expect(letter).toMatchObject({ cause: 'too-large', attemptCount: 0, response: { class: 'M', sent: false } });
  expect(letter.response.reason).toMatch(/^not sent: the body has 15\d{4} bytes, the Subscription's limit is 102400$/);
  expect(await page(id)).toMatchObject({
    status: 'active',
    degraded: false,
    config: { bodyLimit: { bytes: 102_400, beyond: 'park' } },
    lastDeadLetter: { resource: 'DocumentReference/large', cause: 'too-large' },
  });

  // Its receiver takes more from today on.
  receiver.answer(() => ({ status: 200 }));
  const { body } = await herald.get(`Subscription/${id}`);
  body.channel.extension.find((one: any) => one.url === 'urn:herald:body-limit').valuePositiveInt = 200_000;
  expect((await herald.put(body)).status).toBe(200);
  const redriven = await operator.send('dead-letters/redrive', { subscription: id, cause: 'too-large', count: 1 });
  expect(redriven.body).toEqual({ count: 1 });
  await operator.states(id, { delivered: 2 });
  expect(receiver.requests.at(-1)!.body.length).toBeGreaterThan(150_000);
  expect(await herald.violations()).toEqual([]);
});

it('S2.7: by reference, a webhook gets the notice without the body and the version to fetch; for a PUT it is refused', async () => {
  const settings = { ...hasty, 'body-limit': 1_000, 'body-over-limit': 'by-reference' };
  const options = { header, settings: { ...settings, 'delivery-mode': 'webhook' } };
  const id = await subscribe(herald, restHook('DocumentReference', `${receiver.url}/event/123`, options));
  await write('large', 'x'.repeat(2_000));
  await operator.states(id, { delivered: 1 });
  const [request] = receiver.requests;
  expect([request!.method, request!.status, request!.body.length]).toEqual(['POST', 201, 0]);
  expect(request!.headers).not.toHaveProperty('content-type');
  const focus = request!.headers['herald-focus']!;
  expect(focus).toMatch(/^DocumentReference\/large\/_history\/\d+$/);
  expect((await herald.get(focus)).body).toMatchObject({ resourceType: 'DocumentReference', id: 'large' });

  const refused = await herald.post(restHook('DocumentReference', `${receiver.url}/fhir`, { header, settings }));
  expect(refused.status).toBe(422);
  expect(refused.body.issue).toMatchObject([
    { expression: [expect.stringMatching(/^Subscription\.channel\.extension\[\d+\]$/)] },
  ]);
});

it.each([
  ['456', 404],
  ['789', 500],
])('S2.4: /event/%s (%i) of one key is class E, and class M once other keys succeed', async (event, status) => {
  // A gateway takes the notices of the first event elsewhere; the endpoint is well.
  const answer = referenceAnswers({});
  const seenAs = ({ path, headers }: ReceivedRequest): string =>
    headers['herald-event-number'] === '1' ? `/event/${event}` : path;
  receiver.answer((request, number) => answer({ ...request, path: seenAs(request) }, number));
  const id = await noticing('123', { settings: { ...hasty, 'error-after': '1h' } });
  await write('d1');
  await receiver.received(4);
  expect(await page(id)).toMatchObject({ pending: 1, dead: 0 });
  for (const other of ['d2', 'd3', 'd4']) await write(other);
  await operator.states(id, { dead: 1, delivered: 3 });
  const [letter] = await operator.deadLetters(id);
  expect(letter).toMatchObject({ eventNumber: 1, cause: 'poison', response: { class: 'E', status } });
});

it('S2.5: err-id and 20 others: the 20 arrive, err-id ends as a dead letter, and the Subscription reports it without calling the endpoint ill', async () => {
  const id = await publishing({ settings: { ...hasty, 'error-after': '1h' } });
  await write('err-id');
  for (let n = 1; n <= 20; n += 1) await write(`d${n}`);
  // Each failure makes the next wait three times longer; where the 20 were slow to come, err-id would be asked again only after the test's patience.
  await eventually(async () => (await herald.statesOf(id))['delivered'] === 20, { what: 'the 20 to arrive' });
  await operator.send(`subscriptions/${id}/probe`);
  await operator.states(id, { dead: 1, delivered: 20 });
  expect(new Set(receiver.processed.map(({ path }) => path)).size).toBe(20);

  expect(await page(id)).toMatchObject({
    status: 'active',
    deadLetters: 1,
    lastDeadLetter: { eventNumber: 1, resource: 'DocumentReference/err-id', cause: 'poison', status: 500 },
  });
  const { body } = await herald.get(`Subscription/${id}`);
  expect([body.status, body.error]).toEqual(['active', undefined]);
  await eventually(async () => /^herald_dead_letters [1-9]/m.test((await herald.get('/metrics')).text));
  const isOurs = (line: Record<string, unknown>): boolean =>
    line['msg'] === 'delivery.dead-lettered' && line['subscriptionId'] === id;
  const line = await eventually(() => herald.logLines().find(isOurs), { what: 'the log line of the dead letter' });
  expect(line).toMatchObject({ cause: 'poison', eventNumber: 1, status: 500 });
  const { body: status } = await herald.get('/admin/status');
  expect(status.deadLetters.count).toBeGreaterThanOrEqual(1);
  expect(status.verdict).toMatch(/^Nothing is lost, but \d+ dead letter\(s\) wait/);
  expect(await herald.violations()).toEqual([]);
});
