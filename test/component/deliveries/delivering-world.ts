// What every spec of the deliverer stands on: one database per file, per test a clean ledger, a deliverer to be run, and receivers.
// Importing it registers the hooks; the names are live, each test sees its own.
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { eventually } from '../../support/deadline';
import { SubscriberStub, type AnswerFunction } from '../../support/subscriber-stub';
import { Delivering, emptyLedger, event } from './delivering';

export let db: TestDatabase;
export let herald: Delivering;
/** The receiver of tests that need one; it answers 200 until told otherwise. */
export let stub: SubscriberStub;
const stubs: SubscriberStub[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => db.drop());
beforeEach(async () => {
  stub = await receiver();
  herald = new Delivering(db.database);
});
afterEach(async () => {
  const stopped = herald.stop();
  await Promise.all(stubs.splice(0).map((each) => each.stop()));
  await stopped;
  await emptyLedger(db.database);
});

/** One more receiver, on a port of its own unless told; stopped after the test. */
export async function receiver(answer?: AnswerFunction, port?: number): Promise<SubscriberStub> {
  const started = await SubscriberStub.start({ answer, port });
  stubs.push(started);
  return started;
}

/** Version 1 of so many Patients. */
export const many = (count: number, prefix = 'p') =>
  Array.from({ length: count }, (_, index) => event(`${prefix}${index}`));

/** Until exactly so many deliveries (of one subscription) are in a state. */
export const settled = (state: string, count: number, key?: number): Promise<unknown> =>
  eventually(async () => ((await herald.states(key))[state] ?? 0) === count, {
    what: `${count} ${state}${key === undefined ? '' : ` of subscription ${key}`}`,
    deadlineMs: 40_000,
  });
