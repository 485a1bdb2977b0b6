// When a subscription sees a write: certain from `active` on, nothing from before, up to `off`, by the criteria of the time.
import type { Database, OpenTx, Statement } from '../../../src/platform';
import { incarnationOf } from '../../../src/subscriptions';
import { eventually } from '../../support/deadline';
import { FakeClock } from '../../support/fake-clock';
import { context, get, parsed, put, subscribe, subscription } from '../subscriptions/world';
import { checkLedger, createMatchWorld, ledger, patient, rootOf, settle, told, write, type MatchWorld } from './world';

let world: MatchWorld;
beforeEach(async () => {
  world = await createMatchWorld();
});
afterEach(() => world.stop());

const never = new AbortController().signal;

it('activation is certain: what is written after active was seen is matched, what was answered before the request is not', async () => {
  const sides = [world.newMatcher(), world.newMatcher()];
  let isRunning = true;
  const matching = Promise.all(
    sides.map(async (side) => {
      while (isRunning) await settle(side);
    }),
  );
  for (let round = 0; round < 5; round += 1) {
    const id = `s${round}`;
    const before: string[] = [];
    const after: string[] = [];
    let phase: 'before' | 'between' | 'after' = 'before';
    let isWriting = true;
    const writers = [0, 1, 2].map(async (writer) => {
      for (let i = 0; isWriting; i += 1) {
        const name = `r${round}-w${writer}-${i}`;
        const begun = phase;
        await write(world, patient(name));
        if (phase === 'before') before.push(name);
        if (begun === 'after') after.push(name);
      }
    });
    await writes(before, 5);
    phase = 'between';
    await put(world, subscription('Patient', { id }));
    const activating = world.activation.activateRequested();
    await eventually(async () => (await get(world, 'Subscription', id))['status'] === 'active', { everyMs: 1 });
    phase = 'after';
    await activating;
    await writes(after, 5);
    isWriting = false;
    await Promise.all(writers);
    await settle(sides[0]!);
    const seen = new Set((await told(world, id)).map((entry) => entry.split('/')[0]!));
    expect(after.filter((name) => !seen.has(name))).toEqual([]);
    expect(before.filter((name) => seen.has(name))).toEqual([]);
    await put(world, { ...(await get(world, 'Subscription', id)), status: 'off' });
  }
  isRunning = false;
  await matching;
  await settle(sides[0]!);
  await checkLedger(world);
});

it('an activation and a write that slip in between begin and claim are seen by that very transaction', async () => {
  await put(world, subscription('Patient', { id: 's' }));
  const inner = world.test.open();
  const slipIn = async (): Promise<void> => {
    await world.activation.activateRequested();
    await write(world, patient('just-after'));
  };
  let pending: (() => Promise<void>) | undefined = slipIn;
  const transaction = <T>(run: (tx: OpenTx) => Promise<T>): Promise<T> =>
    inner.transaction((tx) => {
      // Statements run in the order in which they are asked, also when one waits.
      let asked = Promise.resolve();
      const query = async <R extends object>(statement: Statement) => {
        const work = statement.name === 'outbox_claim_events' ? pending : undefined;
        if (work) pending = undefined;
        asked = asked.then(() => work?.());
        await asked;
        return tx.query<R>(statement);
      };
      return run({ query, send: (statement) => tx.send(statement) });
    });
  const database = { query: (statement: Statement) => inner.query(statement), transaction } as unknown as Database;
  const { matcher } = world.newMatcher({ database });
  await matcher.prime();
  await matcher.matchRoots([rootOf('just-after')], never);
  expect(pending).toBeUndefined();
  expect(await told(world, 's')).toEqual(['just-after/1']);
});

/** Waits until the list has this many: the writers' own progress is the signal. */
async function writes(list: readonly string[], count: number): Promise<void> {
  while (list.length < count) await new Promise((resolve) => setImmediate(resolve));
}

it('off closes: answered before it and matched after it is delivered, written after it is not', async () => {
  await subscribe(world, subscription('Patient', { id: 's' }));
  const side = world.newMatcher();
  await settle(side);
  await write(world, patient('before'));
  await put(world, { ...(await get(world, 'Subscription', 's')), status: 'off' });
  await write(world, patient('after'));
  await settle(side);
  expect(await told(world, 's')).toEqual(['before/1']);
  await subscribe(world, { ...(await get(world, 'Subscription', 's')), status: 'requested' });
  await write(world, patient('again'));
  await settle(side);
  await settle(world.newMatcher());
  expect(await told(world, 's')).toEqual(['before/1', 'again/1']);
});

it('changed criteria: older writes are judged by the old ones, later by the new, in any process', async () => {
  await subscribe(world, subscription('Patient?gender=male', { id: 's' }));
  await write(world, patient('old-male', { gender: 'male' }));
  await write(world, patient('old-female', { gender: 'female' }));
  await put(world, { ...(await get(world, 'Subscription', 's')), criteria: 'Patient?gender=female' });
  await write(world, patient('new-male', { gender: 'male' }));
  await write(world, patient('new-female', { gender: 'female' }));
  await settle(world.newMatcher());
  expect((await told(world, 's')).sort()).toEqual(['new-female/1', 'old-male/1']);
});

it('what one transaction writes beside a change of criteria is judged once, by the new ones', async () => {
  await subscribe(world, subscription('Patient?gender=male', { id: 's' }));
  const read = await get(world, 'Subscription', 's');
  // A younger transaction ends in between: the snapshot then counts the older one, which takes it, as over.
  world.store.register({
    types: ['Subscription'],
    prepare: async () => void (await write(world, { resourceType: 'Encounter', id: 'other', status: 'planned' })),
    commit: async () => undefined,
  });
  const update = (resource: Parameters<typeof parsed>[0]) => ({
    kind: 'update' as const,
    id: resource.id!,
    resource: parsed(resource),
  });
  await world.store.transaction(context, [
    update(patient('m', { gender: 'male' })),
    update({ ...read, criteria: 'Patient?gender=female,male&active=true' }),
    update(patient('f', { gender: 'female', active: true })),
    update(patient('m2', { gender: 'male', active: true })),
  ]);
  await settle(world.newMatcher());
  expect((await told(world, 's')).sort()).toEqual(['f/1', 'm2/1']);
});

it('error, its echo and requested coming from it miss nothing', async () => {
  await subscribe(world, subscription('Patient', { id: 's' }));
  const { subscriptionKey } = (await incarnationOf(world.test.database, 'default', 's'))!;
  await world.statusWriter.setError(subscriptionKey, 'down');
  await write(world, patient('in-error'));
  await put(world, { ...(await get(world, 'Subscription', 's')), status: 'requested' });
  await write(world, patient('in-requested'));
  await world.activation.activateRequested();
  await write(world, patient('in-active'));
  await settle(world.newMatcher());
  expect((await told(world, 's')).sort()).toEqual(['in-active/1', 'in-error/1', 'in-requested/1']);
});

it('a deleted subscription gets nothing more, its successor nothing from before', async () => {
  await subscribe(world, subscription('Patient', { id: 's' }));
  await write(world, patient('first'));
  await world.store.delete(context, 'Subscription', 's');
  await subscribe(world, subscription('Patient', { id: 's' }));
  await write(world, patient('second'));
  await settle(world.newMatcher());
  expect(await told(world, 's')).toEqual(['second/1']);
});

it('S4.24: what is written after end does not match, even before anybody turned the Subscription off', async () => {
  const clock = new FakeClock('2026-06-01T00:00:00.000Z');
  const timed = await createMatchWorld({ clock });
  await subscribe(timed, subscription('Patient', { id: 's', end: '2026-06-01T00:00:03Z' }));
  await clock.advance(1_000);
  await write(timed, patient('in-time'));
  await clock.advance(2_000);
  await write(timed, patient('at-the-end'));
  await clock.advance(1);
  await write(timed, patient('too-late'));
  await settle(timed.newMatcher());
  expect((await told(timed, 's')).sort()).toEqual(['at-the-end/1', 'in-time/1']);
  await timed.stop();
});

it('S1.19: a Subscription hears of another’s error, never of itself', async () => {
  await subscribe(world, subscription('Patient', { id: 'watched' }));
  await subscribe(world, subscription('Subscription?status=error', { id: 'alarm' }));
  for (const id of ['watched', 'alarm']) {
    const { subscriptionKey } = (await incarnationOf(world.test.database, 'default', id))!;
    await world.statusWriter.setError(subscriptionKey, 'down');
  }
  await settle(world.newMatcher());
  expect(await told(world, 'alarm')).toEqual(['watched/3']);
});

it('deletes reach only those who asked, by the last version, and not who did not match it', async () => {
  const extension = [{ url: 'urn:herald:send-deletes', valueBoolean: true }];
  await subscribe(world, subscription('Patient', { id: 'plain' }));
  await subscribe(world, subscription('Patient?gender=male', { id: 'male', channel: { extension } }));
  await subscribe(world, subscription('Patient?gender=female', { id: 'female', channel: { extension } }));
  await write(world, patient('p', { gender: 'male' }));
  await write(world, patient('p', { gender: 'female' }));
  await world.store.delete(context, 'Patient', 'p');
  await settle(world.newMatcher());
  expect((await ledger(world, 'plain')).map((row) => row.interaction)).toEqual(['create', 'update']);
  expect((await ledger(world, 'male')).map((row) => row.interaction)).toEqual(['create']);
  expect((await ledger(world, 'female')).map((row) => row.interaction)).toEqual(['update', 'delete']);
});

it('forgets snapshots when nothing unmatched lies before them, and goes on being right', async () => {
  await subscribe(world, subscription('Patient', { id: 's' }));
  const side = world.newMatcher();
  await write(world, patient('one'));
  await side.matcher.prime();
  // The first write of the Subscription itself was committed before its activation, and waits.
  expect(await side.sweep.tidySnapshots()).toBe(0);
  await settle(side);
  expect(await side.sweep.tidySnapshots()).toBe(1);
  expect(side.registry.snapshots(10)).toEqual([]);
  await write(world, patient('two'));
  await put(world, { ...(await get(world, 'Subscription', 's')), criteria: 'Encounter' });
  await write(world, patient('three'));
  await side.matcher.matchRoots([rootOf('three')], never);
  expect(await side.sweep.tidySnapshots()).toBe(0);
  await settle(side);
  expect(await side.sweep.tidySnapshots()).toBe(1);
  expect(side.registry.hasGroups('default', 'Patient')).toBe(false);
  const fresh = world.newMatcher();
  await fresh.matcher.prime();
  expect(fresh.registry.hasGroups('default', 'Patient')).toBe(false);
  expect(fresh.registry.hasGroups('default', 'Encounter')).toBe(true);
  expect((await told(world, 's')).sort()).toEqual(['one/1', 'two/1']);
});

it('S2.19: a Subscription with a start is active before it, and told of what is written from then on', async () => {
  const clock = new FakeClock('2026-03-01T00:00:00.000Z');
  const timed = await createMatchWorld({ clock });
  const sent = subscription('Patient', { id: 's', end: '2026-03-01T00:01:00Z' });
  const extension = [{ url: 'urn:herald:start', valueInstant: '2026-03-01T00:00:10Z' }];
  await subscribe(timed, { ...sent, channel: { ...(sent['channel'] as object), extension } });
  const side = timed.newMatcher();
  await write(timed, patient('before'));
  await clock.advance(9_999);
  await write(timed, patient('just-before'));
  await clock.advance(1);
  await write(timed, patient('at'));
  // Written before the start and matched after it.
  await settle(side);
  await clock.advance(50_001);
  await write(timed, patient('after-the-end'));
  await settle(side);
  expect(await told(timed, 's')).toEqual(['at/1']);
  await checkLedger(timed);
  await timed.stop();
});
