// Failing receivers: stored and tried later, in order, shown where the subscriber and the operator look, and recovered from.
import { eventually } from '../support/deadline';
import { judge } from '../support/deliveries';
import { SubscriberStub, type ReceivedRequest } from '../support/subscriber-stub';
import { startHerald, type Herald } from '../support/herald';
import { hasty, restHook, statusOf, subscribe } from '../support/subscription';

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
const gapsMs = (stub: SubscriberStub): number[] =>
  stub.requests.slice(1).map((request, index) => request.at - stub.requests[index]!.at);

it('S1.14: 503 three times, then 200: four attempts, growing pauses, one success', async () => {
  receiver.answer((_request, number) => ({ status: number <= 3 ? 503 : 200 }));
  const id = await subscribe(herald, restHook('Patient', receiver.url, { settings: { 'retry-delay': '60ms' } }));
  await herald.put(patient('s114'));
  await herald.drained();
  expect(receiver.requests.map((request) => request.headers['herald-attempt'])).toEqual(['1', '2', '3', '4']);
  // Never earlier than the schedule with all its jitter; how much later is a matter of load, and no matter here.
  const [first, second, third] = gapsMs(receiver);
  expect(first!).toBeGreaterThanOrEqual(60 * 0.8);
  expect(second!).toBeGreaterThanOrEqual(180 * 0.8);
  expect(third!).toBeGreaterThanOrEqual(540 * 0.8);
  expect(await herald.statesOf(id)).toEqual({ delivered: 1 });
});

it('S1.14: Retry-After is honoured', async () => {
  receiver.answer((_request, number) =>
    number === 1 ? { status: 429, headers: { 'retry-after': '1' } } : { status: 200 },
  );
  await subscribe(herald, restHook('Patient', receiver.url, { settings: { 'retry-delay': '10ms' } }));
  await herald.put(patient('later'));
  await herald.drained();
  expect(gapsMs(receiver)[0]!).toBeGreaterThanOrEqual(990);
});

it('S1.15, S1.17, S1.16: the status becomes error, events are kept, and the first success clears it in order', async () => {
  receiver.answer(() => ({ status: 500, body: 'secret body of the receiver' }));
  const header = ['Authorization: Bearer tell-nobody'];
  const id = await subscribe(herald, restHook('Patient', `${receiver.url}/fhir`, { header, settings: hasty }));
  const active = await statusOf(herald, id, 'active');
  await herald.put(patient('p1'));

  const failed = await statusOf(herald, id, 'error');
  const error = failed['error'] as string;
  expect(error).toMatch(
    /^\d{4}-\d\d-\d\dT[\d:.]+Z PUT http:\/\/127\.0\.0\.1:\d+\/fhir\/Patient\/p1 .*500.*attempt \d+.*event 1\b.*waiting/,
  );
  expect(error.length).toBeLessThanOrEqual(1_000);
  expect(error).not.toMatch(/tell-nobody|secret body/);
  const version = (resource: any): number => Number(resource.meta.versionId);
  expect(version(failed)).toBeGreaterThan(version(active));
  expect((await herald.get(`Subscription/${id}`)).headers['etag']).toBe(`W/"${version(failed)}"`);

  for (let n = 1; n <= 10; n += 1) await herald.put(patient('p1', { birthDate: `20${10 + n}` }));
  receiver.answer(() => ({ status: 200 }));
  await herald.drained();
  expect(receiver.processed.map((request) => Number(request.headers['herald-version']))).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
  ]);
  const recovered = await statusOf(herald, id, 'active');
  expect(recovered['error']).toBeUndefined();
});

it('S1.16: a client that asks for requested clears the error as well', async () => {
  receiver.answer(() => ({ status: 500 }));
  const id = await subscribe(
    herald,
    restHook('Patient', receiver.url, { settings: { ...hasty, 'retry-delay': '10min' } }),
  );
  await Promise.all([1, 2, 3, 4].map((n) => herald.put(patient(`r${n}`))));
  await statusOf(herald, id, 'error');
  receiver.answer(() => ({ status: 200 }));
  const { body } = await herald.get(`Subscription/${id}`);
  expect((await herald.put({ ...body, status: 'requested' })).status).toBe(200);
  const active = await statusOf(herald, id, 'active');
  expect(active['error']).toBeUndefined();
});

it('S1.21: twenty versions arrive in order though the third fails, and another patient is not delayed by it', async () => {
  const of = (id: string): ReceivedRequest[] => receiver.processed.filter((request) => request.path.endsWith(`/${id}`));
  const version = (request: ReceivedRequest): number => Number(request.headers['herald-version']);
  let refusals = 0;
  // The third version is refused until everything of the other patient has arrived: who waits for it here would wait for ever.
  receiver.answer((request) => {
    const isThird = request.path.endsWith('/slow') && request.headers['herald-version'] === '3';
    if (!isThird || (refusals >= 2 && of('other').length >= 20)) return { status: 200 };
    refusals += 1;
    return { status: 503 };
  });
  await subscribe(herald, restHook('Patient', receiver.url, { settings: { 'retry-delay': '100ms' } }));
  for (let year = 1911; year <= 1930; year += 1) {
    for (const id of ['slow', 'other']) await herald.put(patient(id, { birthDate: String(year) }));
  }
  await herald.drained();
  const all = Array.from({ length: 20 }, (_, index) => index + 1);
  expect(of('slow').map(version)).toEqual(all);
  expect(of('other').map(version)).toEqual(all);
  expect(refusals).toBeGreaterThanOrEqual(2);
  expect(judge(receiver.processed)).toMatchObject({ orderViolations: 0, gaps: 0 });
});

it('S4.19: a receiver that hangs or drips is given up at the deadline, and tried again', async () => {
  receiver.answer((_request, number) =>
    number === 1 ? { hang: true } : number === 2 ? { reset: 'before' } : { status: 200 },
  );
  await subscribe(
    herald,
    restHook('Patient', receiver.url, { settings: { 'retry-delay': '20ms', deadline: '300ms' } }),
  );
  await herald.put(patient('hung'));
  await herald.drained();
  const [hung] = receiver.requests;
  expect(hung!.endedAt! - hung!.at).toBeGreaterThan(250);
  expect(receiver.processed).toHaveLength(1);
  expect(receiver.inFlight).toBe(0);
});

it('S4.19: redirects are not followed', async () => {
  receiver.answer((request, number) =>
    number === 1
      ? { status: 307, headers: { location: `${receiver.url}/elsewhere` } }
      : { status: request.path === '/elsewhere' ? 500 : 200 },
  );
  await subscribe(herald, restHook('Patient', receiver.url, { settings: { 'retry-delay': '20ms' } }));
  await herald.put(patient('moved'));
  await herald.drained();
  expect(receiver.requests.map((request) => request.path)).toEqual(['/Patient/moved', '/Patient/moved']);
});

it('shows failing, held keys and the last error to the operator while it fails', async () => {
  receiver.answer(() => ({ status: 503, body: 'down for tea' }));
  const id = await subscribe(
    herald,
    restHook('Patient', receiver.url, { settings: { 'retry-delay': '10min', 'error-after': '1h' } }),
  );
  await herald.put(patient('held'));
  await herald.put(patient('held', { active: true }));
  // The key is held in the ledger's own transaction; how the Subscription is doing is written a moment later, in another.
  const page = await eventually(
    async () => {
      const { body } = await herald.get(`/admin/subscriptions/${id}`);
      return body?.heldKeys === 1 && body.failures === 1 ? body : undefined;
    },
    { what: 'a held key and its failure on the admin page' },
  );
  expect(page.lastError).toMatch(/503/);
  const deliveries = await herald.get(`/admin/deliveries?subscription=${id}`);
  expect(deliveries.text).toMatch(/"held"/);
});

it('S1.19: a Subscription on Subscription?status=error is told of the failure, and its own failing raises no loop', async () => {
  const alarm = await subscribe(
    herald,
    restHook('Subscription?status=error', `${receiver.url}/alarm`, { settings: hasty }),
  );
  const first = await subscribe(herald, restHook('Patient', `${receiver.url}/fhir`, { settings: hasty }));
  receiver.answer(() => ({ status: 500 }));
  await herald.put(patient('alarming'));
  await Promise.all([statusOf(herald, first, 'error'), statusOf(herald, alarm, 'error')]);
  receiver.answer(() => ({ status: 200 }));
  await herald.drained();
  const told = receiver.processed.filter((request) => request.path.startsWith('/alarm/'));
  expect(new Set(told.map((request) => request.path))).toEqual(new Set([`/alarm/Subscription/${first}`]));
  expect(told[0]!.json()).toMatchObject({ id: first, status: 'error' });
  await Promise.all([statusOf(herald, first, 'active'), statusOf(herald, alarm, 'active')]);
});
