// Poison policies and class P: what a message that is never taken does to its key, to its neighbours and to its Subscription.
import { channelCatalogue } from '../../../src/channels';
import { auditLedger, countFailing, subscriptionRuntime } from '../../../src/deliveries';
import { EgressClient } from '../../../src/platform';
import { eventually } from '../../support/deadline';
import { defaults, event } from './delivering';
import { db, herald, stub } from './delivering-world';

const refuseBad = () =>
  stub.answer((request) => (request.path.endsWith('/bad') ? { status: 422, body: 'never' } : { status: 200 }));
const runtime = async () => (await subscriptionRuntime(db.database, [1], herald.clock.now())).get(1)!;
const sentOfBad = () => stub.requests.filter((request) => request.path.endsWith('/bad')).length;
const poison = { poisonAfterAttempts: 3, poisonAfterMs: 0 };

const policies = ['block', 'error'] as const;

it.each(policies)(
  'S2.4, I23: %s keeps the message and its key waits; the others go on, the Subscription says so, and nothing is asked again',
  async (poisonPolicy) => {
    refuseBad();
    await herald.subscribe(1, stub.url, { ...poison, poisonPolicy });
    herald.run(herald.worker());
    await herald.schedule([1], [event('bad', 1), event('bad', 2), event('good', 1), event('good', 2)]);
    await eventually(async () => (await runtime()).blockedKeys === 1, { what: 'a blocked key' });
    await eventually(async () => (await herald.states())['delivered'] === 2);
    await eventually(() => herald.told.length > 0);
    const sent = sentOfBad();
    await herald.schedule([1], [event('bad', 3), event('good', 3)]);
    await eventually(async () => (await herald.states())['delivered'] === 3);
    expect(sentOfBad()).toBe(sent);
    expect(sent).toBe(3);
    expect((await herald.states())['dead']).toBeUndefined();
    expect(herald.told).toMatchObject([{ status: 'error', text: expect.stringContaining('/bad -> 422') as string }]);
    expect(await auditLedger(db.database, herald.clock.now())).toEqual([]);
  },
);

it.each(policies)(
  '%s: no success of another key takes the error back; a change of the Subscription tries again',
  async (poisonPolicy) => {
    refuseBad();
    await herald.subscribe(1, stub.url, { ...poison, poisonPolicy });
    herald.run(herald.worker());
    await herald.schedule([1], [event('bad', 1), event('bad', 2)]);
    await eventually(() => herald.told.length > 0);
    await herald.schedule([1], [event('g1'), event('g2'), event('g3')]);
    await eventually(async () => (await herald.states())['delivered'] === 3);
    expect(herald.told.map(({ status }) => status)).toEqual(['error']);
    expect((await runtime()).blockedKeys).toBe(1);
    stub.answer(() => ({ status: 200 }));
    await herald.subscribe(1, stub.url, { status: 'error' });
    herald.doorbell.ring([1]);
    await eventually(async () => (await herald.states())['delivered'] === 5);
    await eventually(() => herald.told.at(-1)?.status === 'active');
    expect(await auditLedger(db.database, herald.clock.now())).toEqual([]);
  },
);

it('S2.5: the failure that makes a dead letter is the message’s: the endpoint is not called ill for it', async () => {
  refuseBad();
  await herald.subscribe(1, stub.url, { ...poison, poisonPolicy: 'skip', errorAfterMs: 0, errorAfterAttempts: 3 });
  const stop = herald.run(herald.worker());
  await herald.schedule([1], [event('bad', 1)]);
  await eventually(async () => (await herald.states())['dead'] === 1, { what: 'a dead letter' });
  await stop();
  expect(sentOfBad()).toBe(3);
  expect(herald.told).toEqual([]);
  expect(await countFailing(db.database)).toBe(0);
});

it('a block is told even when whoever blocked the key ended before it could tell', async () => {
  refuseBad();
  await herald.subscribe(1, stub.url, { ...poison, poisonPolicy: 'block' });
  // A deliverer whose Subscriptions cannot be written: as if it were gone at that moment.
  const gone = () => Promise.reject(new Error('gone'));
  const stopFirst = herald.run(herald.worker({ statuses: { setError: gone, setActive: gone, setOff: gone } }));
  await herald.schedule([1], [event('bad', 1)]);
  await eventually(async () => (await runtime()).blockedKeys === 1, { what: 'a blocked key' });
  await stopFirst();
  expect(herald.told).toEqual([]);
  herald.run(herald.housekeeping());
  await eventually(() => herald.told.length > 0, { what: 'the Subscription to be told' });
  expect(herald.told).toMatchObject([{ status: 'error', text: expect.stringContaining('-> 422') as string }]);
});

it('class P: refused once for all, not once for each; a change of the Subscription asks again', async () => {
  await herald.subscribe(1, 'https://169.254.169.254/fhir', { retryBaseMs: 30_000, cap: 4 });
  herald.run(herald.worker({ defaults: { ...defaults, retryMaxMs: 60_000 } }));
  await herald.schedule(
    [1],
    Array.from({ length: 300 }, (_, index) => event(`p${index}`)),
  );
  await eventually(async () => (await runtime()).breaker.state === 'open');
  await eventually(() => herald.told.some(({ status }) => status === 'error'));
  await eventually(async () => (await runtime()).leasedSlices === 0);
  const { rows } = await db.database.query<{ n: number; sent: boolean }>({
    text: 'select count(*)::int as n, bool_or(sent) as sent from attempt',
    values: [],
  });
  expect(rows[0]!.sent).toBe(false);
  expect(rows[0]!.n).toBeLessThan(300);
  await herald.subscribe(1, stub.url, { endpoint: stub.url, status: 'error' });
  herald.doorbell.ring([1]);
  await eventually(async () => (await herald.states())['delivered'] === 300, { deadlineMs: 20_000 });
  expect(await auditLedger(db.database, herald.clock.now())).toEqual([]);
}, 40_000);

it('class P: a name that leads to a refused address is asked again by each probe, and no more often; when DNS answers differ everything goes out', async () => {
  let address = '169.254.169.254';
  let asked = 0;
  const egress = new EgressClient({
    allowPrivate: ['127.0.0.0/8'],
    allowHttp: ['receiver.test'],
    connectTimeoutMs: 30_000,
    connectionsPerOrigin: 8,
    responseBytesMax: 1_000,
    resolver: (_host, done) => {
      asked += 1;
      done(null, [{ address, family: 4 }]);
    },
  });
  try {
    const channels = channelCatalogue({ egress, clock: herald.clock, excerptBytesMax: 100 });
    await herald.subscribe(1, `http://receiver.test:${stub.port}/fhir`, { retryBaseMs: 200, cap: 4 });
    const patient = { ...defaults, retryFactor: 1, retryMaxMs: 200 };
    const stopWorker = herald.run(herald.worker({ channels, defaults: patient }));
    await herald.schedule(
      [1],
      Array.from({ length: 40 }, (_, index) => event(`p${index}`)),
    );
    await eventually(() => herald.told.length > 0, { what: 'the Subscription to be told' });
    expect(herald.told).toMatchObject([{ status: 'error', text: expect.stringContaining('not allowed') as string }]);
    await eventually(async () => (await runtime()).leasedSlices === 0, { what: 'every slice to be asleep' });
    const made = async (): Promise<{ probes: number; others: number; sent: number }> => {
      const text = `select count(*) filter (where trigger = 'probe')::int as probes, count(*) filter (where trigger <> 'probe')::int as others,
                           count(*) filter (where sent)::int as sent from attempt`;
      return (await db.database.query<{ probes: number; others: number; sent: number }>({ text, values: [] })).rows[0]!;
    };
    const before = await made();
    await eventually(async () => (await made()).probes >= before.probes + 3, { what: 'three more probes' });
    // Nothing but probes since, and a question for each: the last one may not be noted yet.
    const after = await made();
    expect(after).toMatchObject({ others: before.others, sent: 0 });
    expect(asked).toBeLessThanOrEqual((await made()).probes + after.others + 1);
    address = '127.0.0.1';
    await eventually(async () => (await herald.states())['delivered'] === 40, { what: 'everything to be delivered' });
    await eventually(() => herald.told.at(-1)?.status === 'active');
    expect(await auditLedger(db.database, herald.clock.now())).toEqual([]);
    await stopWorker();
  } finally {
    await egress.close();
  }
}, 60_000);
