// Days go by over a Herald that writes, matches and sends: partitions are there before their day begins, old ones are dropped, nothing is lost.
import { retain } from '../../../src/app/duties';
import { auditLedger } from '../../../src/deliveries';
import { ensureAttemptPartitions } from '../../../src/deliveries/ledger/partitions';
import { startHerald, type Herald } from '../../support/herald';
import { silentLog } from '../../support/silent-log';
import { restHook, subscribe } from '../../support/subscription';
import { SubscriberStub } from '../../support/subscriber-stub';

const DAY_MS = 86_400_000;
const NIGHTS = 6;
const CLIENTS = 3;
const beforeMidnightMs = 250;

let herald: Herald;
let receiver: SubscriberStub;
beforeAll(async () => {
  const kept = { HERALD_RETENTION_OUTBOX: '2d', HERALD_RETENTION_ATTEMPTS: '2d', HERALD_RETENTION_DELIVERIES: '2d' };
  receiver = await SubscriberStub.start();
  herald = await startHerald({ env: { ...kept, HERALD_RETENTION_INTERVAL: '1d' } });
});
afterAll(async () => {
  await herald?.stop();
  await receiver?.stop();
});

const rows = async <R extends object>(text: string): Promise<R[]> =>
  (await herald.database.database.query<R>({ text, values: [] })).rows;

/** Moves the time of the whole Herald: every room asks the one clock. Answers how to move it on. */
function movable(): (ms: number) => void {
  const { clock } = herald.parts;
  const real = clock.now.bind(clock);
  let aheadMs = 0;
  clock.now = () => new Date(real().getTime() + aheadMs);
  return (ms) => (aheadMs += ms);
}

/** What the hourly workers do, at an hour of the test's choosing. */
async function upkeep(): Promise<Record<string, unknown>> {
  const { clock, config, databases, outboxPartitions } = herald.parts;
  await outboxPartitions.look();
  await ensureAttemptPartitions(databases.api, clock.now(), silentLog);
  return retain({ config, databases, clock }, async () => true);
}

it('I4, I14: several midnights under writes: each day has its partition in time, old days go, everything arrives once', async () => {
  const move = movable();
  const { clock } = herald.parts;
  await subscribe(herald, restHook('Patient', receiver.url));
  const dropped: string[] = [];
  let written = 0;
  for (let night = 1; night <= NIGHTS; night += 1) {
    const midnightMs = (Math.floor(clock.now().getTime() / DAY_MS) + 1) * DAY_MS;
    // By day, when nothing is on its way: the hours until shortly before midnight pass.
    await herald.drained();
    move(midnightMs - beforeMidnightMs - clock.now().getTime());
    const client = async (number: number): Promise<void> => {
      for (let n = 0; n < 10 || clock.now().getTime() < midnightMs + beforeMidnightMs; n += 1) {
        const patient = { resourceType: 'Patient', id: `c${number}`, birthDate: `${1000 + written}` };
        expect((await herald.put(patient)).status).toBeLessThan(300);
        written += 1;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
    await herald.drained();
    const removed = await upkeep();
    dropped.push(...(removed['eventDays'] as string[]), ...(removed['attemptDays'] as string[]));
  }
  // Made ahead: no row ever had to go into the net.
  expect(await rows('select 1 from outbox_default union all select 1 from attempt_default')).toEqual([]);
  expect(dropped.filter((name) => name.startsWith('outbox_p')).length).toBeGreaterThanOrEqual(NIGHTS - 3);
  expect(dropped.filter((name) => name.startsWith('attempt_')).length).toBeGreaterThanOrEqual(NIGHTS - 3);
  const numbers = receiver.requests.map((request) => Number(request.headers['herald-event-number']));
  expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: written }, (_, n) => n + 1));
  for (let number = 0; number < CLIENTS; number += 1) {
    const seen = receiver.requests.filter((request) => request.path.endsWith(`/c${number}`));
    expect(seen.map((request) => Number(request.headers['herald-version']))).toEqual(seen.map((_, index) => index + 1));
  }
  expect(await auditLedger(herald.database.database, clock.now())).toEqual([]);
}, 120_000);
