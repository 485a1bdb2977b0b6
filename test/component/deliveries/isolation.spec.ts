// Isolation proven by its cause: what bad endpoints hold is counted at their own sockets while a good one is served. No times are asserted.
import { subscriptionRuntime } from '../../../src/deliveries';
import { claimSlices } from '../../../src/deliveries/ledger/claim';
import { eventually } from '../../support/deadline';
import { defaults } from './delivering';
import { db, herald, many, receiver, settled } from './delivering-world';

const hang = () => ({ hang: true as const });

it('a good endpoint gets everything while ten others hang with all they may hold', async () => {
  const hanging = await Promise.all(Array.from({ length: 10 }, () => receiver(hang)));
  const good = await receiver();
  for (const [index, stub] of hanging.entries())
    await herald.subscribe(index + 1, stub.url, { cap: 4, deadlineMs: 60_000 });
  await herald.subscribe(11, good.url);
  herald.run(herald.worker({ defaults: { ...defaults, inFlightMax: 64, leaseMs: 90_000 } }));
  await herald.schedule([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], many(30));
  await eventually(() => hanging.every((stub) => stub.inFlight === 4), { what: 'every bad endpoint to hold its cap' });
  await herald.schedule([11], many(100, 'g'));
  await settled('delivered', 100, 11);
  // The cause: nothing of the bad ones has ended, and none holds more than its cap.
  expect(hanging.map((stub) => stub.inFlight)).toEqual(Array.from({ length: 10 }, () => 4));
  expect(hanging.every((stub) => stub.inFlightMax === 4)).toBe(true);
}, 40_000);

it('subscriptions of one origin share its connections, and refusals spend no attempts', async () => {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const shared = await receiver(async () => (await gate, { status: 200 }));
  const good = await receiver();
  for (const key of [1, 2, 3, 4]) await herald.subscribe(key, `${shared.url}/${key}`, { cap: 8, deadlineMs: 60_000 });
  await herald.subscribe(5, good.url);
  herald.run(herald.worker({ connectionsPerOrigin: 10, defaults: { ...defaults, leaseMs: 90_000 } }));
  await herald.schedule([1, 2, 3, 4], many(40));
  await eventually(() => shared.inFlight === 10);
  await herald.schedule([5], many(50, 'g'));
  await settled('delivered', 50, 5);
  expect(shared.inFlightMax).toBe(10);
  release();
  for (const key of [1, 2, 3, 4]) await settled('delivered', 40, key);
  const { rows } = await db.database.query({ text: 'select 1 from delivery where attempts <> 1', values: [] });
  expect(rows).toEqual([]);
}, 40_000);

it('the adaptive limit halves for an endpoint that needs more than half of its deadline, and shows', async () => {
  const slow = await receiver(() => ({ status: 200, delayMs: 1_100 }));
  // So far below the deadline that a busy machine does not make it one.
  await herald.subscribe(1, slow.url, { cap: 8, deadlineMs: 2_000 });
  herald.run(herald.worker());
  await herald.schedule([1], many(40));
  await eventually(async () => {
    const one = (await subscriptionRuntime(db.database, [1], herald.clock.now())).get(1)!;
    return one.breaker.limit <= 4;
  });
  await settled('delivered', 40, 1);
}, 60_000);

it('slow subscriptions share half of the requests, the other half is for those that are not', async () => {
  // What counts as slow is set below what the slow ones take, and far above what the good one takes even when the machine stands still for a while.
  // Their first answer shows it, then they hang.
  const isHanging = { value: false };
  const slow = await Promise.all(
    Array.from({ length: 2 }, () =>
      receiver(() => (isHanging.value ? { hang: true } : { status: 200, delayMs: 5_100 })),
    ),
  );
  const good = await receiver(() => ({ status: 200 }));
  const inFlightMax = 16;
  for (const [index, stub] of slow.entries())
    await herald.subscribe(index + 1, stub.url, { cap: 16, deadlineMs: 60_000 });
  await herald.subscribe(3, good.url, { cap: 4 });
  const worker = herald.worker({ slowMs: 5_000, defaults: { ...defaults, inFlightMax, leaseMs: 90_000 } });
  herald.run(worker);
  await herald.schedule([1, 2], many(1));
  await settled('delivered', 1, 1);
  await settled('delivered', 1, 2);
  isHanging.value = true;
  await herald.schedule([1, 2], many(60, 'h'));
  const held = () => slow.reduce((sum, stub) => sum + stub.inFlight, 0);
  await eventually(() => held() === inFlightMax / 2, { what: 'the slow ones to hold their half' });
  // Whoever is not slow yet has the other half: this one begins without a history, and everything of it is done while the slow ones hold theirs.
  await herald.schedule([3], many(100, 'g'));
  await settled('delivered', 100, 3);
  expect(held()).toBe(inFlightMax / 2);
  expect(worker.inFlight()).toBe(inFlightMax / 2);
}, 60_000);

it('I22: what must wait for its rate is not sent, and spends no attempts; spacing itself is proven without a clock (slots.spec.ts)', async () => {
  const [rated, free] = [await receiver(), await receiver()];
  // One in a hundred seconds.
  await herald.subscribe(1, rated.url, { ratePerSecond: 0.01, slices: 1 });
  await herald.subscribe(2, free.url);
  herald.run(herald.worker());
  await herald.schedule([1, 2], many(25));
  await settled('delivered', 1, 1);
  await settled('delivered', 25, 2);
  await herald.schedule([2], many(25, 'q'));
  await settled('delivered', 50, 2);
  expect(rated.requests).toHaveLength(1);
  await herald.subscribe(1, rated.url, { ratePerSecond: undefined });
  herald.doorbell.ring([1]);
  await settled('delivered', 25, 1);
  const { rows } = await db.database.query({ text: 'select 1 from delivery where attempts <> 1', values: [] });
  expect(rows).toEqual([]);
}, 60_000);

it('claims take the slice that has been due longest first, and at most four of one subscription', async () => {
  for (const key of [1, 2, 3]) {
    await herald.subscribe(key, 'http://127.0.0.1:1', { cap: 64 });
    await herald.schedule([key], many(50));
  }
  await db.database.query({
    text: `update slice set due_at = due_at - make_interval(secs => 10 * (4 - subscription_key))`,
    values: [],
  });
  const options = { ...defaults, now: herald.clock.now(), slicesMax: 6, includeNarrow: false };
  const first = await claimSlices(db.database, options);
  expect(first.slices.map((slice) => slice.subscriptionKey).sort()).toEqual([1, 1, 1, 1, 2, 2]);
  expect(first.hasMore).toBe(true);
});

it('shows how long a backlog will take, in the outage too, by the rate seen before it', async () => {
  let isDown = false;
  const stub = await receiver(() => ({ status: isDown ? 503 : 200, delayMs: 40 }));
  await herald.subscribe(1, stub.url, { cap: 1 });
  herald.run(herald.worker());
  const read = async () => (await subscriptionRuntime(db.database, [1], herald.clock.now())).get(1)!;
  expect((await read()).drainSeconds).toBe(0);
  await herald.schedule([1], many(20));
  await settled('delivered', 20, 1);
  const before = await eventually(async () => {
    const one = await read();
    return one.rate === undefined ? undefined : one;
  });
  // One at a time, 40 ms each: never more than 25 a second.
  expect(before.rate).toBeGreaterThan(0);
  expect(before.rate).toBeLessThanOrEqual(25);
  expect(before.ratedAt).toBeDefined();
  isDown = true;
  await herald.schedule([1], many(50, 'd'));
  const during = await eventually(async () => {
    const one = await read();
    return one.pending === 50 && one.breaker.state === 'open' ? one : undefined;
  });
  expect(during.rate).toBe(before.rate);
  expect(during.drainSeconds).toBeGreaterThanOrEqual(Math.floor(50 / before.rate!));
}, 60_000);
