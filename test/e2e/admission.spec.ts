// What may become a Subscription, what is refused and how, and what its life looks like from outside.
import { eventually } from '../support/deadline';
import { SubscriberStub } from '../support/subscriber-stub';
import { startHerald, type Herald } from '../support/herald';
import { restHook, statusOf, subscribe, type SubscriptionResource } from '../support/subscription';

let herald: Herald;
let receiver: SubscriberStub;
beforeAll(async () => {
  [herald, receiver] = await Promise.all([startHerald(), SubscriberStub.start()]);
});
afterAll(async () => {
  await herald?.stop();
  await receiver?.stop();
});
afterEach(() => herald.unsubscribeAll());

const secret = 'xyzzy-4711-secret';
const without = (element: string): SubscriptionResource => {
  const { [element]: _left, ...rest } = restHook('Patient', receiver.url);
  return rest as SubscriptionResource;
};
const withChannel = (change: object): SubscriptionResource => {
  const subscription = restHook('Patient', receiver.url);
  return { ...subscription, channel: { ...subscription.channel, ...change } };
};

it('S4.1: the classic example is stored, becomes active and sends within five seconds', async () => {
  const example = restHook('Observation?code=http://loinc.org|1975-2', receiver.url, { end: '2031-01-01T00:00:00Z' });
  const created = await herald.post(example);
  expect(created.status).toBe(201);
  expect(created.headers['location']).toMatch(/\/fhir\/Subscription\/[^/]+\/_history\/1$/);
  expect(created.body.status).toBe('requested');
  await statusOf(herald, created.body.id, 'active', 5_000);

  const before = receiver.requests.length;
  const code = { coding: [{ system: 'http://loinc.org', code: '1975-2' }] };
  await herald.post({ resourceType: 'Observation', status: 'final', code } as never);
  await receiver.received(before + 1, 5_000);
});

/** What is refused, the element that the OperationOutcome must name, and a word that its text must hold. */
const refusals: [string, () => unknown, RegExp, RegExp][] = [
  ['an unsupported channel type', () => withChannel({ type: 'sms' }), /channel\.type/, /sms/],
  [
    'plain http to a host that is not loopback',
    () => withChannel({ endpoint: 'http://example.org/x' }),
    /channel\.endpoint/,
    /https/i,
  ],
  [
    'a metadata address',
    () => withChannel({ endpoint: 'https://169.254.1.1/x' }),
    /channel\.endpoint/,
    /169\.254\.1\.1|private|address/i,
  ],
  [
    'a private address',
    () => withChannel({ endpoint: 'https://10.1.2.3/x' }),
    /channel\.endpoint/,
    /10\.1\.2\.3|private|address/i,
  ],
  ['no endpoint', () => withChannel({ endpoint: undefined }), /channel\.endpoint/, /endpoint/],
  ['an unsupported payload', () => withChannel({ payload: 'application/pdf' }), /channel\.payload/, /application\/pdf/],
  ['no criteria', () => without('criteria'), /criteria/, /criteria/],
  ['no channel', () => without('channel'), /channel/, /channel/],
  [
    'an unknown parameter',
    () => restHook('Patient?managing-organization=1', receiver.url),
    /criteria/,
    /managing-organization/,
  ],
  ['_sort', () => restHook('Patient?_sort=name', receiver.url), /criteria/, /_sort/],
  ['_count', () => restHook('Patient?_count=3', receiver.url), /criteria/, /_count/],
  ['_include', () => restHook('Observation?_include=Observation:subject', receiver.url), /criteria/, /_include/],
  ['an unknown resource type', () => restHook('Patent', receiver.url), /criteria/, /Patent/],
  ['status error from a client', () => ({ ...restHook('Patient', receiver.url), status: 'error' }), /status/, /error/],
  [
    'an end that is no instant',
    () => restHook('Patient', receiver.url, { end: 'tomorrow' }),
    /end/,
    /instant|tomorrow/i,
  ],
  ['Host in the headers', () => withChannel({ header: ['Host: x'] }), /channel\.header/, /host/i],
  [
    'Content-Length in the headers',
    () => withChannel({ header: ['content-length: 3'] }),
    /channel\.header/,
    /content-length/i,
  ],
  ['a hop-by-hop header', () => withChannel({ header: ['Connection: close'] }), /channel\.header/, /connection/i],
  ['a header that is ours', () => withChannel({ header: ['Herald-Event-Id: 1'] }), /channel\.header/, /herald-/i],
  [
    'a plain string for a list of headers',
    () => withChannel({ header: 'a: b' }),
    /channel\.header/,
    /list of strings/i,
  ],
  [
    'an extension of ours that does not exist',
    () => restHook('Patient', receiver.url, { settings: { nonsense: 'x' } }),
    /extension/,
    /nonsense/,
  ],
];

function expectRefusal(answer: { status: number; body: any; text: string }, element: RegExp, word: RegExp): void {
  expect([400, 422]).toContain(answer.status);
  expect(answer.body.resourceType).toBe('OperationOutcome');
  const errors = answer.body.issue.filter((issue: any) => ['error', 'fatal'].includes(issue.severity as string));
  expect(errors).not.toHaveLength(0);
  expect(JSON.stringify(errors)).toMatch(word);
  expect(errors.flatMap((issue: any) => (issue.expression as string[] | undefined) ?? []).join()).toMatch(element);
}

it.each(refusals)('S4.2, S2.3, S2.18: refuses %s, naming the element', async (_name, make, element, word) => {
  expectRefusal(await herald.post(make() as never, 'Subscription'), element, word);
});

it.each(refusals.slice(0, 4))(
  'S4.3: refuses %s inside a transaction, which then writes nothing',
  async (_name, make, element, word) => {
    const entry = (resource: unknown, url: string): object => ({ resource, request: { method: 'POST', url } });
    const tag = [{ system: 'urn:test', code: `s43-${Math.random().toString(36).slice(2)}` }];
    const bundle = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [entry({ resourceType: 'Patient', meta: { tag } }, 'Patient'), entry(make(), 'Subscription')],
    };
    expectRefusal(await herald.post(bundle), element, word);
    expect((await herald.get(`Patient?_tag=urn:test|${tag[0]!.code}`)).body.total).toBe(0);
  },
);

it('S4.3: refuses it inside a batch too, entry by entry', async () => {
  const entry = (resource: unknown): object => ({ resource, request: { method: 'POST', url: 'Subscription' } });
  const bundle = {
    resourceType: 'Bundle',
    type: 'batch',
    entry: [entry(withChannel({ type: 'sms' })), entry(restHook('Patient', receiver.url))],
  };
  const answer = await herald.post(bundle);
  expect(answer.status).toBe(200);
  const responses = answer.body.entry.map((one: any) => one.response);
  expect(responses[0].status).toMatch(/^4/);
  expect(JSON.stringify(responses[0].outcome)).toMatch(/channel\.type/);
  expect(responses[1].status).toMatch(/^201/);
});

it('S4.7: header secrets are masked wherever they are read, and the mask sent back keeps the stored value', async () => {
  const id = await subscribe(
    herald,
    restHook('Patient', receiver.url, { header: [`Authorization: Bearer ${secret}`] }),
  );
  const reads = ['', '/_history', '/_history/1'].map((path) => herald.get(`Subscription/${id}${path}`));
  const others = [
    herald.get(`Subscription?_id=${id}`),
    herald.get('/admin/subscriptions'),
    herald.get(`/admin/subscriptions/${id}`),
  ];
  for (const answer of await Promise.all([...reads, ...others])) {
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain(secret);
  }

  const { body } = await herald.get(`Subscription/${id}`);
  const updated = await herald.put({ ...body, reason: 'changed' });
  expect(updated.status).toBe(200);
  await statusOf(herald, id, 'active');
  const before = receiver.requests.length;
  await herald.post({ resourceType: 'Patient' });
  await receiver.received(before + 1);
  expect(receiver.requests.at(-1)!.headers['authorization']).toBe(`Bearer ${secret}`);
  expect(herald.logText()).not.toContain(secret);
});

it('S4.7: a Subscription that hears of Subscriptions is told no secret', async () => {
  await subscribe(herald, restHook('Subscription', `${receiver.url}/watch`));
  await subscribe(herald, restHook('Patient', receiver.url, { header: [`X-Key: ${secret}`] }));
  await receiver.waitFor((stub) => stub.requests.some((request) => request.path.startsWith('/watch/Subscription/')));
  await herald.settled();
  const told = receiver.requests.filter((request) => request.path.startsWith('/watch'));
  expect(told.map((request) => request.body.toString()).join()).not.toContain(secret);
});

it('S4.9: read, change the reason, write back with status active: still active', async () => {
  const id = await subscribe(herald, restHook('Patient', receiver.url));
  const { body } = await herald.get(`Subscription/${id}`);
  expect(body.status).toBe('active');
  const answer = await herald.put({ ...body, reason: 'a better reason' });
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({ status: 'active', reason: 'a better reason' });
  expect((await herald.get(`Subscription/${id}`)).body.status).toBe('active');
});

it('S4.24: nothing is sent for events after end, even before the sweep; then the Subscription is off', async () => {
  const end = new Date(Math.ceil((performance.timeOrigin + performance.now() + 1_500) / 1000) * 1000);
  const id = await subscribe(herald, restHook('Basic', receiver.url, { end: end.toISOString() }));
  const before = receiver.requests.length;
  const basic = (code: string): any => ({ resourceType: 'Basic', code: { text: code } });
  const early = await herald.post(basic('early'));
  await receiver.received(before + 1);
  // A write is late when the server itself dates it after the end.
  const late = await eventually(
    async () => {
      const written = await herald.post(basic('probe'));
      return new Date(written.body.meta.lastUpdated as string) > end ? written : undefined;
    },
    { what: 'a write after the end' },
  );
  await herald.settled();
  const told = receiver.requests.slice(before).filter((request) => request.path.startsWith('/Basic/'));
  expect(told.map((request) => request.json().id)).toContain(early.body.id);
  expect(told.map((request) => request.json().id)).not.toContain(late.body.id);
  expect(told.every((request) => new Date(request.json().meta.lastUpdated as string) <= end)).toBe(true);
  await statusOf(herald, id, 'off', 20_000);
});

it('S4.25: after a delete no attempt starts later than a second, and what waited is cancelled', async () => {
  receiver.answer(() => ({ status: 503 }));
  const id = await subscribe(
    herald,
    restHook('Patient', receiver.url, { settings: { 'retry-delay': '50ms', 'error-after': '1h' } }),
  );
  for (let n = 0; n < 10; n += 1) await herald.post({ resourceType: 'Patient' });
  await receiver.waitFor((stub) => stub.requests.some((request) => request.headers['herald-subscription'] === id));
  expect((await herald.del(`Subscription/${id}`)).status).toBeLessThan(300);
  const deleted = performance.now();
  receiver.answer(() => ({ status: 200 }));
  await eventually(async () => Object.keys(await herald.statesOf(id)).every((state) => state === 'cancelled'), {
    deadlineMs: 15_000,
    what: 'every waiting row to be cancelled',
  });
  const own = receiver.requests.filter((request) => request.headers['herald-subscription'] === id);
  expect(own.filter((request) => request.at > deleted + 1_000)).toEqual([]);
});
