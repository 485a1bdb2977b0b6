// A deploy: processes are told to end (SIGTERM) while requests are on their way and clients write, and others take their place.
import { createTestDatabase, type TestDatabase } from '../support/database';
import { judge } from '../support/deliveries';
import { HeraldProcess } from '../support/herald-process';
import { Ledger } from '../support/ledger';
import { SubscriberStub } from '../support/subscriber-stub';
import { restHook, subscribe } from '../support/subscription';

const rounds = 3;
const clients = 4;
let database: TestDatabase;
let receiver: SubscriberStub;
let herald: HeraldProcess;
beforeAll(async () => {
  [database, receiver] = await Promise.all([createTestDatabase(), SubscriberStub.start()]);
  receiver.answer(() => ({ status: 200, delayMs: 150 }));
  herald = await HeraldProcess.start({ databaseUrl: database.url });
}, 60_000);
afterAll(async () => {
  await herald?.stop();
  await receiver?.stop();
  await database?.drop();
});

it('I27: told to end under load, it finishes or gives back everything: no lease is left, no request is repeated, none unrecorded', async () => {
  const ledger = new Ledger(database.database);
  await subscribe(herald, restHook('Patient', receiver.url));
  let isOver = false;
  let restarted: Promise<unknown> = Promise.resolve();
  let goOn: () => void = () => undefined;
  /** Writes until all is over; who is not answered waits for the next process, as clients do. */
  const client = async (number: number): Promise<void> => {
    for (let n = 0; !isOver; n += 1) {
      const patient = { resourceType: 'Patient', id: `c${number}-${n % 20}`, birthDate: `${1000 + n}` };
      const answer = await herald.put(patient).catch(() => undefined);
      if (answer === undefined) await restarted;
    }
  };
  const writing = Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  try {
    for (let round = 0; round < rounds; round += 1) {
      const seen = receiver.requests.length;
      await receiver.waitFor((stub) => stub.requests.length > seen + 20 && stub.inFlight >= 4);
      const leaving = herald;
      restarted = new Promise<void>((resolve) => (goOn = resolve));
      expect(await leaving.stop()).toBe(0);
      // Nobody else was there: what is so now is what it left.
      const { rows } = await database.database.query<{ leases: number; attempts: number }>({
        text: `select (select count(*) from slice where lease_until is not null)::int as leases,
                      (select count(*) from attempt where accepted)::int as attempts`,
        values: [],
      });
      expect(rows[0]).toEqual({ leases: 0, attempts: receiver.requests.length });
      expect(leaving.output).not.toMatch(/still-busy-at-stop|stop-step-failed/);
      herald = await leaving.again();
      goOn();
    }
  } finally {
    isOver = true;
    goOn();
  }
  await writing;
  await ledger.drained(60_000);
  expect(judge(receiver.requests)).toMatchObject({ duplicates: 0, orderViolations: 0, gaps: 0 });
  expect(await ledger.violations()).toEqual([]);
}, 150_000);
