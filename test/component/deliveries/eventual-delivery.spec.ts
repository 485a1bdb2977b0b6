// Whatever was wrong with an endpoint: from the moment it is well, everything that waits for it is delivered.
import { auditLedger } from '../../../src/deliveries';
import { eventually } from '../../support/deadline';
import { judge } from '../../support/deliveries';
import { SubscriberStub, type StubAnswer } from '../../support/subscriber-stub';
import { event } from './delivering';
import { db, herald, receiver, settled } from './delivering-world';

const events = 30;
const patients = 6;
const illnesses: [string, StubAnswer][] = [
  ['answers 500', { status: 500 }],
  ['answers 401', { status: 401 }],
  ['answers 404', { status: 404 }],
  ['refuses everything with 422', { status: 422 }],
  ['asks for patience', { status: 429, headers: { 'retry-after': '0' } }],
  ['cuts the line', { reset: 'before' }],
  ['hangs', { hang: true }],
];

const some = () => Array.from({ length: events }, (_, n) => event(`p${n % patients}`, 1 + Math.floor(n / patients)));
// Given up at once where that is the illness. For the others longer than any stall of the machine: a receiver that keeps a
// notification and answers after the deadline is told again, rightly.
const deadlineOf = (answer: StubAnswer): number => ('hang' in answer ? 300 : 30_000);
const drained = async (subscriptionKeys: readonly number[]): Promise<void> => {
  for (const key of subscriptionKeys) await settled('delivered', events, key);
};

/** How many attempts were given up at the deadline: no more than these can have been kept twice. */
const givenUp = async (subscriptionKey: number): Promise<number> =>
  (
    await db.database.query({
      text: `select 1 from attempt where subscription_key = $1 and reason ~ 'No complete answer within'`,
      values: [subscriptionKey],
    })
  ).rowCount;

it('I12: dead in every way, then good: everything is delivered, once, in order', async () => {
  const stubs: SubscriberStub[] = [];
  for (const [index, [, answer]] of illnesses.entries()) {
    const stub = await receiver(() => answer);
    stubs.push(stub);
    await herald.subscribe(index + 1, stub.url, { deadlineMs: deadlineOf(answer) });
  }
  const keys = illnesses.map((_, index) => index + 1);
  herald.run(herald.worker());
  await herald.schedule(keys, some());
  // Each has been seen to fail, and more than once: its breaker is open or its keys are held.
  await eventually(() => stubs.every((stub) => stub.requests.length >= 8), { what: 'failures everywhere' });
  expect(await herald.states()).not.toHaveProperty('delivered');
  for (const stub of stubs) stub.answer(() => ({ status: 200 }));
  await drained(keys);
  for (const [index, stub] of stubs.entries()) {
    const { duplicates, ...verdict } = judge(stub.processed);
    expect(verdict).toEqual({ distinct: events, orderViolations: 0, gaps: 0, unequalRepeats: 0 });
    expect(duplicates).toBeLessThanOrEqual(await givenUp(keys[index]!));
  }
  expect(await auditLedger(db.database, herald.clock.now())).toEqual([]);
}, 90_000);

it('I12: nobody listens at first, not even at the door', async () => {
  const gone = await SubscriberStub.start();
  await gone.stop();
  await herald.subscribe(1, gone.url);
  herald.run(herald.worker());
  await herald.schedule([1], some());
  const failed = async () =>
    (await db.database.query({ text: `select 1 from attempt where class = 'E'`, values: [] })).rowCount >= 5;
  await eventually(failed, { what: 'failures to connect' });
  const back = await receiver(undefined, gone.port);
  await drained([1]);
  expect(judge(back.processed)).toMatchObject({ distinct: events, duplicates: 0, orderViolations: 0, gaps: 0 });
}, 60_000);
