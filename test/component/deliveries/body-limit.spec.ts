// Bodies beyond a Subscription's limit: given up in their turn without a request, and nobody's health is the worse for it.
import { attemptsOf, listDeadLetters, subscriptionRuntime, type DeliveryWorkerDeps } from '../../../src/deliveries';
import { eventually } from '../../support/deadline';
import { bodyOf, event } from './delivering';
import { order, VerbsWorld } from './verbs-world';

const world = VerbsWorld.forFile();
const large = 500;
const bodyLimit = { bytes: 200, beyond: 'park' as const };

/** Even versions are large. */
const readVersions: DeliveryWorkerDeps['readVersions'] = (keys) => {
  const padded = (key: (typeof keys)[number]): string => (key.version % 2 ? bodyOf(key) : bodyOf(key).padEnd(large));
  return Promise.resolve(
    new Map(keys.map((key) => [`${key.type}/${key.id}/${key.version}`, { body: padded(key) }])) as never,
  );
};
const start = () => world.herald.run(world.herald.worker({ readVersions }));
const runtime = async () => (await subscriptionRuntime(world.db.database, [1], world.herald.clock.now())).get(1)!;
const letters = () => listDeadLetters(world.db.database, { tenant: 'default' }, { limit: 9 });

it('S2.7: park makes no request, goes on with the key in order, and says size and limit', async () => {
  const hasty = { errorAfterMs: 0, errorAfterAttempts: 1 };
  await world.herald.subscribe(1, world.receiver.url, { bodyLimit, ...hasty, poisonPolicy: 'block' });
  start();
  await world.herald.schedule([1], [event('a', 1), event('a', 2), event('a', 3), event('b', 2), event('c', 2)]);
  await world.settled({ dead: 3, delivered: 2 });
  expect(world.numbers()).toEqual([1, 3]);
  expect(await letters()).toMatchObject(
    [2, 4, 5].map((eventNumber) => ({ eventNumber, reason: 'too-large', attempts: 0 })),
  );
  const [attempt] = await attemptsOf(world.db.database, [{ subscriptionKey: 1, eventNumber: 2 }]);
  expect(attempt).toMatchObject({
    sent: false,
    class: 'M',
    reason: `not sent: the body has ${large} bytes, the Subscription's limit is 200`,
  });
  // Three keys in a row without a success would be a sick endpoint, had it been asked.
  expect(world.herald.told).toEqual([]);
  expect(await runtime()).toMatchObject({ failures: 0, breaker: { state: 'closed' }, heldKeys: 0 });
  expect(await world.audit()).toEqual([]);
});

it('S2.7: a parked one is redriven once the limit was raised, and parked again as long as it was not', async () => {
  await world.herald.subscribe(1, world.receiver.url, { bodyLimit });
  start();
  await world.herald.schedule([1], [event('a', 2), event('a', 3)]);
  await world.settled({ dead: 1, delivered: 1 });
  await world.verbs.redriveDeadLetters(order(), { tenant: 'default', reason: 'too-large' }, 1);
  await world.settled({ dead: 1, delivered: 1 });
  expect(await attemptsOf(world.db.database, [{ subscriptionKey: 1, eventNumber: 1 }])).toHaveLength(2);
  await world.herald.subscribe(1, world.receiver.url, { bodyLimit: { ...bodyLimit, bytes: large } });
  await world.verbs.redriveDeadLetters(order(), { tenant: 'default', reason: 'too-large' }, 1);
  await world.settled({ delivered: 2 });
  expect(world.numbers()).toEqual([2, 1]);
  expect(world.receiver.requests.at(-1)!.body).toHaveLength(large);
  expect(await world.audit()).toEqual([]);
});

it('S2.7: what is parked is no probe: an open breaker is closed by a message that can be sent', async () => {
  world.receiver.answer(() => ({ status: 503 }));
  await world.herald.subscribe(1, world.receiver.url, { bodyLimit, slices: 1 });
  start();
  await world.herald.schedule(
    [1],
    ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => event(id)),
  );
  const state = async () => (await runtime()).breaker.state;
  await eventually(async () => (await state()) === 'open', { what: 'an open breaker' });
  await world.herald.schedule([1], [event('g', 2), event('h', 2), event('i')]);
  world.receiver.answer(() => ({ status: 200 }));
  await world.settled({ dead: 2, delivered: 7 });
  expect(await world.audit()).toEqual([]);
});

it('S2.7: by reference a webhook is posted without the body, with the version to fetch', async () => {
  const limit = { bytes: 200, beyond: 'by-reference' as const };
  await world.herald.subscribe(1, `${world.receiver.url}/hook`, { bodyLimit: limit, mode: 'webhook' });
  start();
  await world.herald.schedule([1], [event('a', 1), event('a', 2)]);
  await world.settled({ delivered: 2 });
  const told = world.receiver.requests.map(({ method, path, headers, body }) => [
    `${method} ${path}`,
    body.length > 0,
    headers['content-type'],
    headers['herald-focus'],
  ]);
  expect(told).toEqual([
    ['POST /hook', true, 'application/fhir+json', undefined],
    ['POST /hook', false, undefined, 'Patient/a/_history/2'],
  ]);
});
