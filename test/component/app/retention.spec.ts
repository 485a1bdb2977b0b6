// The retention with a clock that is weeks ahead, over a Herald that goes on writing, matching and sending: nothing that waits is touched,
// nothing is lost, and no number is given twice.
import { retain } from '../../../src/app/duties';
import { auditLedger } from '../../../src/deliveries';
import { Clock, SystemClock } from '../../../src/platform';
import { eventually } from '../../support/deadline';
import { startHerald, type Herald } from '../../support/herald';
import { restHook, subscribe } from '../../support/subscription';
import { SubscriberStub } from '../../support/subscriber-stub';

const DAY_MS = 86_400_000;
const hourly = { HERALD_RETENTION_INTERVAL: '1d' };

/** The real clock, so many days ahead. */
class AheadClock extends SystemClock {
  constructor(private readonly days: number) {
    super();
  }

  override now(): Date {
    return new Date(super.now().getTime() + this.days * DAY_MS);
  }
}

let herald: Herald;
let receiver: SubscriberStub;
beforeAll(async () => {
  herald = await startHerald({ env: hourly });
});
afterAll(async () => herald.stop());
beforeEach(async () => {
  receiver = await SubscriberStub.start();
});
afterEach(async () => {
  await herald.unsubscribeAll();
  await eventually(
    async () => (await one(`select count(*) as n from subscription_runtime where cleared_at is null`)) === 0,
  );
  await sql('update subscription_change set snapshot = null');
  await retainWith(new AheadClock(90));
  await herald.parts.outboxPartitions.look();
  await receiver.stop();
});

const sql = async <R extends object>(text: string, ...values: unknown[]): Promise<R[]> =>
  (await herald.database.database.query<R>({ text, values })).rows;
const one = async (text: string): Promise<number> => (await sql<{ n: number }>(text))[0]!.n;
const always = async (): Promise<boolean> => true;

function retainWith(clock: Clock): ReturnType<typeof retain> {
  const { config, databases } = herald.parts;
  return retain({ config, databases, clock }, always);
}
const patient = (id: string): object => ({ resourceType: 'Patient', id });
const put = async (id: string): Promise<void> => {
  expect((await herald.put(patient(id) as never)).status).toBeLessThan(300);
};

it('while writers, matchers and deliverers run, with every day old at once: all events arrive once, in order, numbers 1 to n', async () => {
  await subscribe(herald, restHook('Patient', receiver.url));
  const resources = 8;
  const versions = 40;
  let isWriting = true;
  const gone: string[] = [];
  const retaining = (async () => {
    const clock = new AheadClock(60);
    while (isWriting) {
      const removed = await retainWith(clock);
      gone.push(...(removed['eventDays'] as string[]), ...(removed['attemptDays'] as string[]));
      // As the hourly workers would: the days are there again, so that they are dropped again.
      await herald.parts.outboxPartitions.look();
    }
  })();
  await Promise.all(
    Array.from({ length: resources }, async (_, n) => {
      for (let version = 1; version <= versions; version += 1) await put(`r${n}`);
    }),
  );
  await herald.drained();
  isWriting = false;
  await retaining;
  expect(gone.some((name) => name.startsWith('outbox_p'))).toBe(true);
  expect(gone.some((name) => name.startsWith('attempt_'))).toBe(true);
  const numbers = receiver.requests.map((request) => Number(request.headers['herald-event-number']));
  expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: resources * versions }, (_, n) => n + 1));
  for (let n = 0; n < resources; n += 1) {
    const seen = receiver.requests.filter((request) => request.path.endsWith(`/r${n}`));
    expect(seen.map((request) => Number(request.headers['herald-version']))).toEqual(seen.map((_, index) => index + 1));
  }
  // On a bus an event stays until it is published, which may be after its delivery.
  await eventually(
    async () => {
      await retainWith(new AheadClock(60));
      return (await one('select count(*) as n from outbox')) === 0;
    },
    { what: 'every old event to be gone' },
  );
  expect(await one('select count(*) as n from delivery')).toBe(0);
  // The counter stays, the next event has the next number, and nothing counts as missing.
  await put('r0');
  await herald.drained();
  expect(receiver.requests.at(-1)!.headers['herald-event-number']).toBe(String(resources * versions + 1));
  expect(await auditLedger(herald.database.database, herald.parts.clock.now())).toEqual([]);
});

it('a day with an unmatched event stays, whole, until that is matched', async () => {
  const unmatched = await startHerald({ roles: 'api', env: hourly });
  try {
    const { config, databases } = unmatched.parts;
    const ahead = { config, databases, clock: new AheadClock(60) };
    const ask = (text: string) =>
      unmatched.database.database.query<{ place: string; id: string }>({ text, values: [] });
    await unmatched.put(patient('a') as never);
    await unmatched.put(patient('b') as never);
    await ask(`update outbox set matched_at = written_at where id = 'a'`);
    const [day] = (await ask('select distinct tableoid::regclass::text as place from outbox')).rows;
    const kept = await retain(ahead, always);
    expect(kept['eventDaysKept']).toEqual([day!.place]);
    expect((await ask('select id from outbox order by 1')).rows).toEqual([{ id: 'a' }, { id: 'b' }]);
    await ask(`update outbox set matched_at = written_at`);
    expect((await retain(ahead, always))['eventDays']).toEqual([day!.place]);
  } finally {
    await unmatched.stop();
  }
});

it('keeps what is young, and what waits however old it is; removes it in its own time', async () => {
  receiver.answer((request) => ({ status: request.path.endsWith('/bad') ? 503 : 200 }));
  await subscribe(herald, restHook('Patient', receiver.url, { settings: { 'retry-delay': '1h' } }));
  for (const id of ['good', 'bad', 'good', 'bad', 'good']) await put(id);
  await herald.settled();
  await eventually(async () => (await one(`select count(*) as n from delivery where state = 'delivered'`)) === 3);
  const before = await sql<{ state: string }>('select event_no, state from delivery order by 1');
  const young = await retainWith(new AheadClock(29));
  expect(young).toMatchObject({ deliveries: 0, attemptDays: [] });
  expect(await sql('select event_no, state from delivery order by 1')).toEqual(before);
  // One of them is asked for again: it stays until that is done.
  await sql(`update subscription_runtime set paused = true`);
  await sql(`insert into resend (subscription_key, event_no, slice_no, key_hash, requested_by, reason, requested_at)
    select subscription_key, event_no, slice_no, key_hash, 'test', 'test', '2026-01-01' from delivery where state = 'delivered' order by event_no limit 1`);
  expect((await retainWith(new AheadClock(60)))['deliveries']).toBe(2);
  await sql(`update resend set done_at = '2026-01-02'`);
  await sql(`update subscription_runtime set paused = false`);
  expect((await retainWith(new AheadClock(60)))['deliveries']).toBe(1);
  expect(await one('select count(*) as n from resend')).toBe(0);
  const waiting = before.filter(({ state }) => state !== 'delivered');
  expect(waiting.map(({ state }) => state)).toEqual(['held', 'behind']);
  expect(await sql('select event_no, state from delivery order by 1')).toEqual(waiting);
  expect(await auditLedger(herald.database.database, herald.parts.clock.now())).toEqual([]);
  receiver.answer(() => ({ status: 200 }));
  await sql(`update held_key set next_at = '2020-01-01'`);
  await sql(`update slice set due_at = '2020-01-01' where lease_until is null`);
  await herald.drained();
  expect((await retainWith(new AheadClock(60)))['deliveries']).toBe(2);
  expect(await one('select last_event_no as n from subscription_runtime')).toBe(5);
});

it('works in bounded steps, and stops between them when asked', async () => {
  const id = await subscribe(herald, restHook('Patient', receiver.url));
  await herald.settled();
  await sql(
    `insert into delivery (subscription_key, event_no, slice_no, key_hash, event_id, type, id, version, interaction, request_id, state, reason,
                           written_at, numbered_at, ended_at)
     select subscription_key, n, 0, n, gen_random_uuid(), 'Patient', 'p', 1, 'create', 'r', case when n % 5 = 0 then 'dead' else 'delivered' end,
            case when n % 5 = 0 then 'poison' end, '2026-01-01', '2026-01-01', '2026-01-01'
       from subscription_runtime, generate_series(1, 3500) n where subscription_id = $1`,
    id,
  );
  await sql('update subscription_runtime set last_event_no = 3500');
  let asked = 0;
  const { config, databases } = herald.parts;
  const ground = { config, databases, clock: new AheadClock(0) };
  await retain(ground, async () => ++asked <= 6);
  const left = await one('select count(*) as n from delivery');
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(3500);
  await retain(ground, always);
  expect(await one('select count(*) as n from delivery')).toBe(0);
  expect(await sql('select removed_up_to, removed_dead, removed_cancelled from delivery_watermark')).toEqual([
    { removed_up_to: 3500, removed_dead: 700, removed_cancelled: 0 },
  ]);
});

it('forgets a deleted Subscription when nothing needs it any more, and the overtaken changes of a living one', async () => {
  const dead = await subscribe(herald, restHook('Patient', receiver.url));
  const living = await subscribe(herald, restHook('Observation', receiver.url));
  await put('a');
  await herald.drained();
  await herald.del(`Subscription/${dead}`);
  const stored = await herald.get(`Subscription/${living}`);
  const off = { ...(stored.body as Record<string, unknown>), status: 'off' };
  await herald.put(off as never);
  await herald.put({ ...off, status: 'requested' } as never);
  await eventually(async () => (await herald.get(`Subscription/${living}`)).body.status === 'active');
  await eventually(
    async () => (await one(`select count(*) as n from subscription_runtime where cleared_at is not null`)) === 1,
  );
  // Snapshots that no unmatched event lies before are cleared by the sweep, now and then.
  await sql('update subscription_change set snapshot = null');
  expect(await retainWith(new AheadClock(29))).toMatchObject({ changes: 0, incarnations: 0, ledgerTombstones: 0 });
  const removed = await retainWith(new AheadClock(60));
  expect(removed).toMatchObject({ deliveries: 1, ledgerTombstones: 1, incarnations: 1 });
  expect(removed['changes']).toBeGreaterThan(0);
  expect(await one('select count(*) as n from subscription_incarnation')).toBe(1);
  const registry = herald.parts.registry!;
  const again = new (registry.constructor as new (deps: object) => typeof registry)({
    definitions: herald.parts.definitions,
    log: herald.parts.log,
  });
  await again.catchUp(herald.database.database);
  expect(again.size).toBe(1);
  await herald.put({ resourceType: 'Observation', id: 'o', status: 'final', code: { text: 'x' } } as never);
  await herald.drained();
  expect(receiver.requests.at(-1)!.path).toMatch(/Observation\/o$/);
});
