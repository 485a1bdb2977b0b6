// What an operator does to deliveries, from outside: stop and go on from a chosen place, send again, deal with what was given up.
import { eventually } from '../support/deadline';
import { startHerald, type Herald } from '../support/herald';
import { Operator } from '../support/operator';
import { SubscriberStub } from '../support/subscriber-stub';
import { restHook, statusOf, subscribe, type SubscriptionResource } from '../support/subscription';

const token = 'the-token-of-olga-123456789012';
let herald: Herald;
let operator: Operator;
let receiver: SubscriberStub;
beforeAll(async () => {
  herald = await startHerald({ env: { HERALD_TOKENS: `olga:${token}` }, token });
  operator = new Operator(herald);
});
afterAll(async () => herald?.stop());
beforeEach(async () => {
  receiver = await SubscriberStub.start();
});
afterEach(async () => {
  await herald.unsubscribeAll();
  await receiver.stop();
});

const write = (id: string, year = 1970) =>
  herald.put({ resourceType: 'Patient', id, birthDate: String(year) } as never);
const numbers = () => receiver.requests.map((request) => Number(request.headers['herald-event-number']));
async function setStatus(id: string, status: string): Promise<void> {
  const { body } = await herald.get(`Subscription/${id}`);
  const answer = await herald.put({ ...(body as SubscriptionResource), status, id } as never);
  expect(answer.status).toBe(200);
}

/** A Subscription with one thing waiting, because its receiver failed and it was then turned off. */
async function offWithBacklog(): Promise<string> {
  receiver.answer(() => ({ status: 503 }));
  const id = await subscribe(herald, restHook('Patient', receiver.url, { settings: { 'retry-delay': '1h' } }));
  await write('waits', 1971);
  await write('waits', 1972);
  await operator.states(id, { behind: 1, held: 1 });
  await setStatus(id, 'off');
  receiver.answer(() => ({ status: 200 }));
  receiver.requests.length = 0;
  return id;
}

describe('S1.18: off stops sending, keeps what is queued visible', () => {
  it('and requested again goes on from the first undelivered, in order', async () => {
    const id = await offWithBacklog();
    await write('meanwhile');
    await herald.settled();
    expect(await herald.statesOf(id)).toEqual({ behind: 1, held: 1 });
    const { body } = await herald.get(`/admin/deliveries?subscription=${id}`);
    expect(body.deliveries.map((one: any) => one.state)).toEqual(['behind', 'held']);
    expect(receiver.requests).toEqual([]);
    await setStatus(id, 'requested');
    await statusOf(herald, id, 'active');
    await operator.states(id, { delivered: 2 });
    expect(numbers()).toEqual([1, 2]);
    expect(await herald.violations()).toEqual([]);
  });

  it('and an operator resumes from now: what waited ends as cancelled, visibly, what comes is delivered', async () => {
    const id = await offWithBacklog();
    const answer = await operator.send(`subscriptions/${id}/resume`, { from: 'now' });
    expect([answer.status, answer.body]).toEqual([200, { from: 'now', cancelled: 2, resent: 0 }]);
    await statusOf(herald, id, 'active');
    await write('later');
    await operator.states(id, { cancelled: 2, delivered: 1 });
    expect(numbers()).toEqual([3]);
    const { body } = await herald.get(`/admin/deliveries?subscription=${id}&state=cancelled`);
    expect(body.deliveries.map((one: any) => one.reason)).toEqual(['resumed-past', 'resumed-past']);
    expect((await operator.log(`?subscription=${id}`))[0]).toMatchObject({ who: 'olga', verb: 'resume', count: 2 });
    expect(await herald.violations()).toEqual([]);
  });

  it('a pause stops sending only; from a number: below is passed over, delivered ones from there on are sent again', async () => {
    const id = await subscribe(
      herald,
      restHook('Patient', receiver.url, { settings: { 'ordering-key': 'subscription' } }),
    );
    await write('a');
    await write('b');
    await operator.states(id, { delivered: 2 });
    expect((await operator.send(`subscriptions/${id}/pause`)).body).toEqual({ paused: true, changed: true });
    await write('c');
    await operator.states(id, { delivered: 2, pending: 1 });
    expect((await herald.get(`/admin/subscriptions/${id}`)).body).toMatchObject({ paused: true, status: 'active' });
    expect((await operator.send(`subscriptions/${id}/resume`, { from: 2 })).body).toEqual({
      from: 2,
      cancelled: 0,
      resent: 1,
    });
    await receiver.received(4);
    expect(numbers()).toEqual([1, 2, 2, 3]);
    await operator.states(id, { delivered: 3 });
  });
});

describe('S1.20: $resend', () => {
  const resend = (id: string, parameter: object[], headers: Record<string, string> = {}) =>
    herald.call('POST', `Subscription/${id}/$resend`, { body: { resourceType: 'Parameters', parameter }, headers });

  it('by event id, by time, and failed only: 202 and a count; the same event id arrives with the next attempt', async () => {
    const id = await subscribe(herald, restHook('Patient', receiver.url));
    await write('a');
    await write('b');
    const [first] = await receiver.received(2);
    await operator.states(id, { delivered: 2 });
    const eventId = first!.headers['herald-event-id'];
    const one = await resend(id, [{ name: 'eventId', valueString: eventId }]);
    expect([one.status, one.body.parameter[0]]).toEqual([202, { name: 'count', valueInteger: 1 }]);
    const again = (await receiver.received(3))[2]!;
    expect(again.headers).toMatchObject({ 'herald-event-id': eventId, 'herald-attempt': '2' });
    expect(again.body.equals(first!.body)).toBe(true);
    await operator.resendsSettled();

    const all = await resend(id, [{ name: 'since', valueInstant: '2020-01-01T00:00:00Z' }], {
      'idempotency-key': 'k1',
    });
    expect(all.body.parameter[0].valueInteger).toBe(2);
    await receiver.received(5);
    const repeated = await resend(id, [{ name: 'since', valueInstant: '2020-01-01T00:00:00Z' }], {
      'idempotency-key': 'k1',
    });
    expect(repeated.body).toEqual(all.body);
    const none = await resend(id, [{ name: 'failedOnly', valueBoolean: true }]);
    expect(none.body.parameter[0].valueInteger).toBe(0);
    expect(receiver.requests).toHaveLength(5);
    expect(await herald.statesOf(id)).toEqual({ delivered: 2 });
    expect((await operator.log(`?subscription=${id}&verb=resend`)).map((entry: any) => entry.who)).toEqual([
      'olga',
      'olga',
      'olga',
    ]);
    expect(await herald.violations()).toEqual([]);
  });

  it('an operator sends one delivery again', async () => {
    const id = await subscribe(herald, restHook('Patient', receiver.url));
    await write('a');
    await operator.states(id, { delivered: 1 });
    const path = `deliveries/${await operator.keyOf(id)}/1/resend`;
    expect((await operator.send(path)).status).toBe(202);
    await receiver.received(2);
    const page = () => herald.get(`/admin/deliveries/${path.split('/').slice(1, 3).join('/')}`);
    await eventually(async () => (await page()).body.attempts.length === 2);
    expect((await page()).body.attempts.map((attempt: any) => attempt.trigger)).toEqual(['auto', 'manual']);
    expect((await operator.send(`deliveries/${await operator.keyOf(id)}/9/resend`)).status).toBe(404);
  });
});

describe('S1.23, S4.21: a poison event is skipped, and its dead letter is dealt with', () => {
  const settings = { 'retry-delay': '20ms', 'poison-after-attempts': 1, 'poison-after': '0s', 'poison-policy': 'skip' };

  it('is listed with request, response and reason, counted by a metric, redriven in order', async () => {
    receiver.answer((request) =>
      request.headers['herald-event-number'] === '1' ? { status: 422, body: 'cannot digest' } : { status: 200 },
    );
    const id = await subscribe(herald, restHook('Patient', `${receiver.url}/fhir`, { settings }));
    await write('a', 1971);
    await write('a', 1972);
    await operator.states(id, { dead: 1, delivered: 1 });
    expect((await herald.get(`/admin/subscriptions/${id}`)).body).toMatchObject({ deadLetters: 1, resendsFailed: 0 });
    const { body } = await herald.get(`/admin/dead-letters?subscription=${id}`);
    expect(body.deadLetters).toHaveLength(1);
    expect(body.deadLetters[0]).toMatchObject({
      eventNumber: 1,
      resource: 'Patient/a',
      cause: 'poison',
      request: { method: 'PUT', url: `${receiver.url}/fhir/Patient/a` },
      response: { status: 422, class: 'M', excerpt: 'cannot digest' },
    });
    await eventually(async () => /herald_dead_letters [1-9]/.test((await herald.get('/metrics')).text), {
      what: 'the gauge of dead letters',
    });

    receiver.answer(() => ({ status: 200 }));
    const preview = await operator.send('dead-letters/redrive', { subscription: id, dryRun: true });
    expect(preview.body).toMatchObject({ dryRun: true, count: 1 });
    expect(await herald.statesOf(id)).toEqual({ dead: 1, delivered: 1 });
    const other = await operator.send('dead-letters/redrive', { subscription: id, count: 5 });
    expect([other.status, other.body.parameter]).toEqual([409, 'count']);
    expect((await operator.send('dead-letters/redrive', { subscription: id, count: 1 })).body).toEqual({ count: 1 });
    await operator.states(id, { delivered: 2 });
    expect(numbers().at(-1)).toBe(1);
    expect(await operator.deadLetters(id)).toEqual([]);
  });

  it('or is dismissed with a reason, which stays on record', async () => {
    receiver.answer(() => ({ status: 422 }));
    const id = await subscribe(herald, restHook('Patient', receiver.url, { settings }));
    await write('a');
    await operator.states(id, { dead: 1 });
    const answer = await operator.send('dead-letters/discard', {
      subscription: id,
      count: 1,
      reason: 'a test patient',
    });
    expect(answer.body).toEqual({ count: 1 });
    expect(await operator.deadLetters(id)).toEqual([]);
    expect(await herald.statesOf(id)).toEqual({ dead: 1 });
    expect((await operator.log(`?subscription=${id}&verb=discard`))[0]).toMatchObject({
      who: 'olga',
      reason: 'a test patient',
      count: 1,
    });
  });
});

it('S1.23: block holds the key, and only that key, until someone unblocks it', async () => {
  receiver.answer((request) => ({ status: request.headers['herald-event-number'] === '1' ? 422 : 200 }));
  const settings = {
    'retry-delay': '20ms',
    'poison-after-attempts': 1,
    'poison-after': '0s',
    'poison-policy': 'block',
  };
  const id = await subscribe(herald, restHook('Patient', receiver.url, { settings }));
  await write('a', 1971);
  await write('a', 1972);
  await write('b');
  const page = () => herald.get(`/admin/subscriptions/${id}`);
  await operator.states(id, { behind: 1, delivered: 1, held: 1 });
  await eventually(
    async () =>
      (await herald.get(`/admin/deliveries?subscription=${id}&state=held`)).body.deliveries[0].nextAttemptAt ===
      undefined,
  );
  expect((await statusOf(herald, id, 'error')).error).toContain('event 1');
  const skipped = await operator.send(`subscriptions/${id}/unblock`, { action: 'skip' });
  expect(skipped.body).toEqual({ action: 'skip', unblocked: [1] });
  await operator.states(id, { dead: 1, delivered: 2 });
  expect((await page()).body).toMatchObject({ dead: 1, pending: 0 });
  expect((await operator.deadLetters(id))[0].cause).toBe('skipped');
  await statusOf(herald, id, 'active');
});
