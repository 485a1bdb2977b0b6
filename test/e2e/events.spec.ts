// Which changes are told, to whom, and what each notification carries.
import { SubscriberStub } from '../support/subscriber-stub';
import { startHerald, type Herald } from '../support/herald';
import { restHook, subscribe } from '../support/subscription';

let herald: Herald;
let receiver: SubscriberStub;
beforeAll(async () => {
  herald = await startHerald();
});
afterAll(() => herald?.stop());
beforeEach(async () => {
  receiver = await SubscriberStub.start();
});
afterEach(async () => {
  await herald.unsubscribeAll();
  await receiver.stop();
});

const patient = (id: string, rest: object = {}): any => ({ resourceType: 'Patient', id, ...rest });

it('S1.5, S1.3: create, update and delete are told, reads and searches are not; a repeated delete raises no event', async () => {
  await subscribe(herald, restHook('Patient', receiver.url, { settings: { 'send-deletes': true } }));
  await herald.put(patient('s15'));
  await herald.put(patient('s15', { active: true }));
  await herald.get('Patient/s15');
  await herald.get('Patient?_id=s15');
  await herald.del('Patient/s15');
  await herald.del('Patient/s15');
  await herald.settled();

  expect(
    receiver.requests.map((request) => [request.method, request.path, request.headers['herald-interaction']]),
  ).toEqual([
    ['PUT', '/Patient/s15', 'create'],
    ['PUT', '/Patient/s15', 'update'],
    ['DELETE', '/Patient/s15', 'delete'],
  ]);
  expect(receiver.requests[2]!.body).toHaveLength(0);
});

it('S1.5: deletes are not told unless asked for', async () => {
  await subscribe(herald, restHook('Patient', receiver.url));
  await herald.put(patient('quiet'));
  await herald.del('Patient/quiet');
  await herald.settled();
  expect(receiver.requests.map((request) => request.method)).toEqual(['PUT']);
});

it.each([404, 410])('D3: a delete answered %i is delivered', async (status) => {
  receiver.answer((request) => ({ status: request.method === 'DELETE' ? status : 200 }));
  const subscription = await subscribe(
    herald,
    restHook('Patient', receiver.url, { settings: { 'send-deletes': true } }),
  );
  await herald.put(patient(`gone${status}`));
  await herald.del(`Patient/gone${status}`);
  await herald.drained();
  expect(await herald.statesOf(subscription)).toEqual({ delivered: 2 });
});

it('S1.3: a Patient that is replaced by another is labelled merge, in the header and for the operator', async () => {
  const subscription = await subscribe(herald, restHook('Patient', receiver.url));
  await herald.put(patient('survivor'));
  await herald.put(patient('old'));
  const link = [{ other: { reference: 'Patient/survivor' }, type: 'replaced-by' }];
  await herald.put(patient('old', { active: false, link }));
  await herald.put(patient('old', { active: false, link, gender: 'other' }));
  await herald.drained();
  // Of the one patient: the other is another lane, and may come at any time.
  const old = receiver.requests.filter((request) => request.path === '/Patient/old');
  expect(old.map((request) => request.headers['herald-label'])).toEqual([undefined, 'merge', undefined]);
  expect(receiver.requests).toHaveLength(4);
  const page = await herald.get(`/admin/deliveries?subscription=${subscription}`);
  expect(page.text.match(/"merge"/g)).toHaveLength(1);
});

it('S1.6: only what matches is sent', async () => {
  await subscribe(herald, restHook('Patient?gender=female', receiver.url));
  await herald.post(patient('m', { id: undefined, gender: 'male' }));
  const female = await herald.post(patient('f', { id: undefined, gender: 'female' }));
  await herald.settled();
  expect(receiver.requests.map((request) => request.path)).toEqual([`/Patient/${(female.body as { id: string }).id}`]);
});

it('S2.1: without payload the notice is an empty POST to the endpoint as it is', async () => {
  await subscribe(
    herald,
    restHook('Patient', `${receiver.url}/event/123`, { payload: null, header: ['x-api-key: 9876543210'] }),
  );
  receiver.answer(() => ({ status: 201, body: 'Created' }));
  await herald.put(patient('notice'));
  const [request] = await receiver.received(1);
  expect(request).toMatchObject({ method: 'POST', path: '/event/123' });
  expect(request!.body).toHaveLength(0);
  expect(request!.headers['content-length']).toBe('0');
  expect(request!.headers['content-type']).toBeUndefined();
  expect(request!.headers['x-api-key']).toBe('9876543210');
});

it('S2.2: an endpoint with and without a trailing slash gives the same URL', async () => {
  await subscribe(herald, restHook('Patient', `${receiver.url}/fhir/`));
  await subscribe(herald, restHook('Patient', `${receiver.url}/fhir`));
  await herald.put(patient('slash'));
  const requests = await receiver.received(2);
  expect(requests.map((request) => request.path)).toEqual(['/fhir/Patient/slash', '/fhir/Patient/slash']);
});

it('S2.3: headers are sent as given: split at the first colon, trimmed, in order', async () => {
  const header = ['X-First: a:b:c', 'x-second:  two words  ', 'Authorization: Bearer t0ken'];
  await subscribe(herald, restHook('Patient', receiver.url, { header }));
  await herald.put(patient('headers'));
  const [request] = await receiver.received(1);
  expect(request!.headers).toMatchObject({
    'x-first': 'a:b:c',
    'x-second': 'two words',
    authorization: 'Bearer t0ken',
  });
  const names = request!.rawHeaders.filter((_, index) => index % 2 === 0);
  const given = ['X-First', 'x-second', 'Authorization'];
  expect(names.filter((name) => given.some((known) => known.toLowerCase() === name.toLowerCase()))).toEqual(given);
});

it('the delivery mode webhook POSTs the resource to the URL as it is', async () => {
  await subscribe(
    herald,
    restHook('Patient', `${receiver.url}/hook?k=1`, { settings: { 'delivery-mode': 'webhook' } }),
  );
  await herald.put(patient('hooked'));
  const [request] = await receiver.received(1);
  expect(request).toMatchObject({ method: 'POST', path: '/hook?k=1' });
  expect(request!.json()).toMatchObject({ id: 'hooked' });
});

it('S1.27: the request id is made when absent, echoed, and sent along', async () => {
  await subscribe(herald, restHook('Patient', receiver.url));
  const given = await herald.put(patient('traced'), { 'x-request-id': 'abc' });
  expect(given.headers['x-request-id']).toBe('abc');
  const made = await herald.put(patient('traced', { active: true }));
  expect(made.headers['x-request-id']).toMatch(/\S{8,}/);
  const requests = await receiver.received(2);
  expect(requests.map((request) => request.headers['x-request-id'])).toEqual(['abc', made.headers['x-request-id']]);
});

it('S1.22: fifty deliveries are numbered 1..50, versions rise, and a redelivery repeats its number and bytes', async () => {
  const failed = new Set<string>();
  receiver.answer((request, number) => {
    const event = request.headers['herald-event-id']!;
    if (number % 7 !== 3 || failed.has(event)) return { status: 200 };
    failed.add(event);
    return { status: 503 };
  });
  await subscribe(herald, restHook('Patient', receiver.url, { settings: { 'retry-delay': '20ms' } }));
  for (let version = 1; version <= 10; version += 1) {
    await Promise.all(
      [0, 1, 2, 3, 4].map((n) => herald.put(patient(`numbered-${n}`, { birthDate: `19${10 + version}` }))),
    );
  }
  await herald.drained();

  const kept = receiver.processed;
  const numbers = kept.map((request) => Number(request.headers['herald-event-number'])).sort((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  expect(failed.size).toBeGreaterThan(0);
  for (const event of failed) {
    const tries = receiver.requests.filter((request) => request.headers['herald-event-id'] === event);
    expect(
      new Set(tries.map((request) => `${request.headers['herald-event-number']} ${request.body.toString()}`)).size,
    ).toBe(1);
    expect(tries.map((request) => request.headers['herald-attempt'])).toEqual(['1', '2']);
  }
  for (const n of [0, 1, 2, 3, 4]) {
    const own = kept.filter((request) => request.path.endsWith(`numbered-${n}`)).map((request) => request.json().meta);
    expect(own.map((meta) => Number(meta.versionId))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(own.map((meta) => meta.lastUpdated)).toEqual(own.map((meta) => meta.lastUpdated).sort());
  }
});

it('S1.1, S4.29: a transaction tells its entries in entry order after its commit; a refused one tells nothing', async () => {
  await subscribe(herald, restHook('Patient', receiver.url, { settings: { 'ordering-key': 'subscription' } }));
  const entry = (resource: any): object => ({ resource, request: { method: 'PUT', url: `Patient/${resource.id}` } });
  const ids = ['t5', 't1', 't4', 't2', 't3'];
  const bad = [...ids.map((id) => entry(patient(id))), entry(patient('t6', { gender: 'x' }))];
  expect(
    (await herald.post({ resourceType: 'Bundle', type: 'transaction', entry: bad } as never)).status,
  ).toBeGreaterThanOrEqual(400);
  const good = await herald.post({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: ids.map((id) => entry(patient(id))),
  } as never);
  expect(good.status).toBe(200);
  await herald.drained();
  expect(receiver.requests.map((request) => request.path.split('/').pop())).toEqual(ids);
});

it('S2.9: when the notice arrives, the resource is already readable and searchable', async () => {
  const found: boolean[] = [];
  receiver.answer(async (request) => {
    const id = request.path.split('/').pop()!;
    const [read, search] = await Promise.all([
      herald.get(`Patient/${id}`),
      herald.get(`Patient?gender=other&_id=${id}`),
    ]);
    found.push(read.status === 200 && search.body.total === 1);
    return { status: 200 };
  });
  await subscribe(herald, restHook('Patient?gender=other', receiver.url, { settings: { cap: 16 } }));
  await Promise.all(Array.from({ length: 100 }, (_, n) => herald.put(patient(`notice-${n}`, { gender: 'other' }))));
  await receiver.received(100, 20_000);
  expect(found).toEqual(Array(100).fill(true));
});
