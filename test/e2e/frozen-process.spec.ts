// Two processes, one database; one is frozen (SIGSTOP) past its lease in the middle of sending. The other takes over, and what
// the frozen one brings back when it wakes is recorded as stale and changes nothing.
import { createTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/deadline';
import { judge } from '../support/deliveries';
import { HeraldProcess } from '../support/herald-process';
import { Ledger } from '../support/ledger';
import { SubscriberStub } from '../support/subscriber-stub';
import { restHook, subscribe } from '../support/subscription';

// Shorter than a lease may be outside of tests: nobody else may take over before it is over.
const env = { HERALD_TEST_MODE: 'true', HERALD_DELIVERY_DEADLINE: '1s', HERALD_DELIVERY_LEASE: '8s' };
/** A request begins at most this long after its slice was leased or renewed. */
const leaseLeastMs = 6_000;

let database: TestDatabase;
let receiver: SubscriberStub;
let first: HeraldProcess;
let second: HeraldProcess;
beforeAll(async () => {
  [database, receiver] = await Promise.all([createTestDatabase(), SubscriberStub.start()]);
  const start = (roles: string): Promise<HeraldProcess> =>
    HeraldProcess.start({ databaseUrl: database.url, env, roles });
  first = await start('api,relay,matcher,deliverer');
  second = await start('api,relay,matcher');
}, 240_000);
afterAll(async () => {
  await first?.stop();
  await second?.stop();
  await receiver?.stop();
  await database?.drop();
});

const patient = (n: number, version: number): any => ({
  resourceType: 'Patient',
  id: `p${n}`,
  birthDate: `19${10 + version}`,
});

it('I8, I9: a process frozen past its lease loses its slices, and its late results change nothing', async () => {
  const ledger = new Ledger(database.database);
  await subscribe(
    second,
    restHook('Patient', receiver.url, { settings: { 'retry-delay': '50ms', 'error-after': '1h' } }),
  );
  // The first process is the only one that delivers; it is frozen while its requests are on their way.
  receiver.answer(() => ({ status: 200, delayMs: 400 }));
  await Promise.all(Array.from({ length: 12 }, (_, n) => second.put(patient(n, 1))));
  await receiver.waitFor((stub) => stub.inFlight >= 4);
  first.freeze();
  receiver.answer(() => ({ status: 200 }));
  for (let version = 2; version <= 4; version += 1)
    await Promise.all(Array.from({ length: 12 }, (_, n) => second.put(patient(n, version))));

  second = await restartWithAllRoles(second);
  await ledger.drained(60_000);
  const before = await ledger.states();
  first.resume();
  await eventually(async () => (await ledger.staleAttempts()) > 0, {
    deadlineMs: 20_000,
    what: 'a stale result to be recorded',
  });

  expect(await ledger.states()).toEqual(before);
  expect(before).toEqual({ delivered: 48 });
  expect(judge(receiver.processed)).toMatchObject({ distinct: 48, gaps: 0, unequalRepeats: 0 });
  expect(await ledger.overlapsWithinALease(leaseLeastMs)).toBe(0);
  expect(await ledger.violations()).toEqual([]);
}, 300_000);

async function restartWithAllRoles(process: HeraldProcess): Promise<HeraldProcess> {
  await process.stop();
  return HeraldProcess.start({ ...process.options, roles: 'api,relay,matcher,deliverer' });
}
