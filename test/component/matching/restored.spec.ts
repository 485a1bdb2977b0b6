// A database that finds itself in another cluster: transaction numbers begin again, and the waiting events carry the old ones.
import { restampWaiting } from '../../../src/outbox';
import { clearForeignSnapshots } from '../../../src/subscriptions';
import { silentLog } from '../../support/silent-log';
import { get, put, subscription } from '../subscriptions/world';
import { checkLedger, createMatchWorld, patient, settle, told, write, type MatchWorld } from './world';

let world: MatchWorld;
beforeEach(async () => {
  world = await createMatchWorld();
});
afterEach(() => world.stop());

const subscribe = async (id: string): Promise<void> => {
  await put(world, subscription('Patient', { id }));
  await world.activation.activateRequested();
};

/** As after a restore: waiting events with numbers that this cluster will not reach for long, snapshots of another one. */
async function restore(): Promise<void> {
  const { database } = world.test;
  const ask = (text: string): Promise<unknown> => database.query({ text, values: [] });
  await ask(`update outbox set xid = '900000000' where matched_at is null`);
  await ask(`update subscription_change set snapshot = '800000000:800000000:' where snapshot is not null`);
  await ask(`insert into subscription_cluster (system_identifier) values ('another')
    on conflict (only_row) do update set system_identifier = excluded.system_identifier`);
  await clearForeignSnapshots(database, silentLog, restampWaiting);
}

it('what waited is seen by who was active then, also when turned off before it is matched, and not by who comes later', async () => {
  await subscribe('stays');
  await subscribe('leaves');
  await write(world, patient('a'));
  await restore();
  await write(world, patient('b'));
  await put(world, { ...(await get(world, 'Subscription', 'leaves')), status: 'off' });
  await subscribe('comes');
  await write(world, patient('c'));
  await settle(world.newMatcher());
  expect(await told(world, 'stays')).toEqual(['a/1', 'b/1', 'c/1']);
  expect(await told(world, 'leaves')).toEqual(['a/1', 'b/1']);
  expect(await told(world, 'comes')).toEqual(['c/1']);
  await checkLedger(world);
});

it('the same cluster is left as it is', async () => {
  await subscribe('stays');
  await clearForeignSnapshots(world.test.database, silentLog);
  await write(world, patient('a'));
  const xids = async (): Promise<object[]> =>
    (await world.test.database.query({ text: 'select seq, xid::text from outbox order by 1', values: [] })).rows;
  const before = await xids();
  await clearForeignSnapshots(world.test.database, silentLog, restampWaiting);
  expect(await xids()).toEqual(before);
});
