// The breaker over real Postgres: shared by workers, surviving them, one probe at a time, and asleep together in between.
import fc from 'fast-check';
import { auditLedger, DeliveryDoorbell, subscriptionRuntime } from '../../../src/deliveries';
import {
  CLOSED,
  afterBatch,
  limitOf,
  NOTHING,
  withFailure,
  withSuccess,
  type Breaker,
} from '../../../src/deliveries/breaker';
import { writeBreakers } from '../../../src/deliveries/ledger/breakers';
import { claimSlices, type ClaimedSlice } from '../../../src/deliveries/ledger/claim';
import { lookAgain } from '../../../src/deliveries/ledger/finish';
import { noteHealth } from '../../../src/deliveries/ledger/health';
import { eventually } from '../../support/deadline';
import { SubscriberStub } from '../../support/subscriber-stub';
import { defaults, emptyLedger, event } from './delivering';
import { db, herald, many, stub } from './delivering-world';
import { GatedDatabase } from './gated-database';

const rows = async <R extends object>(text: string): Promise<R[]> =>
  (await db.database.query<R>({ text, values: [] })).rows;
const breaker = async (): Promise<Breaker> => {
  const [row] = await rows<{ breaker: Breaker | null }>(
    'select breaker from subscription_runtime where subscription_key = 1',
  );
  return row!.breaker ?? CLOSED;
};
// Slow enough that what happens between two probes can be seen.
const patient = { ...defaults, retryBaseMs: 400, retryFactor: 1, retryMaxMs: 400 };

it('I22: an open breaker sends one probe at a time, holds no new keys, spends no attempts, and closes with everything delivered', async () => {
  stub.answer(() => ({ status: 503 }));
  await herald.subscribe(1, stub.url, { retryBaseMs: 400 });
  herald.run(herald.worker({ defaults: patient }));
  herald.run(herald.worker({ defaults: patient, doorbell: new DeliveryDoorbell() }));
  await herald.schedule([1], many(60));
  await eventually(async () => (await breaker()).open !== undefined, { what: 'the breaker to open' });
  // Each worker learns of it by its own reading; what the other one still had in its hands may fail and be held until then.
  await eventually(async () => (await rows('select 1 from slice where lease_until is not null')).length === 0, {
    what: 'every slice to be asleep',
  });
  const before = stub.requests.length;
  const held = (await rows('select 1 from held_key')).length;
  await eventually(async () => ((await breaker()).open?.probes ?? 0) >= 3, { what: 'three probes' });
  const probes = await rows<{ started_at: Date; ended_at: Date; event_no: number }>(
    `select started_at, ended_at, event_no from attempt where trigger = 'probe' order by started_at`,
  );
  expect(probes.length).toBeGreaterThanOrEqual(3);
  for (const [index, probe] of probes.entries()) {
    if (index > 0)
      expect(probe.started_at.getTime()).toBeGreaterThanOrEqual(probes[index - 1]!.ended_at.getTime() + 300);
  }
  // Another head each time: one that always fails does not stand for the endpoint.
  expect(new Set(probes.map((probe) => probe.event_no)).size).toBeGreaterThanOrEqual(3);
  expect(stub.requests.length - before).toBeLessThanOrEqual(probes.length + 1);
  expect((await rows('select 1 from held_key')).length).toBe(held);
  const [spent] = await rows<{ n: number }>('select sum(attempts)::int as n from delivery');
  const [made] = await rows<{ n: number }>('select count(*)::int as n from attempt');
  expect(spent!.n).toBe(made!.n);
  expect(await auditLedger(db.database, herald.clock.now())).toEqual([]);
  stub.answer(() => ({ status: 200 }));
  await eventually(async () => (await herald.states())['delivered'] === 60, {
    deadlineMs: 20_000,
    what: 'all delivered',
  });
  await eventually(async () => (await breaker()).open === undefined && limitOf(await breaker(), 8) === 8);
  expect(await auditLedger(db.database, herald.clock.now())).toEqual([]);
}, 40_000);

it('survives its worker: another one goes on with the same breaker', async () => {
  stub.answer(() => ({ status: 500 }));
  await herald.subscribe(1, stub.url, { retryBaseMs: 400 });
  const stop = herald.run(herald.worker({ defaults: patient }));
  await herald.schedule([1], many(20));
  await eventually(async () => (await breaker()).open !== undefined);
  await stop();
  const { since } = (await breaker()).open!;
  const sent = stub.requests.length;
  herald.run(herald.worker({ defaults: patient }));
  await eventually(async () => ((await breaker()).open?.probes ?? 0) >= 2);
  expect((await breaker()).open!.since).toBe(since);
  expect(stub.requests.length - sent).toBeLessThanOrEqual(3);
}, 30_000);

it('one key alone is simply retried: no breaker for an endpoint that answers', async () => {
  stub.answer((_, number) => (number < 12 ? { status: 500 } : { status: 200 }));
  await herald.subscribe(1, stub.url);
  herald.run(herald.worker());
  await herald.schedule([1], [event('a', 1), event('a', 2)]);
  await eventually(async () => (await herald.states())['delivered'] === 2);
  expect((await rows(`select 1 from attempt where trigger = 'probe'`)).length).toBe(0);
});

it('an endpoint that fails one request in ten does not stall the rest', async () => {
  stub.answer((_, number) => (number % 10 === 3 ? { status: 500 } : { status: 200 }));
  await herald.subscribe(1, stub.url);
  herald.run(herald.worker());
  await herald.schedule([1], many(100));
  await eventually(async () => (await herald.states())['delivered'] === 100);
  expect((await rows(`select 1 from attempt where trigger = 'probe'`)).length).toBe(0);
});

it('no connection three times in a row opens it, and a change of the Subscription closes it and tries at once', async () => {
  const gone = await SubscriberStub.start();
  await gone.stop();
  await herald.subscribe(1, gone.url, { retryBaseMs: 30_000 });
  herald.run(herald.worker({ defaults: { ...defaults, retryMaxMs: 60_000 } }));
  await herald.schedule([1], many(3));
  await eventually(async () => (await breaker()).open !== undefined);
  const runtime = (await subscriptionRuntime(db.database, [1], herald.clock.now())).get(1)!;
  expect(runtime.breaker).toMatchObject({ state: 'open', limit: 1 });
  await herald.subscribe(1, stub.url, { endpoint: stub.url });
  herald.doorbell.ring([1]);
  await eventually(async () => (await herald.states())['delivered'] === 3);
  expect(await breaker()).toEqual(CLOSED);
});

it('a slice that goes idle while the breaker closes is not slept over', async () => {
  await herald.subscribe(1, 'http://127.0.0.1:1', { slices: 1 });
  await herald.schedule([1], [event('a')]);
  const now = herald.clock.now();
  const [slice] = (await claimSlices(db.database, { ...defaults, now, slicesMax: 10, includeNarrow: true })).slices;
  const open: Breaker = { ...CLOSED, open: { since: 0, notBefore: now.getTime() + 600_000, probes: 1, probed: 1 } };
  const write = (before: Breaker, after: Breaker) =>
    db.database.transaction(async (tx) => {
      await noteHealth(tx, [{ subscriptionKey: 1, hasSuccess: false, failures: 0 }]);
      await writeBreakers(tx, now, [{ subscriptionKey: 1, cap: 8, before, after }]);
    });
  await write(CLOSED, open);
  const gated = new GatedDatabase(db.database);
  const gate = gated.stopAfter('idle');
  const drained = { ...slice!, lookAt: 200, isGivenBack: true, mayGoIdle: true };
  const going = gated.transaction(async (tx) => lookAgain(tx, [drained], { ...defaults, now }));
  await gate.reached;
  const closing = write(open, CLOSED);
  gate.open();
  await Promise.all([going, closing]);
  const [after] = await rows<{ due_at: Date }>('select due_at from slice');
  expect(after!.due_at.getTime()).toBeLessThanOrEqual(now.getTime());
});

/** Random interleavings of two workers over one subscription: claims, batches, time; the limit holds after every step. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ do: 'claim' as const }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('giveBack' as const), pick: fc.nat(5) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      keys: fc.array(fc.nat(4), { minLength: 1, maxLength: 4 }),
      isProbe: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('succeed' as const), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(100, 500, 2_000) }) },
);

it('I8, I20: whatever the order, the database agrees with the pure breaker, and never more slices are leased than it allows', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      await emptyLedger(db.database);
      await herald.subscribe(1, 'http://127.0.0.1:1', { slices: 4 });
      await herald.schedule([1], many(12));
      let now = herald.clock.now().getTime();
      let model: Breaker = CLOSED;
      let leased: (ClaimedSlice & { limit: number })[] = [];
      const policy = { baseMs: 400, factor: 1, maxMs: 400, jitter: 0 };
      for (const one of steps) {
        if (one.do === 'wait') now += one.ms;
        else if (one.do === 'claim') {
          const options = { ...defaults, now: new Date(now), slicesMax: 10, includeNarrow: true };
          const [a, b] = await Promise.all([claimSlices(db.database, options), claimSlices(db.database, options)]);
          const got = [...a.slices, ...b.slices];
          const limit = limitOf(model, 8);
          const live = leased.filter((slice) => slice.leaseUntil.getTime() > now);
          if (got.length > 0 && limit < 4) expect(live.length + got.length).toBeLessThanOrEqual(limit);
          if (model.open && model.open.notBefore > now) expect(got).toEqual([]);
          leased = [...live, ...got.map((slice) => ({ ...slice, limit }))];
        } else if (one.do === 'giveBack') {
          const [slice] = leased.splice(one.pick % Math.max(1, leased.length), 1);
          if (!slice) continue;
          const drained = { ...slice, lookAt: 200, isGivenBack: true, mayGoIdle: true };
          await db.database.transaction(async (tx) => lookAgain(tx, [drained], { ...defaults, now: new Date(now) }));
        } else {
          const failure = (keyHash: number) => ({
            ...{ class: 'E', keyHash, isUnreachable: false, eventNo: keyHash, startedAt: now },
            isProbe: one.do === 'fail' && one.isProbe,
          });
          const tally =
            one.do === 'fail'
              ? one.keys.reduce((t, key) => withFailure(t, failure(key)), NOTHING)
              : Array.from({ length: one.count }).reduce<typeof NOTHING>((t) => withSuccess(t), NOTHING);
          const after = afterBatch(model, tally, { cap: 8, now, policy, random: 0.5 });
          const [stored] = await db.database.transaction(async (tx) => {
            const noted = await noteHealth(tx, [{ subscriptionKey: 1, hasSuccess: one.do === 'succeed', failures: 0 }]);
            await writeBreakers(tx, new Date(now), [{ subscriptionKey: 1, cap: 8, before: model, after }]);
            return noted;
          });
          expect(stored!.breaker ?? CLOSED).toEqual(JSON.parse(JSON.stringify(model)));
          model = after;
        }
        const sleeping = await auditLedger(db.database, new Date(now));
        expect(sleeping).toEqual([]);
      }
    }),
    { numRuns: 25 },
  );
}, 120_000);
