// Commands about endpoints, and what every command must bring: a caller, a reason, known parameters.
import { startHerald, type Herald } from '../support/herald';
import { Operator } from '../support/operator';
import { SubscriberStub } from '../support/subscriber-stub';
import { restHook, subscribe } from '../support/subscription';

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

const write = (id: string) => herald.put({ resourceType: 'Patient', id });

it('a test notification goes to the endpoint, marked, and its outcome is the answer', async () => {
  const id = await subscribe(herald, restHook('Patient', receiver.url, { header: ['X-Key: very-secret-1'] }));
  const answer = await operator.send(`subscriptions/${id}/test`);
  expect(answer.body).toMatchObject({ class: 'S', status: 200, request: { method: 'PUT' } });
  expect(receiver.requests[0]!.headers).toMatchObject({ 'herald-test': 'true', 'x-key': 'very-secret-1' });
  expect(answer.text).not.toContain('very-secret-1');
  expect(await herald.statesOf(id)).toEqual({});
});

it('probe now tries a failing head at once', async () => {
  receiver.answer((_, n) => ({ status: n === 1 ? 503 : 200 }));
  const id = await subscribe(herald, restHook('Patient', receiver.url, { settings: { 'retry-delay': '1h' } }));
  await write('a');
  await operator.states(id, { held: 1 });
  expect((await operator.send(`subscriptions/${id}/probe`)).body).toEqual({ probed: 1 });
  await operator.states(id, { delivered: 1 });
});

describe('what a command must bring', () => {
  it('a caller, a reason, JSON, and known parameters; every mistake is named', async () => {
    const id = await subscribe(herald, restHook('Patient', receiver.url));
    const path = `/admin/subscriptions/${id}/pause`;
    const json = { 'content-type': 'application/json' };
    const post = (body: unknown, headers: Record<string, string>) => herald.call('POST', path, { body, headers });
    expect((await post({ reason: 'x' }, { ...json, authorization: '' })).status).toBe(401);
    const refused = async (body: unknown, headers: Record<string, string>) => {
      const answer = await post(body, headers);
      expect(answer.headers['content-type']).toMatch(/problem\+json/);
      return [answer.status, answer.body.parameter];
    };
    expect(await refused({ reason: 'x' }, { 'content-type': 'text/plain' })).toEqual([415, 'Content-Type']);
    expect(await refused('[]', json)).toEqual([400, 'body']);
    expect(await refused('{', json)).toEqual([400, 'body']);
    expect(await refused({}, json)).toEqual([400, 'reason']);
    expect(await refused({ reason: ' ' }, json)).toEqual([400, 'reason']);
    expect(await refused({ reason: 'x', from: 3 }, json)).toEqual([400, 'from']);
    expect(await refused({ reason: 'x' }, { ...json, 'idempotency-key': 'x'.repeat(200) })).toEqual([
      400,
      'Idempotency-Key',
    ]);
    expect((await operator.send('subscriptions/nobody/pause')).status).toBe(404);
    expect((await operator.send(`subscriptions/${id}/resume`, { from: 'yesterday' })).body.parameter).toBe('from');
    expect((await operator.send(`subscriptions/${id}/unblock`, { action: 'delete' })).body.parameter).toBe('action');
    expect((await operator.send('dead-letters/redrive', { since: 'today', count: 0 })).body.parameter).toBe('since');
    expect((await operator.send('dead-letters/redrive')).body.parameter).toBe('count');
    expect(await operator.log(`?subscription=${id}`)).toEqual([]);
  });

  it('A13: the same Idempotency-Key is one deed', async () => {
    const id = await subscribe(herald, restHook('Patient', receiver.url));
    await write('a');
    await operator.states(id, { delivered: 1 });
    const path = `deliveries/${await operator.keyOf(id)}/1/resend`;
    const answers = await Promise.all(
      [1, 2, 3].map(() => operator.send(path, {}, { 'idempotency-key': 'double-click' })),
    );
    for (const answer of answers) expect(answer.body).toEqual(answers[0]!.body);
    await receiver.received(2);
    expect(await operator.log(`?subscription=${id}`)).toHaveLength(1);
    expect((await operator.send(`subscriptions/${id}/pause`, {}, { 'idempotency-key': 'double-click' })).status).toBe(
      422,
    );
  });
});
