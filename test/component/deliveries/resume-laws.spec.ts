// Resuming, whatever the ledger looks like: exactly what was chosen leaves, once, each lane in event-number order; and verbs that meet the
// deliverer's own transactions at the worst moment.
import fc from 'fast-check';
import { scheduleDeliveries, type ResumeFrom } from '../../../src/deliveries';
import { claimSlices } from '../../../src/deliveries/ledger/claim';
import { finishResults, lookAgain, type DrainedSlice } from '../../../src/deliveries/ledger/finish';
import { eventually } from '../../support/deadline';
import { defaults, emptyLedger, event } from './delivering';
import { GatedDatabase } from './gated-database';
import { order, VerbsWorld } from './verbs-world';

const world = VerbsWorld.forFile();
const now = () => world.herald.clock.now();

interface Row {
  id: string;
  state: 'pending' | 'delivered' | 'dead' | 'cancelled';
}
const row: fc.Arbitrary<Row> = fc.record({
  id: fc.constantFrom('a', 'a', 'b', 'c'),
  state: fc.constantFrom('pending', 'delivered', 'delivered', 'dead', 'cancelled'),
});

/** In a lane nothing ends after something that waits. */
function inOrder(rows: readonly Row[]): Row[] {
  const waiting = new Set<string>();
  return rows.map(({ id, state }) => {
    if (state === 'pending') waiting.add(id);
    return { id, state: waiting.has(id) ? 'pending' : state };
  });
}

/** What should arrive: waiting ones from the chosen number on, and, resuming from a number, those delivered or passed over before. */
function expected(rows: readonly Row[], from: ResumeFrom): number[] {
  const first = from === 'first-undelivered' ? 1 : from === 'now' ? rows.length + 1 : from;
  return rows
    .map(({ state }, index) => ({ state, number: index + 1 }))
    .filter(({ number }) => number >= first)
    .filter(({ state }) => state === 'pending' || (typeof from === 'number' && state !== 'dead'))
    .map(({ number }) => number);
}

async function prepare(rows: readonly Row[], isOff: boolean): Promise<void> {
  await world.herald.subscribe(1, world.receiver.url, { slices: 2, status: isOff ? 'off' : 'active' });
  if (!isOff) await world.verbs.pause(order(), 1);
  const versions = new Map<string, number>();
  const events = rows.map(({ id }) => {
    const version = (versions.get(id) ?? 0) + 1;
    versions.set(id, version);
    return event(id, version);
  });
  await world.herald.schedule([1], events);
  for (const [index, { state }] of rows.entries()) {
    const reason = { dead: 'poison', cancelled: 'resumed-past', delivered: null, pending: null }[state];
    await world.rows(
      `update delivery set state = $2, reason = $3, ended_at = case when $2 <> 'pending' then $4::timestamptz end where event_no = $1`,
      index + 1,
      state,
      reason,
      now(),
    );
  }
}

it('I29: resume from N delivers exactly what is waiting or chosen from there on, once, in lane order', async () => {
  const scene = fc.record({
    rows: fc.array(row, { minLength: 1, maxLength: 14 }),
    from: fc.oneof(
      fc.constant('first-undelivered' as const),
      fc.constant('now' as const),
      fc.integer({ min: 1, max: 15 }),
    ),
    isOff: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(scene, async ({ rows, from, isOff }) => {
      await emptyLedger(world.db.database);
      world.receiver.requests.length = 0;
      const laned = inOrder(rows);
      const chosen = typeof from === 'number' ? Math.min(from, laned.length + 1) : from;
      await prepare(laned, isOff);
      const stop = world.herald.run(world.herald.worker());
      await world.verbs.resume(order(), 1, chosen);
      if (isOff) await world.herald.subscribe(1, world.receiver.url, { status: 'active' });
      world.herald.doorbell.ring([1]);
      const left = `select 1 from delivery where state in ('pending', 'held', 'behind') union all select 1 from resend where done_at is null`;
      await eventually(async () => (await world.rows(left)).length === 0, { everyMs: 5, what: 'nothing left to send' });
      await stop();
      const arrived = world.numbers();
      expect([...arrived].sort((a, b) => a - b)).toEqual(expected(laned, chosen));
      for (const id of ['a', 'b', 'c']) {
        const lane = arrived.filter((number) => laned[number - 1]!.id === id);
        expect(lane).toEqual([...lane].sort((a, b) => a - b));
      }
      expect(await world.audit()).toEqual([]);
    }),
    { numRuns: 25, endOnFailure: true },
  );
}, 120_000);

describe('two transactions at the worst moment', () => {
  const claim = (database = world.db.database) =>
    claimSlices(database, { ...defaults, now: now(), slicesMax: 100, includeNarrow: true });
  const isBlocked = () =>
    eventually(async () => (await world.rows('select 1 from pg_locks where not granted')).length > 0, {
      what: 'a blocked transaction',
      everyMs: 5,
    });
  const idle = (gated: GatedDatabase, slice: DrainedSlice) =>
    gated.transaction(async (tx) => lookAgain(tx, [slice], { ...defaults, now: now() }));

  /** Three events of one lane: the first a dead letter, the second delivered, the third finished by whoever holds the slice. */
  async function heldSlice(): Promise<DrainedSlice> {
    await world.herald.subscribe(1, world.receiver.url, { slices: 1 });
    await world.herald.schedule([1], [event('a', 1), event('a', 2), event('b')]);
    await world.kill(1);
    await world.rows(`update delivery set state = 'delivered', ended_at = $1 where event_no = 2`, now());
    const [slice] = (await claim()).slices;
    return { ...slice!, lookAt: 200, isGivenBack: false, mayGoIdle: true };
  }
  const finish = async (slice: DrainedSlice, eventNo: number) => {
    const [{ key_hash: keyHash }] = (await world.rows<{ key_hash: number }>(
      'select key_hash from delivery where event_no = $1',
      eventNo,
    )) as [{ key_hash: number }];
    return world.db.database.transaction((tx) =>
      finishResults(
        tx,
        [{ ...slice, eventNo, keyHash, verdict: 'done', isSent: true, isCharged: true, isHeld: false }],
        now(),
      ),
    );
  };
  const verbs = {
    resend: () => world.verbs.resendOne(order(), 1, 2),
    redrive: () => world.verbs.redriveDeadLetters(order(), { tenant: 'default' }, 1),
  };

  it.each([
    ['resend', 'lock-slices'],
    ['resend', 'load-pending'],
    ['resend', 'idle'],
    ['redrive', 'lock-slices'],
    ['redrive', 'load-held'],
    ['redrive', 'idle'],
  ] as const)('a %s that comes while a slice goes idle (at %s) is not slept over', async (verb, door) => {
    const slice = await heldSlice();
    await finish(slice, 3);
    const gated = new GatedDatabase(world.db.database);
    const gate = gated.stopAfter(door);
    const going = idle(gated, slice);
    await gate.reached;
    const acting = verbs[verb]();
    await isBlocked();
    gate.open();
    await Promise.all([going, acting]);
    expect(await world.audit()).toEqual([]);
    const [claimed] = (await claim()).slices;
    expect(claimed!.window.rows.map((one) => one.eventNo)).toEqual([verb === 'resend' ? 2 : 1]);
  });

  it.each(['resend', 'redrive'] as const)('a %s before a slice goes idle is found by it', async (verb) => {
    const slice = await heldSlice();
    await finish(slice, 3);
    await verbs[verb]();
    const [looked] = await idle(new GatedDatabase(world.db.database), slice);
    const found = looked!.outcome === 'window' ? looked!.window!.rows : (await claim()).slices[0]!.window.rows;
    expect(found.map((one) => one.eventNo)).toEqual([verb === 'resend' ? 2 : 1]);
    expect(await world.audit()).toEqual([]);
  });

  it('a finish that waits for a redrive of its own lane is stale, and changes nothing', async () => {
    await world.herald.subscribe(1, world.receiver.url, { slices: 1 });
    await world.herald.schedule([1], [event('a', 1), event('a', 2)]);
    await world.kill(1);
    const [claimed] = (await claim()).slices;
    const slice: DrainedSlice = { ...claimed!, lookAt: 200, isGivenBack: false, mayGoIdle: true };
    expect(claimed!.window.rows.map((one) => one.eventNo)).toEqual([2]);
    await verbs.redrive();
    expect(await finish(slice, 2)).toMatchObject([{ accepted: false, changed: false }]);
    expect(await world.herald.states()).toEqual({ behind: 1, pending: 1 });
    // Nobody may claim it before what the old owner has sent can be over.
    expect((await claim()).slices).toEqual([]);
    expect(await world.audit()).toEqual([]);
  });

  it('a finish under way is waited for, and what it delivered is not passed over', async () => {
    const slice = await heldSlice();
    const gated = new GatedDatabase(world.db.database);
    const gate = gated.stopAfter('finish');
    const keyHash = (await world.rows<{ key_hash: number }>('select key_hash from delivery where event_no = 3'))[0]!
      .key_hash;
    const result = {
      ...slice,
      eventNo: 3,
      keyHash,
      verdict: 'done' as const,
      isSent: true,
      isCharged: true,
      isHeld: false,
    };
    const finishing = gated.transaction((tx) => finishResults(tx, [result], now()));
    await gate.reached;
    const resuming = world.verbs.resume(order(), 1, 'now');
    await isBlocked();
    gate.open();
    expect(await finishing).toMatchObject([{ accepted: true, changed: true }]);
    expect(await resuming).toMatchObject({ cancelled: 0 });
    expect(await world.herald.states()).toEqual({ dead: 1, delivered: 2 });
  });

  it('a numbering under way when someone resumes from now belongs to what is passed over, a later one does not', async () => {
    await world.herald.subscribe(1, world.receiver.url, { slices: 1 });
    const gated = new GatedDatabase(world.db.database);
    const gate = gated.stopAfter('number-and-insert');
    const numbering = gated.transaction(async (tx) =>
      scheduleDeliveries(tx, now(), [{ subscriptionKey: 1, event: event('a') }]),
    );
    await gate.reached;
    const resuming = world.verbs.resume(order(), 1, 'now');
    await isBlocked();
    gate.open();
    await numbering;
    expect(await resuming).toMatchObject({ cancelled: 1 });
    await world.herald.schedule([1], [event('b')]);
    expect(await world.herald.states()).toEqual({ cancelled: 1, pending: 1 });
    expect(await world.audit()).toEqual([]);
  });

  it.each(['claim-lock', 'claim-lease'])('a resume that meets a claim (at %s) is not slept over', async (door) => {
    await world.herald.subscribe(1, world.receiver.url, { slices: 1 });
    await world.verbs.pause(order(), 1);
    await world.herald.schedule([1], [event('a')]);
    const gated = new GatedDatabase(world.db.database);
    const gate = gated.stopAfter(door);
    const claiming = claim(gated.database);
    await gate.reached;
    const resuming = world.verbs.resume(order(), 1, 'first-undelivered');
    await isBlocked();
    gate.open();
    const claimed = await claiming;
    await resuming;
    expect(await world.audit()).toEqual([]);
    const again = claimed.slices.length > 0 ? claimed : await claim();
    expect(again.slices[0]!.window.rows.map((one) => one.id)).toEqual(['a']);
  });
});
