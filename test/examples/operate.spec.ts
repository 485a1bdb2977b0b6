// docs/how-to/operate.md, executed: every curl line in the order of the page, against a Herald with something to operate on.
import fs from 'node:fs';
import path from 'node:path';
import { curlLines, sendCurl } from '../support/curl';
import { startHerald, type Herald } from '../support/herald';
import { Operator } from '../support/operator';
import { SubscriberStub } from '../support/subscriber-stub';
import { restHook, statusOf } from '../support/subscription';

const lines = curlLines(fs.readFileSync(path.resolve(__dirname, '../../docs/how-to/operate.md'), 'utf8'));
let herald: Herald;
let operator: Operator;
let receiver: SubscriberStub;
beforeAll(async () => {
  [herald, receiver] = await Promise.all([startHerald(), SubscriberStub.start()]);
  operator = new Operator(herald);
  const settings = { 'retry-delay': '20ms', 'poison-after-attempts': 1, 'poison-after': '0s', 'poison-policy': 'skip' };
  await herald.put({ ...restHook('Patient', receiver.url, { settings }), id: 'ward-copy' });
  await statusOf(herald, 'ward-copy', 'active');
});
afterAll(async () => {
  await herald?.stop();
  await receiver?.stop();
});

/** Runs the next line of the page, which must be about this. */
function next(about: RegExp): ReturnType<Herald['call']> {
  const line = lines.shift() ?? '';
  expect(line).toMatch(about);
  return sendCurl(herald, line);
}
const states = (expected: Record<string, number>) => operator.states('ward-copy', expected);

it('the lines of the page do what it says, in its order', async () => {
  for (const id of ['a', 'b', 'c']) await herald.put({ resourceType: 'Patient', id });
  await states({ delivered: 3 });
  expect((await next(/subscriptions\/ward-copy$/)).body).toMatchObject({ id: 'ward-copy', delivered: 3 });
  expect((await next(/deliveries\?subscription/)).body.deliveries[0].deliveryId).toBe('1/3');
  expect((await next(/deliveries\/1\/1$/)).body.state).toBe('delivered');

  const traced = await next(/trace/);
  expect(traced.body.subscriptions).toMatchObject([{ subscription: 'ward-copy', matched: true }]);
  const explained = await next(/\$explain/);
  expect(explained.body.parameter).toContainEqual({ name: 'result', valueBoolean: true });

  expect((await next(/pause$/)).body).toEqual({ paused: true, changed: true });
  await herald.put({ resourceType: 'Patient', id: 'd' });
  expect((await next(/first-undelivered.*resume$/)).body).toMatchObject({ cancelled: 0, resent: 0 });
  await states({ delivered: 4 });
  expect((await next(/"from": 2.*resume$/)).body).toEqual({ from: 2, cancelled: 0, resent: 3 });
  await receiver.received(7);
  expect((await next(/"from": "now".*resume$/)).body).toEqual({ from: 'now', cancelled: 0, resent: 0 });

  await operator.resendsSettled();
  expect((await next(/deliveries\/1\/1\/resend/)).status).toBe(202);
  await receiver.received(8);
  await operator.resendsSettled();
  const resent = await next(/\$resend/);
  expect([resent.status, resent.body.parameter[0]]).toEqual([202, { name: 'count', valueInteger: 4 }]);
  await receiver.received(12);

  receiver.answer(() => ({ status: 422, body: 'cannot digest' }));
  for (const id of ['e', 'f']) await herald.put({ resourceType: 'Patient', id });
  await states({ dead: 2, delivered: 4 });
  expect((await next(/dead-letters\?subscription/)).body.deadLetters[0].response).toMatchObject({
    status: 422,
    excerpt: 'cannot digest',
  });
  expect((await next(/"dryRun": true.*redrive$/)).body).toMatchObject({ dryRun: true, count: 2 });
  expect((await next(/"count": 2.*redrive$/)).body).toEqual({ count: 2 });
  await states({ dead: 2, delivered: 4 });
  expect((await next(/discard$/)).body).toEqual({ count: 2 });

  receiver.answer(() => ({ status: 200 }));
  expect((await next(/"retry".*unblock$/)).body).toEqual({ action: 'retry', unblocked: [] });
  expect((await next(/"skip".*unblock$/)).body).toEqual({ action: 'skip', unblocked: [] });
  expect((await next(/probe$/)).status).toBe(202);
  expect((await next(/test$/)).body).toMatchObject({ class: 'S', request: { method: 'PUT' } });
  expect((await next(/reindex'$/)).body).toMatchObject({ types: 1 });
  expect((await next(/reindex'$/)).body.types).toMatchObject([{ type: 'Patient' }]);
  const verbs = (await next(/operator-log/)).body.entries.map((entry: { verb: string }) => entry.verb);
  expect(verbs.slice(0, 5)).toEqual(['test', 'probe', 'unblock', 'unblock', 'discard']);
  expect(lines).toEqual([]);
});
