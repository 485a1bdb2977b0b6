// Activation and expiry as workers: woken by the doorbell, by the sweep, by the end itself.
import { holdDuty } from '../../../src/platform';
import { ExpiryWorker, incarnationOf } from '../../../src/subscriptions';
import { eventually } from '../../support/deadline';
import { FakeClock } from '../../support/fake-clock';
import { silentLog } from '../../support/silent-log';
import { createWorld, get, put, subscribe, subscription, type World } from './world';

const statusOf = async (world: World, id: string) => (await get(world, 'Subscription', id))['status'];

it('activates at the ring of the doorbell, long before the sweep', async () => {
  // The clock stands still, so only the ring can wake the worker.
  const world = await createWorld({ clock: new FakeClock() });
  const stop = new AbortController();
  const running = world.activation.run(stop.signal);
  await put(world, subscription('Patient', { id: 'first' }));
  await eventually(async () => (await statusOf(world, 'first')) === 'active');
  await put(world, subscription('Patient', { id: 'second' }));
  await eventually(async () => (await statusOf(world, 'second')) === 'active');
  stop.abort();
  await running;
  await world.stop();
});

it('what nobody rang for is swept by one process at a time, and by the next when that one is gone', async () => {
  const clock = new FakeClock();
  const world = await createWorld({ clock });
  await holdDuty(world.test.database, clock, 'subscription-activation', 'another process', 5_000);
  await put(world, subscription('Patient', { id: 'waits' }));
  const stop = new AbortController();
  const running = world.activation.run(stop.signal);
  await eventually(() => clock.sleeping === 1);
  expect(await statusOf(world, 'waits')).toBe('requested');
  for (let second = 1; second <= 5; second += 1) {
    await clock.advance(1_000);
    await eventually(() => clock.sleeping === 1);
  }
  expect(await statusOf(world, 'waits')).toBe('active');
  stop.abort();
  await running;
  await world.stop();
});

it('sets to error what can no longer be evaluated, instead of activating it', async () => {
  const world = await createWorld();
  await put(world, subscription('Patient?gender=male', { id: 'odd' }));
  await world.test.database.query({
    text: `update subscription_incarnation set criteria = 'Patient?gone=1'`,
    values: [],
  });
  await world.activation.activateRequested();
  expect(await get(world, 'Subscription', 'odd')).toMatchObject({
    status: 'error',
    error: expect.stringContaining('gone'),
  });
  await world.stop();
});

it('turns off at the end, to the moment, in one process only', async () => {
  const clock = new FakeClock('2026-05-01T00:00:00.000Z');
  const world = await createWorld({ clock });
  const { database } = world.test;
  const worker = (holder: string) =>
    new ExpiryWorker({ database, statusWriter: world.statusWriter, clock, log: silentLog, holder, intervalMs: 60_000 });
  await subscribe(world, subscription('Patient', { id: 'ends', end: '2026-05-01T00:00:02.500Z' }));
  await subscribe(world, subscription('Patient', { id: 'stays' }));
  const stop = new AbortController();
  const running = [worker('one').run(stop.signal)];
  await eventually(() => clock.sleeping === 1);
  running.push(worker('two').run(stop.signal));
  await eventually(() => clock.sleeping === 2);
  await clock.advance(2_499);
  expect(await statusOf(world, 'ends')).toBe('active');
  await clock.advance(1);
  await eventually(async () => (await statusOf(world, 'ends')) === 'off');
  expect(await get(world, 'Subscription', 'ends')).not.toHaveProperty('error');
  expect(await incarnationOf(database, 'default', 'ends')).toMatchObject({ status: 'off', isMatching: false });
  expect(await statusOf(world, 'stays')).toBe('active');
  stop.abort();
  await Promise.all(running);
  await world.stop();
});
