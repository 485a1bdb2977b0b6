// The deliverer against real Postgres and a real receiver: what arrives, in which order, and what the ledger says afterwards.
import { auditLedger, subscriptionRuntime, listDeliveries, attemptsOf } from '../../../src/deliveries';
import { eventually } from '../../support/deadline';
import { bodyOf, defaults, event } from './delivering';
import { db, herald, settled, stub } from './delivering-world';

const arrived = () => stub.requests.map((request) => `${request.method} ${request.path}`);
const audit = () => auditLedger(db.database, herald.clock.now());

it('delivers what was scheduled, with the body of its own version, and notes every attempt', async () => {
  await herald.subscribe(1, `${stub.url}/fhir/`);
  herald.run(herald.worker());
  await herald.schedule([1], [event('a'), event('b'), event('a', 2)]);
  await settled('delivered', 3);
  expect(arrived().sort()).toEqual(['PUT /fhir/Patient/a', 'PUT /fhir/Patient/a', 'PUT /fhir/Patient/b']);
  expect(stub.requests.map((request) => request.body.toString()).sort()).toEqual(
    [
      bodyOf({ type: 'Patient', id: 'a', version: 1 }),
      bodyOf({ type: 'Patient', id: 'a', version: 2 }),
      bodyOf({ type: 'Patient', id: 'b', version: 1 }),
    ].sort(),
  );
  expect(stub.requests.map((request) => request.headers['herald-event-number']).sort()).toEqual(['1', '2', '3']);
  const { deliveries } = await listDeliveries(db.database, { subscriptionKeys: [1] });
  expect(await attemptsOf(db.database, deliveries)).toHaveLength(3);
  await eventually(async () => (await subscriptionRuntime(db.database, [1], herald.clock.now())).get(1)!.lastSuccessAt);
  expect((await subscriptionRuntime(db.database, [1], herald.clock.now())).get(1)).toMatchObject({
    delivered: 3,
    pending: 0,
    dead: 0,
  });
  expect(await audit()).toEqual([]);
});

it('S1.21: a failing key waits in order, others do not wait for it', async () => {
  let failures = 0;
  stub.answer((request) => (request.path.endsWith('/a') && failures++ < 6 ? { status: 500 } : { status: 200 }));
  await herald.subscribe(1, stub.url);
  herald.run(herald.worker());
  const versions = Array.from({ length: 20 }, (_, index) => event('a', index + 1));
  const others = Array.from({ length: 20 }, (_, index) => event(`o${index}`));
  await herald.schedule([1], [...versions, ...others]);
  await settled('delivered', 40);
  const kept = stub.processed
    .filter((request) => request.path.endsWith('/a'))
    .map((request) => Number(request.headers['herald-version']));
  expect(kept).toEqual(versions.map((one) => one.version));
  expect(
    stub.requests.filter((request) => request.path.endsWith('/a') && request.headers['herald-version'] === '1'),
  ).toHaveLength(7);
  expect(await audit()).toEqual([]);
});

it('S1.12: what waited while no worker ran is delivered when one starts, without any doorbell', async () => {
  await herald.subscribe(1, stub.url);
  await herald.subscribe(2, `${stub.url}/two`);
  for (let index = 0; index < 10; index += 1)
    await herald.schedule(
      [1, 2],
      Array.from({ length: 10 }, (_, i) => event(`p${i}`, index + 1)),
    );
  herald.run(herald.worker({ doorbell: new (herald.doorbell.constructor as new () => typeof herald.doorbell)() }));
  await settled('delivered', 200);
  expect(stub.requests).toHaveLength(200);
  expect(await audit()).toEqual([]);
});

it('S1.15, S1.16: unbroken failure becomes status error with its text, the first success active again', async () => {
  stub.answer(() => ({ status: 500, body: 'secret body' }));
  await herald.subscribe(1, stub.url, {
    errorAfterMs: 50,
    errorAfterAttempts: 3,
    headers: [['Authorization', 'Bearer very-secret']],
  });
  herald.run(herald.worker());
  await herald.schedule([1], [event('a'), event('b'), event('c')]);
  await eventually(() => herald.told.length > 0);
  const { text } = herald.told[0]!;
  expect(herald.told[0]).toMatchObject({ status: 'error', subscriptionKey: 1 });
  expect(text).toMatch(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ PUT http:\/\/127\.0\.0\.1:\d+\/Patient\/[abc] -> 500 \(attempt \d+, event [123], 3 waiting\)$/,
  );
  expect(text).not.toContain('secret');
  stub.answer(() => ({ status: 200 }));
  await settled('delivered', 3);
  await eventually(() => herald.told.at(-1)?.status === 'active');
  expect(herald.told.map(({ status }) => status)).toEqual(['error', 'active']);
});

it('a confirmed 410 switches the Subscription off, and what waits stays', async () => {
  stub.answer(() => ({ status: 410 }));
  await herald.subscribe(1, stub.url);
  herald.run(herald.worker());
  await herald.schedule([1], [event('a')]);
  await eventually(() => herald.told.length > 0);
  expect(herald.told.map(({ status }) => status)).toEqual(['off']);
  expect(stub.requests).toHaveLength(2);
  expect(await herald.states()).toEqual({ held: 1 });
});

it('a refused address makes no request, and the Subscription is in error at once', async () => {
  await herald.subscribe(1, 'https://169.254.169.254/fhir');
  herald.run(herald.worker());
  await herald.schedule([1], [event('a')]);
  await eventually(() => herald.told.length > 0);
  expect(herald.told[0]).toMatchObject({ status: 'error' });
  const [first] = await attemptsOf(db.database, [{ subscriptionKey: 1, eventNumber: 1 }]);
  expect(first).toMatchObject({ class: 'P', sent: false });
});

it('S2.5: a message that keeps being refused dies after poison-after, and its key goes on', async () => {
  stub.answer((request) =>
    request.headers['herald-version'] === '1' && request.path.endsWith('/bad')
      ? { status: 422, body: 'no' }
      : { status: 200 },
  );
  await herald.subscribe(1, stub.url, { poisonAfterAttempts: 3, poisonAfterMs: 0 });
  herald.run(herald.worker());
  await herald.schedule([1], [event('bad', 1), event('bad', 2), event('good', 1)]);
  await settled('delivered', 2);
  await settled('dead', 1);
  expect(
    stub.requests
      .filter((request) => request.path.endsWith('/bad'))
      .map((request) => request.headers['herald-version']),
  ).toEqual(['1', '1', '1', '2']);
  expect((await listDeliveries(db.database, { states: ['dead'] })).deliveries).toMatchObject([
    { reason: 'poison', attempts: 3 },
  ]);
  expect(await audit()).toEqual([]);
});

it('an answered 500 is the message once three others succeeded, and the endpoint while none does', async () => {
  stub.answer((request) => (request.path.endsWith('/bad') ? { status: 500 } : { status: 200 }));
  await herald.subscribe(1, stub.url, { poisonAfterAttempts: 3, poisonAfterMs: 0 });
  herald.run(herald.worker());
  await herald.schedule([1], [event('bad', 1)]);
  await eventually(() => stub.requests.length >= 6);
  expect(await herald.states()).toEqual({ held: 1 });
  await herald.schedule([1], [event('g1'), event('g2'), event('g3')]);
  await settled('dead', 1);
  await settled('delivered', 3);
});

it('expires what is older than its retry time, without another request', async () => {
  stub.answer(() => ({ status: 503 }));
  await herald.subscribe(1, stub.url, { retryForMs: 150 });
  herald.run(herald.worker());
  await herald.schedule([1], [event('a', 1), event('a', 2)]);
  await settled('dead', 2);
  expect((await listDeliveries(db.database, {})).deliveries.map(({ reason }) => reason)).toEqual([
    'expired',
    'expired',
  ]);
  expect(stub.requests.filter((request) => request.headers['herald-version'] === '2')).toEqual([]);
  expect(await audit()).toEqual([]);
});

it('I20: never has more requests of a subscription in flight than its cap', async () => {
  stub.answer(() => ({ status: 200, delayMs: 20 }));
  await herald.subscribe(1, stub.url, { cap: 5 });
  herald.run(herald.worker());
  herald.run(herald.worker());
  await herald.schedule(
    [1],
    Array.from({ length: 100 }, (_, index) => event(`p${index}`)),
  );
  await settled('delivered', 100);
  expect(stub.inFlightMax).toBeLessThanOrEqual(5);
});

it('I20: also after the cap was lowered below the number of slices', async () => {
  stub.answer(() => ({ status: 200, delayMs: 5 }));
  await herald.subscribe(1, stub.url, { cap: 8 });
  await herald.subscribe(1, stub.url, { cap: 2 });
  herald.run(herald.worker());
  herald.run(herald.worker());
  await herald.schedule(
    [1],
    Array.from({ length: 60 }, (_, index) => event(`p${index}`)),
  );
  await settled('delivered', 60);
  expect(stub.inFlightMax).toBeLessThanOrEqual(2);
});

it('S4.24: sends nothing after end', async () => {
  await herald.subscribe(1, stub.url, { endsAt: new Date(herald.clock.now().getTime() - 1) });
  herald.run(herald.worker());
  await herald.schedule([1], [event('a')]);
  await herald.subscribe(2, `${stub.url}/two`);
  await herald.schedule([2], [event('b')]);
  await settled('delivered', 1, 2);
  expect(await herald.states(1)).toEqual({ pending: 1 });
});

it('S1.18: off stops sending and keeps what waits; active again goes on from there', async () => {
  await herald.subscribe(1, stub.url, { status: 'off' });
  herald.run(herald.worker());
  await herald.schedule([1], [event('a'), event('b')]);
  await herald.subscribe(2, `${stub.url}/two`);
  await herald.schedule([2], [event('c')]);
  await settled('delivered', 1, 2);
  expect(await herald.states(1)).toEqual({ pending: 2 });
  await herald.subscribe(1, stub.url, { status: 'active' });
  await settled('delivered', 2, 1);
});

it('serves a hot key from its own index, in order, while the rest of its slice goes on', async () => {
  await herald.subscribe(1, stub.url, { slices: 1 });
  const hot = Array.from({ length: 80 }, (_, index) => event('hot', index + 1));
  const others = Array.from({ length: 20 }, (_, index) => event(`p${index}`));
  await herald.schedule([1], [...hot.slice(0, 60), ...others, ...hot.slice(60)]);
  // A window of 20: the hot key fills it three times before the first of the others comes in sight.
  herald.run(herald.worker({ defaults: { ...defaults, windowRows: 20, busyRows: 5 } }));
  await settled('delivered', 100);
  const order = stub.requests
    .filter((request) => request.path.endsWith('/hot'))
    .map((request) => Number(request.headers['herald-version']));
  expect(order).toEqual(hot.map((one) => one.version));
  const lastOther = stub.requests.findLastIndex((request) => !request.path.endsWith('/hot'));
  expect(lastOther).toBeLessThan(90);
  expect(await audit()).toEqual([]);
});
