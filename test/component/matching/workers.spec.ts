// The workers around the transaction: hints that survive failures, the sweep that needs none, batches that stop at a prefix, isolation.
import { EmbeddedBus } from '../../../src/bus';
import { MatcherWorker, type MatchIndex } from '../../../src/matching';
import { Metrics, Supervisor, SystemClock, type Database, type Statement, type Tx } from '../../../src/platform';
import { incarnationOf, readDeliverySubscriptions } from '../../../src/subscriptions';
import { eventually } from '../../support/deadline';
import { silentLog } from '../../support/silent-log';
import { context, get, parsed, put, subscribe, subscription } from '../subscriptions/world';
import { checkLedger, createMatchWorld, ledger, patient, rootOf, settle, told, write, type MatchWorld } from './world';

let world: MatchWorld;
beforeEach(async () => {
  world = await createMatchWorld();
});
afterEach(() => world.stop());

const never = new AbortController().signal;

/** A database that fails as told, before anything reaches the real one. */
function faulty(database: Database, fault: () => Error | undefined): Database {
  const refuse = (): void => {
    const error = fault();
    if (error) throw error;
  };
  return {
    query: async (statement: Statement) => (refuse(), database.query(statement)),
    transaction: async <T>(run: (tx: Tx) => Promise<T>) => (refuse(), database.transaction(run)),
  } as unknown as Database;
}

function lost(): Error {
  return Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' });
}

it('a write is matched at its ring, without any sweep', async () => {
  const bus = new EmbeddedBus(world.outboxDoorbell);
  const { matcher } = world.newMatcher();
  const { database } = world.test;
  const stop = new AbortController();
  const running = new MatcherWorker({ matcher, bus, database, clock: world.clock, log: silentLog }).run(stop.signal);
  await subscribe(world, subscription('Patient', { id: 's' }));
  await write(world, patient('p'));
  await eventually(async () => (await told(world, 's')).length === 1);
  stop.abort();
  await running;
});

/** Hints of several partitions: the later write's may come first. */
class PartitionedBus extends EmbeddedBus {
  override get isSoleAndUnordered(): boolean {
    return true;
  }
}

it('I6: with one matcher no effect is numbered before its cause, although only the effect was hinted at', async () => {
  const bus = new PartitionedBus();
  const { matcher } = world.newMatcher();
  const { database } = world.test;
  const stop = new AbortController();
  const worker = new MatcherWorker({ matcher, bus, database, clock: world.clock, log: silentLog });
  await subscribe(world, subscription('Patient', { id: 's' }));
  await write(world, patient('cause'));
  await write(world, patient('effect'));
  bus.publish([rootOf('effect')]);
  const running = worker.run(stop.signal);
  await eventually(async () => (await told(world, 's')).length > 0);
  expect(await told(world, 's')).toEqual([expect.stringContaining('cause'), expect.stringContaining('effect')]);
  stop.abort();
  await running;
});

it('a lost database and a bug cost no hint', async () => {
  await subscribe(world, subscription('Patient', { id: 's' }));
  const bus = new EmbeddedBus(world.outboxDoorbell);
  const faults = [lost(), lost(), new Error('a bug'), lost(), undefined, new Error('another bug')];
  const database = faulty(world.test.open(), () => faults.shift());
  const { matcher } = world.newMatcher({ database });
  const supervisor = new Supervisor({ clock: new SystemClock(), log: silentLog });
  supervisor.add(
    new MatcherWorker({ matcher, bus, database: world.test.database, clock: world.clock, log: silentLog }),
  );
  supervisor.start();
  await write(world, patient('p'));
  await eventually(async () => (await told(world, 's')).length === 1, { deadlineMs: 20_000 });
  expect(supervisor.health()[0]!.restarts).toBeGreaterThan(0);
  expect(faults).toEqual([]);
  await supervisor.stop(5_000);
});

it('I2: the sweep matches everything although nobody rang, and shows the lag', async () => {
  const metrics = new Metrics();
  await subscribe(world, subscription('Patient', { id: 's' }));
  for (let i = 0; i < 30; i += 1) await write(world, patient(`p${i}`));
  const side = world.newMatcher({ metrics });
  await settle(side);
  await checkLedger(world);
  expect(await told(world, 's')).toHaveLength(30);
  const page = await metrics.registry.metrics();
  expect(page).toMatch(/^herald_matched_events_total\{outcome="matched"\} 30$/m);
  expect(page).toMatch(/^herald_matched_deliveries_total 30$/m);
  expect(page).toMatch(/^herald_unmatched_events 0$/m);
  expect(page).toMatch(/^herald_registry_subscriptions 1$/m);
});

it('stops at a prefix by deliveries, by bytes and by time, and goes on with the rest in order', async () => {
  for (const id of ['a', 'b', 'c']) await subscribe(world, subscription('Patient', { id }));
  for (let version = 1; version <= 9; version += 1) await write(world, patient('p', { active: version % 2 === 0 }));
  const few = world.newMatcher({ limits: { deliveriesMax: 4, bodyBytesMax: 1_000_000, evaluationMsMax: 1_000 } });
  await few.matcher.matchRoots([rootOf('p')], never);
  for (let version = 10; version <= 20; version += 1) await write(world, patient('p'));
  const small = world.newMatcher({ limits: { deliveriesMax: 100, bodyBytesMax: 250, evaluationMsMax: 1_000 } });
  await small.matcher.matchRoots([rootOf('p')], never);
  for (let version = 21; version <= 25; version += 1) await write(world, patient('p'));
  const slow = world.newMatcher({ limits: { deliveriesMax: 100, bodyBytesMax: 1_000_000, evaluationMsMax: -1 } });
  await slow.matcher.matchRoots([rootOf('p')], never);
  await settle(few);
  await checkLedger(world);
  expect(await told(world, 'b')).toEqual(Array.from({ length: 25 }, (_, i) => `p/${i + 1}`));
});

it('S4.13: criteria whose evaluation throws are isolated and reported; the others go on', async () => {
  await subscribe(world, subscription('Patient?gender=male', { id: 'good' }));
  await subscribe(world, subscription('Patient?gender=female', { id: 'bad' }));
  const side = world.newMatcher();
  const inner = side.index;
  const index: MatchIndex = {
    mayMatch: (tenant, type, isDelete) => inner.mayMatch(tenant, type, isDelete),
    chainsOf: (tenant, type) => inner.chainsOf(tenant, type),
    match: (input) => {
      const answer = inner.match(input);
      const bad = [...side.registry.groupsFor('default', 'Patient')].flatMap((group) =>
        group.members.filter((member) => member.id === 'bad'),
      );
      return { ...answer, broken: bad.length > 0 ? [{ entries: bad, reason: 'a bug in a search type' }] : [] };
    },
  };
  const broken = world.newMatcher({ index, registry: side.registry });
  await write(world, patient('m', { gender: 'male' }));
  await settle({ ...broken, sweep: broken.sweep });
  await settle(side);
  expect(await told(world, 'good')).toEqual(['m/1']);
  expect(await get(world, 'Subscription', 'bad')).toMatchObject({
    status: 'error',
    error: expect.stringContaining('a bug in a search type'),
  });
  await put(world, { ...(await get(world, 'Subscription', 'bad')), status: 'requested', criteria: 'Patient' });
  await world.activation.activateRequested();
  await write(world, patient('n'));
  await settle(side);
  expect(await told(world, 'bad')).toEqual(['n/1']);
});

it('S4.13: what was isolated matches again once a client calls it back, with the same criteria too', async () => {
  await subscribe(world, subscription('Patient', { id: 's' }));
  const side = world.newMatcher();
  await write(world, patient('a'));
  await settle(side);
  const { subscriptionKey } = (await incarnationOf(world.test.database, 'default', 's'))!;
  side.registry.isolate(subscriptionKey, 'a bug in a search type');
  await side.sweep.sweep(never);
  await write(world, patient('b'));
  await settle(side);
  await put(world, { ...(await get(world, 'Subscription', 's')), status: 'requested' });
  await world.activation.activateRequested();
  expect(await get(world, 'Subscription', 's')).toMatchObject({ status: 'active' });
  await write(world, patient('c'));
  await settle(side);
  expect(await told(world, 's')).toEqual(['a/1', 'c/1']);
});

it('S4.13: rows changed by hand, and criteria that this version refuses, isolate their own Subscription and no other', async () => {
  const { database } = world.test;
  const hand = (text: string) => database.query({ text, values: [] });
  for (const id of ['good', 'refused', 'settings', 'body']) {
    await subscribe(world, subscription(`Patient?_id:not=${id}`, { id }));
  }
  const table = 'subscription_change';
  await hand(`update ${table} set criteria = 'Patient?shoe-size=44' where criteria like '%not=refused'`);
  await hand(`update subscription_incarnation set criteria = 'Patient?shoe-size=44' where id = 'refused'`);
  await hand(
    `update resource_version set body = replace(body, '_id:not=refused', 'shoe-size=44') where id = 'refused'`,
  );
  await hand(`update subscription_incarnation set config = '{"sendDeletes":"perhaps"}' where id = 'settings'`);
  await hand(`update ${table} set criteria = '' where criteria like '%not=body'`);
  await hand(`update resource_version set body = '{"resourceType":' where type = 'Subscription' and id = 'body'`);
  const side = world.newMatcher();
  await write(world, patient('p'));
  await settle(side);
  await side.sweep.sweep(never);
  expect(await told(world, 'good')).toEqual(['p/1']);
  expect(await told(world, 'settings')).toEqual(['p/1']);
  expect(await told(world, 'refused')).toEqual([]);
  const refused = await get(world, 'Subscription', 'refused');
  expect(refused).toMatchObject({ status: 'error', error: expect.stringContaining('shoe-size') });
  const keyOf = async (id: string) => (await incarnationOf(database, 'default', id))!.subscriptionKey;
  // A delivery that succeeds late must not call it active: it matches nothing.
  expect(await world.statusWriter.setActive(await keyOf('refused'))).toBe(false);
  const keys = await Promise.all(['good', 'settings'].map(keyOf));
  const read = await readDeliverySubscriptions(database, keys, world.secrets);
  expect(read.get(keys[0]!)!.unusable).toBeUndefined();
  expect(read.get(keys[1]!)!.unusable).toMatch(/settings of the Subscription cannot be read/);
});

it('keeps entry order of a transaction, and numbers nothing of one that was rolled back', async () => {
  await subscribe(world, subscription('Patient', { id: 's' }));
  const names = ['z', 'a', 'm', 'b'];
  const operations = names.map((id) => ({ kind: 'update' as const, id, resource: parsed(patient(id)) }));
  await world.store.transaction(context, operations);
  const refused = { kind: 'create' as const, resource: parsed(subscription('Patient?nope=1')) };
  await expect(world.store.transaction(context, [...operations, refused])).rejects.toThrow();
  await settle(world.newMatcher());
  expect(await told(world, 's')).toEqual(names.map((id) => `${id}/1`));
});

it('S4.14, I13: keeps tenants apart', async () => {
  const other = { ...context, tenant: 'other' };
  await subscribe(world, subscription('Patient', { id: 'ours' }));
  await world.store.update(other, 'theirs', parsed(subscription('Patient', { id: 'theirs' })));
  await world.activation.activateRequested();
  expect(await incarnationOf(world.test.database, 'other', 'theirs')).toMatchObject({ status: 'active' });
  await write(world, patient('ours-only'));
  await world.store.update(other, 'theirs-only', parsed(patient('theirs-only')));
  await settle(world.newMatcher());
  expect((await ledger(world)).map((row) => `${row.id} ${row.resource}`)).toEqual([
    'ours Patient/ours-only',
    'theirs Patient/theirs-only',
  ]);
});
