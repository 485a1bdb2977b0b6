// Many Subscriptions at once: a Bundle of them and their activation cost round trips by the set, not by the Subscription.
import { DeliveryDoorbell, DeliveryParticipant } from '../../../src/deliveries';
import type { Database, Statement, Tx } from '../../../src/platform';
import { incarnationOf } from '../../../src/subscriptions';
import { context, createWorld, get, parsed, put, subscription, type World } from './world';

let world: World;
let statements: number;
/** Throws for statements that it is told to fail. */
let refuse: (statement: Statement) => boolean;

/** Everything goes through, counted. */
function counting(database: Database): Database {
  const counted = (tx: Tx): Tx => ({
    query: async <R extends object>(statement: Statement) => {
      statements += 1;
      if (refuse(statement)) throw new Error('made to fail');
      return tx.query<R>(statement);
    },
  });
  const transaction = <T>(run: (tx: Tx) => Promise<T>): Promise<T> => database.transaction((tx) => run(counted(tx)));
  return { ...counted(database), transaction } as unknown as Database;
}

beforeEach(async () => {
  refuse = () => false;
  world = await createWorld({ through: counting });
  world.store.register(new DeliveryParticipant({ clock: world.clock, doorbell: new DeliveryDoorbell() }));
});
afterEach(() => world.stop());

/** Registers so many in one transaction and activates them; answers the statements of both. */
async function register(prefix: string, count: number): Promise<[bundle: number, activation: number]> {
  const ids = Array.from({ length: count }, (_, n) => `${prefix}${n}`);
  statements = 0;
  await world.store.transaction(
    context,
    ids.map((id) => ({ kind: 'update', id, resource: parsed(subscription(`Patient?_id=${id}`, { id })) })),
  );
  const bundle = statements;
  await world.activation.activateRequested();
  for (const id of ids) expect(await get(world, 'Subscription', id)).toMatchObject({ status: 'active' });
  return [bundle, statements - bundle - count];
}

it('registers and activates sixty with as many statements as three, each with keys, numbers and runtime of its own', async () => {
  const few = await register('few', 3);
  const many = await register('many', 60);
  expect(many).toEqual(few);
  const { rows } = await world.test.database.query<{
    incarnations: number;
    changes: number;
    sending: number;
    last: number;
  }>({
    text: `select (select count(distinct subscription_key) from subscription_incarnation where status = 'active' and is_matching)::int as incarnations,
        (select count(distinct subscription_key) from subscription_change where opens and snapshot is not null)::int as changes,
        (select count(*) from subscription_runtime r join subscription_incarnation i using (subscription_key)
          where r.sending and r.subscription_id = i.id)::int as sending,
        (select last_change_no - (select count(*) from subscription_change) from subscription_change_counter)::int as last`,
    values: [],
  });
  expect(rows[0]).toEqual({ incarnations: 63, changes: 63, sending: 63, last: 0 });
  const registry = world.newRegistry();
  await registry.catchUp(world.test.database);
  expect(registry.size).toBe(63);
});

it('activates the others when the set cannot be written together', async () => {
  for (const id of ['a', 'b', 'c']) await put(world, subscription('Patient', { id }));
  const isOfSeveral = ({ name, values }: Statement) =>
    name === 'subscription_incarnations_update' && (JSON.parse(String(values?.[0])) as unknown[]).length > 1;
  refuse = isOfSeveral;
  await world.activation.activateRequested();
  for (const id of ['a', 'b', 'c']) {
    expect(await incarnationOf(world.test.database, 'default', id)).toMatchObject({ status: 'active', version: 2 });
  }
});

it('activates none twice when two processes meet', async () => {
  const ids = Array.from({ length: 30 }, (_, n) => `s${n}`);
  for (const id of ids) await put(world, subscription('Patient', { id }));
  await Promise.all([world.activation.activateRequested(), world.activation.activateRequested()]);
  for (const id of ids) {
    expect(await incarnationOf(world.test.database, 'default', id)).toMatchObject({ status: 'active', version: 2 });
  }
});
