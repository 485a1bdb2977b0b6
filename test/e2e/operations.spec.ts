// What an operator sees: one log line for each crossing, no body and no secret in it; tokens; what the health page says.
import { SubscriberStub } from '../support/subscriber-stub';
import { startHerald, type Herald } from '../support/herald';
import { restHook, subscribe } from '../support/subscription';

const token = 'a-long-enough-token-1234567890';
const secret = 'receiver-secret-987';
let herald: Herald;
let receiver: SubscriberStub;
beforeAll(async () => {
  receiver = await SubscriberStub.start();
  herald = await startHerald({ env: { HERALD_TOKENS: `alice:${token}`, LOG_LEVEL: 'info' }, token });
});
afterAll(async () => {
  await herald?.stop();
  await receiver?.stop();
});

it('S1.39: one JSON line for each request and each attempt, with their ids, no body, no credentials', async () => {
  receiver.answer((_request, number) => ({ status: number === 1 ? 503 : 200 }));
  const settings = { 'retry-delay': '20ms' };
  const subscription = await subscribe(
    herald,
    restHook('Patient', receiver.url, { header: [`Authorization: Bearer ${secret}`], settings }),
  );
  await herald.put({ resourceType: 'Patient', id: 'logged', name: [{ family: 'Zzyzx' }] } as never, {
    'x-request-id': 'req-42',
    'user-agent': 'a-test/1.0',
  });
  await herald.drained();

  const lines = herald.logLines();
  const request = lines.find((line) => line['requestId'] === 'req-42' && line['verb'] === 'PUT');
  expect(request).toMatchObject({
    path: '/fhir/Patient/logged',
    status: 201,
    userAgent: 'a-test/1.0',
    caller: 'alice',
  });
  expect(JSON.stringify(request)).toMatch(/"(duration\w*|\w*Ms)":/);
  const attempts = lines.filter((line) => line['msg'] === 'delivery.attempted');
  expect(attempts).toHaveLength(2);
  const eventId = receiver.requests[0]!.headers['herald-event-id'];
  for (const attempt of attempts) expect(attempt).toMatchObject({ eventId, subscriptionId: subscription });
  expect(attempts.map((attempt) => attempt['status'])).toEqual([503, 200]);
  expect(herald.logText()).not.toMatch(/Zzyzx/);
  expect(herald.logText()).not.toContain(secret);
  expect(herald.logText()).not.toContain(token);
});

it('with tokens: the FHIR base and /admin are closed, metadata and health stay open', async () => {
  const anonymous = { authorization: '' };
  for (const path of ['Patient/logged', '/admin/subscriptions']) {
    const answer = await herald.get(path, anonymous);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/Bearer/);
  }
  for (const path of ['metadata', '/health/live', '/health/ready'])
    expect((await herald.get(path, anonymous)).status).toBe(200);
  expect((await herald.get('Patient/logged', { authorization: 'Bearer wrong' })).status).toBe(401);
});
