// A commit that was not answered: the results of a batch may be in the ledger already when they are brought again.
import { armFailpoints } from '../../../src/platform';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { eventually } from '../../support/deadline';
import { SubscriberStub } from '../../support/subscriber-stub';
import { Delivering, event } from './delivering';

let db: TestDatabase;
let stub: SubscriberStub;
let herald: Delivering;
beforeAll(async () => {
  db = await createTestDatabase();
  stub = await SubscriberStub.start();
  herald = new Delivering(db.database);
}, 60_000);
afterEach(() => armFailpoints([]));
afterAll(async () => {
  await herald.stop();
  await stub.stop();
  await db.drop();
});

it('I24: attempts were counted and written twice when the commit of their batch was not answered', async () => {
  const failures = 3;
  stub.answer((request) => ({ status: Number(request.headers['herald-attempt']) <= failures ? 503 : 200 }));
  await herald.subscribe(1, stub.url);
  // Every commit of a batch goes unanswered once; what is brought again is answered.
  armFailpoints([{ name: 'finish.after-commit', action: { kind: 'error', code: '08006' }, at: 2, repeat: 'each' }]);
  const stop = herald.run(herald.worker());
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
  for (const key of keys) await herald.schedule([1], [event(key)]);
  await eventually(async () => (await herald.states(1))['delivered'] === keys.length, { deadlineMs: 20_000 });
  await stop();

  const { rows } = await db.database.query<{ written: number; distinct: number; counted: number }>({
    text: `select (select count(*) from attempt) as written,
                  (select count(*) from (select distinct event_no, epoch, started_at from attempt) a) as distinct,
                  (select sum(attempts)::int from delivery) as counted`,
    values: [],
  });
  expect(rows[0]).toEqual({
    written: stub.requests.length,
    distinct: stub.requests.length,
    counted: stub.requests.length,
  });
  const numbers = (path: string): string[] =>
    stub.requests.filter((request) => request.path === path).map((request) => request.headers['herald-attempt']!);
  for (const key of keys) expect(numbers(`/Patient/${key}`)).toEqual(['1', '2', '3', '4']);
});

it('what succeeded between a failure and its writing down was no evidence, so a message nobody takes was repeated for days', async () => {
  stub.answer(() => ({ status: 503 }));
  await herald.subscribe(2, stub.url);
  // The writing down fails once and is done again, which takes its time.
  armFailpoints([{ name: 'finish.before-commit', action: { kind: 'error', code: '08006' }, at: 1 }]);
  const stop = herald.run(herald.worker());
  await herald.schedule([2], [event('late')]);
  const failed = await eventually(async () => {
    const { rows } = await db.database.query<{ first_failed_at: Date; ended_at: Date }>({
      text: `select q.first_failed_at, (select min(a.ended_at) from attempt a where a.subscription_key = 2) as ended_at
             from held_key q where q.subscription_key = 2`,
      values: [],
    });
    return rows[0];
  });
  await stop();
  expect(failed.first_failed_at).toEqual(failed.ended_at);
});
