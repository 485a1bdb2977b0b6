// kill -9, again and again, in the middle of writes and deliveries, with a receiver that fails one request in ten:
// nothing lost, nothing out of order, no number missing. Repeats are allowed, counted, and equal to their first try.
import { createTestDatabase, type TestDatabase } from '../support/database';
import { judge } from '../support/deliveries';
import { HeraldProcess } from '../support/herald-process';
import { Ledger } from '../support/ledger';
import { SubscriberStub } from '../support/subscriber-stub';
import { restHook, subscribe } from '../support/subscription';

const isFull = process.env['TEST_FULL'] === '1';
const plan = isFull ? { writes: 1_000, kills: 10 } : { writes: 300, kills: 3 };
const writers = 8;
const patientsPerWriter = 5;

let database: TestDatabase;
let receiver: SubscriberStub;
let herald: HeraldProcess;
beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await SubscriberStub.start({
    answer: (_request, number) =>
      number % 10 === 7 ? { status: 500 } : number % 97 === 31 ? { reset: 'after' } : { status: 200 },
  });
  herald = await HeraldProcess.start({
    databaseUrl: database.url,
    // What the dead one leased is out of reach until then: shorter than outside of tests.
    env: { HERALD_TEST_MODE: 'true', HERALD_DELIVERY_DEADLINE: '1s', HERALD_DELIVERY_LEASE: '6s' },
  });
}, 150_000);
afterAll(async () => {
  await herald?.stop();
  await receiver?.stop();
  await database?.drop();
});

/** One client: writes its patients in turn and, when the line breaks, asks again until it is answered, as clients do. */
async function write(writer: number, count: number, written: () => void): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const resource = { resourceType: 'Patient', id: `w${writer}-${n % patientsPerWriter}`, birthDate: `${1900 + n}` };
    for (let isAnswered = false; !isAnswered;) {
      // Refused and broken connections are what a killed server answers.
      const answer = await herald.put(resource).catch(() => undefined);
      isAnswered = answer !== undefined && answer.status < 300;
      if (!isAnswered) await restarted;
    }
    written();
  }
}

let restarted: Promise<unknown> = Promise.resolve();

it(
  `I1, I4, I5, I14: ${plan.kills} × kill -9 during ${plan.writes} writes: lost 0, order violations 0, gaps 0`,
  async () => {
    const settings = { 'retry-delay': '50ms', 'error-after': '1h' };
    await subscribe(herald, restHook('Patient', receiver.url, { settings }));
    let done = 0;
    let kills = 0;
    const afterEachWrite = (): void => {
      done += 1;
      if (kills >= plan.kills || done < ((kills + 1) * plan.writes) / (plan.kills + 1)) return;
      kills += 1;
      const victim = herald;
      restarted = victim.kill().then(async () => {
        herald = await victim.again();
      });
    };
    const perWriter = plan.writes / writers;
    const clients = Array.from({ length: writers }, (_, writer) => write(writer, Math.ceil(perWriter), afterEachWrite));
    await Promise.all(clients);
    await restarted;
    const ledger = new Ledger(database.database);
    await ledger.drained(90_000);

    const committed = await ledger.versionsOf('Patient');
    const verdict = judge(receiver.processed);
    console.log(
      `kills ${kills}, writes ${done}, versions committed ${committed}, arrived ${verdict.distinct}, duplicates ${verdict.duplicates}`,
    );
    expect(kills).toBe(plan.kills);
    expect(committed).toBeGreaterThanOrEqual(plan.writes);
    expect(verdict).toMatchObject({ distinct: committed, orderViolations: 0, gaps: 0, unequalRepeats: 0 });
    expect(await ledger.violations()).toEqual([]);
  },
  isFull ? 600_000 : 400_000,
);
