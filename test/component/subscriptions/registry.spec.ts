// The registry follows the change log: loads, catches up, judges by snapshots, isolates what it cannot read.
import fc from 'fast-check';
import { clearForeignSnapshots, incarnationOf, isVisible, parseSnapshot } from '../../../src/subscriptions';
import type { SubscriptionRegistry } from '../../../src/subscriptions';
import { silentLog } from '../../support/silent-log';
import { createWorld, get, put, subscribe, subscription, type World } from './world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.stop());

type Members = [id: string, isOpenedBySnapshot: boolean, isClosed: boolean][];

const groups = (registry: SubscriptionRegistry, type = 'Patient') =>
  [...registry.groupsFor('default', type)].map((group): [string, Members] => [
    group.canonical,
    group.members.map(({ id, opened, closed }) => [id, Boolean(opened), Boolean(closed)]),
  ]);

it('groups equal criteria, whatever their spelling, and keeps types and tenants apart', async () => {
  await subscribe(world, subscription('Patient?active=true', { id: 'a' }));
  await subscribe(world, subscription('/Patient?active=true', { id: 'b' }));
  await subscribe(world, subscription('Encounter', { id: 'c' }));
  await put(world, subscription('Patient', { id: 'requested-only' }));
  const registry = world.newRegistry();
  await registry.catchUp(world.test.database);
  expect(registry.size).toBe(3);
  expect(groups(registry).map(([, members]) => members.map(([id]) => id))).toEqual([['a', 'b']]);
  expect(registry.hasGroups('default', 'Encounter')).toBe(true);
  expect(registry.hasGroups('other', 'Encounter')).toBe(false);
});

it('follows activation, error, off, criteria, delete; a fresh load says the same as one that followed', async () => {
  const followed = world.newRegistry();
  const { database } = world.test;
  const both = async () => {
    await followed.catchUp(database);
    const fresh = world.newRegistry();
    await fresh.catchUp(database);
    expect(groups(followed)).toEqual(groups(fresh));
    return groups(fresh).flatMap(([, members]) => members);
  };
  expect(await both()).toEqual([]);
  await subscribe(world, subscription('Patient', { id: 's' }));
  expect(await both()).toEqual([['s', true, false]]);
  const { subscriptionKey } = (await incarnationOf(database, 'default', 's'))!;
  await world.statusWriter.setError(subscriptionKey, 'down');
  expect(await both()).toEqual([['s', true, false]]);
  await subscribe(world, { ...(await get(world, 'Subscription', 's')), status: 'requested' });
  expect(await both()).toEqual([['s', true, false]]);
  await put(world, { ...(await get(world, 'Subscription', 's')), criteria: 'Patient?gender=female' });
  expect(await both()).toEqual([
    ['s', true, true],
    ['s', true, false],
  ]);
  await put(world, { ...(await get(world, 'Subscription', 's')), status: 'off' });
  expect(await both()).toHaveLength(2);
  await subscribe(world, { ...(await get(world, 'Subscription', 's')), status: 'requested' });
  expect(await both()).toHaveLength(3);
  await world.store.delete({ tenant: 'default', requestId: 'r', baseUrl: '' }, 'Subscription', 's');
  expect(await both()).toEqual([]);
});

it('isolates a stored subscription that became unreadable; the others go on (S4.13)', async () => {
  await subscribe(world, subscription('Patient', { id: 'good' }));
  await subscribe(world, subscription('Patient?gender=male', { id: 'bad' }));
  await world.test.database.query({
    text: `update subscription_change set criteria = 'Patient?gone=1' where criteria = 'Patient?gender=male'`,
    values: [],
  });
  const registry = world.newRegistry();
  await registry.catchUp(world.test.database);
  expect(groups(registry)).toEqual([[expect.anything(), [['good', true, false]]]]);
  const { subscriptionKey } = (await incarnationOf(world.test.database, 'default', 'bad'))!;
  expect(registry.brokenSubscriptions()).toEqual([{ subscriptionKey, reason: expect.stringContaining('gone') }]);
  registry.reported(subscriptionKey);
  expect(registry.brokenSubscriptions()).toEqual([]);
});

it('forgets all snapshots when they come from another cluster', async () => {
  const { database } = world.test;
  await clearForeignSnapshots(database, silentLog);
  await subscribe(world, subscription('Patient', { id: 's' }));
  await clearForeignSnapshots(database, silentLog);
  const registry = world.newRegistry();
  await registry.catchUp(database);
  expect(groups(registry).flatMap(([, members]) => members)).toEqual([['s', true, false]]);
  await database.query({ text: `update subscription_cluster set system_identifier = 'elsewhere'`, values: [] });
  await clearForeignSnapshots(database, silentLog);
  const restored = world.newRegistry();
  await restored.catchUp(database);
  expect(groups(restored).flatMap(([, members]) => members)).toEqual([['s', false, false]]);
});

it('isVisible means what pg_visible_in_snapshot means', async () => {
  const number = fc.nat({ max: 60 });
  const cases = fc.array(fc.tuple(number, number, fc.uniqueArray(number, { maxLength: 8 }), number), {
    minLength: 200,
    maxLength: 200,
  });
  const rows = fc.sample(cases, 5).flatMap((list) =>
    list.map(([a, b, running, xid]) => {
      const [xmin, xmax] = [Math.min(a, b) + 1, Math.max(a, b) + 1];
      const xip = running.filter((x) => x >= xmin && x < xmax).sort((x, y) => x - y);
      return { text: `${xmin}:${xmax}:${xip.join(',')}`, xid: xid + 1 };
    }),
  );
  const { rows: answers } = await world.test.database.query<{ visible: boolean }>({
    text: `select pg_visible_in_snapshot(c.xid::xid8, c.snapshot::pg_snapshot) as visible
      from unnest($1::text[], $2::text[]) with ordinality c(xid, snapshot, n) order by n`,
    values: [rows.map((row) => String(row.xid)), rows.map((row) => row.text)],
  });
  expect(rows.map((row) => isVisible(row.xid, parseSnapshot(row.text)))).toEqual(answers.map((row) => row.visible));
});
