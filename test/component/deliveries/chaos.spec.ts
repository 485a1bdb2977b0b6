// Several workers on one database, a hostile receiver, crashes and freezes: what arrived and what the ledger says must fit the promises.
import { createHash } from 'node:crypto';
import { auditLedger, scheduleDeliveries } from '../../../src/deliveries';
import type { Database } from '../../../src/platform';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { eventually } from '../../support/deadline';
import { SubscriberStub, type ReceivedRequest } from '../../support/subscriber-stub';
import { defaults, Delivering, event } from './delivering';
import { GatedDatabase } from './gated-database';

// A short lease, so that crashed and frozen owners are replaced within the test; attempts end well before it.
const hasty = {
  ...defaults,
  leaseMs: 1_500,
  deadlineMs: 300,
  retryBaseMs: 30,
  retryMaxMs: 300,
  sweepIntervalMs: 50,
  renewIntervalMs: 100,
};
const ORDERINGS = ['none', 'focus', 'patient', 'subscription', 'focus', 'patient'] as const;
const KEYS = ORDERINGS.map((_, index) => index + 1);
const PATIENTS = 12;
const CHAOS_MS = 6_000;

let db: TestDatabase;
let stub: SubscriberStub;
let herald: Delivering;
beforeAll(async () => {
  db = await createTestDatabase();
  stub = await SubscriberStub.start({ answer: hostile });
  herald = new Delivering(db.database);
}, 60_000);
afterAll(async () => {
  await herald.stop();
  await stub.stop();
  await db.drop();
});

function hostile(): ReturnType<Parameters<SubscriberStub['answer']>[0]> {
  const dice = Math.random();
  if (dice < 0.1) return { status: 500 };
  if (dice < 0.13) return { reset: 'after' };
  if (dice < 0.14) return { hang: true };
  return { status: 200, delayMs: dice < 0.5 ? 40 : 0 };
}

/** Two writers at once; now and then a transaction is rolled back after everything was written. */
async function write(until: number, versions: Map<string, number>, count: { events: number }): Promise<void> {
  while (performance.now() < until) {
    const events = Array.from({ length: 1 + Math.floor(Math.random() * 8) }, () => {
      const patient = `p${Math.floor(Math.random() * PATIENTS)}`;
      const isPatient = Math.random() < 0.5;
      const id = isPatient ? patient : `${patient}-o${Math.floor(Math.random() * 3)}`;
      const version = (versions.get(id) ?? 0) + 1;
      versions.set(id, version);
      return event(id, version, { type: isPatient ? 'Patient' : 'Observation', root: `Patient/${patient}` });
    });
    await herald.schedule(KEYS, events);
    count.events += events.length;
    if (Math.random() < 0.2) await rollBack();
    await herald.clock.sleep(60);
  }
}

async function rollBack(): Promise<void> {
  const failing = db.database.transaction(async (tx) => {
    scheduleDeliveries(
      tx,
      herald.clock.now(),
      KEYS.map((subscriptionKey) => ({ subscriptionKey, event: event('rolled-back') })),
    );
    throw new Error('rolled back by the test');
  });
  await expect(failing).rejects.toThrow('rolled back');
}

interface Running {
  pool: Database;
  gated: GatedDatabase;
  stop: () => Promise<void>;
}

function startWorker(): Running {
  const pool = db.open({ poolMax: 4 });
  const gated = new GatedDatabase(pool);
  return { pool, gated, stop: herald.run(herald.worker({ database: gated.database, defaults: hasty })) };
}

/** From one moment to the next nothing of it reaches the database any more; requests under way still reach the receiver. */
async function kill(worker: Running): Promise<void> {
  worker.gated.crash();
  void worker.stop();
  await worker.pool.close();
}

/** Every 150 ms one worker is killed and replaced, or frozen for longer than its lease. */
async function misfortune(workers: Running[], until: number): Promise<number> {
  let kills = 0;
  while (performance.now() < until) {
    await herald.clock.sleep(150);
    const victim = Math.floor(Math.random() * workers.length);
    if (Math.random() < 0.5) {
      await kill(workers[victim]!);
      workers[victim] = startWorker();
      kills += 1;
    } else {
      const thaw = workers[victim]!.gated.freeze();
      void herald.clock.sleep(hasty.leaseMs + 300).then(thaw);
    }
  }
  return kills;
}

function laneOf(request: ReceivedRequest): string {
  const [type, id] = request.path.split('/').slice(-2);
  const subscription = request.headers['herald-subscription']!;
  const ordering = ORDERINGS[Number(subscription.slice(1)) - 1]!;
  const root = ordering === 'subscription' ? '' : ordering === 'patient' ? id!.split('-')[0] : `${type}/${id}`;
  return ordering === 'none' ? `${subscription} ${request.headers['herald-event-id']}` : `${subscription} ${root}`;
}

it('I7, I8, I11, I14, I15, I24: hold through crashes, freezes and a hostile receiver', async () => {
  for (const [index, orderingKey] of ORDERINGS.entries())
    await herald.subscribe(index + 1, `${stub.url}/${index}`, { orderingKey, deadlineMs: hasty.deadlineMs });
  const workers = [startWorker(), startWorker(), startWorker()];
  const until = performance.now() + CHAOS_MS;
  const count = { events: 0 };
  const versions = new Map<string, number>();
  const [kills] = await Promise.all([misfortune(workers, until), write(until, versions, count)]);
  await eventually(async () => Object.keys(await herald.states()).join() === 'delivered', {
    deadlineMs: 60_000,
    everyMs: 100,
    what: 'all delivered',
  }).catch(async (error: unknown) => {
    throw new Error(`${String(error)}: ${JSON.stringify(await herald.states())} of ${count.events}`);
  });
  for (const { stop } of workers) await stop();

  expect(await auditLedger(db.database, herald.clock.now())).toEqual([]);
  expect(await herald.states()).toEqual({ delivered: count.events * KEYS.length });

  const first = new Map<string, ReceivedRequest>();
  const highest = new Map<string, number>();
  let repeats = 0;
  for (const request of stub.processed) {
    const name = `${request.headers['herald-subscription']} ${request.headers['herald-event-id']}`;
    const before = first.get(name);
    if (before) {
      repeats += 1;
      expect(fingerprint(request)).toBe(fingerprint(before));
      continue;
    }
    first.set(name, request);
    const number = Number(request.headers['herald-event-number']);
    expect([laneOf(request), number > (highest.get(laneOf(request)) ?? 0)]).toEqual([laneOf(request), true]);
    highest.set(laneOf(request), number);
  }
  expect(first.size).toBe(count.events * KEYS.length);

  const attempts = await figures();
  expect(attempts.overlaps).toBe(0);
  expect(attempts.early).toBe(0);
  expect(attempts.afterSuccess).toBe(0);
  // Every row is a request; requests without a row are those in flight or unwritten when a worker was killed.
  expect(attempts.rows).toBeLessThanOrEqual(stub.requests.length + attempts.unsent);
  expect(attempts.rows).toBeGreaterThan(0.7 * stub.requests.length);
  console.info(
    `${count.events} events, ${first.size} deliveries, ${repeats} repeats, ${kills} kills, ${attempts.stale} stale`,
  );
}, 120_000);

/** What must not change from one try to the next: everything but Herald-Attempt. */
function fingerprint(request: ReceivedRequest): string {
  const { 'herald-attempt': _, connection: __, ...headers } = request.headers;
  return createHash('sha256')
    .update(JSON.stringify([request.method, request.path, headers]))
    .update(request.body)
    .digest('hex');
}

async function figures(): Promise<Record<'rows' | 'stale' | 'unsent' | 'overlaps' | 'early' | 'afterSuccess', number>> {
  // Fresh tables have no statistics, and the questions below join them with themselves.
  await db.database.query({ text: 'analyze attempt, delivery', values: [] });
  const { rows } = await db.database.query<
    Record<'rows' | 'stale' | 'unsent' | 'overlaps' | 'early' | 'afterSuccess', number>
  >({
    text: `
      select (select count(*)::int from attempt) as rows,
             (select count(*)::int from attempt where not accepted) as stale,
             (select count(*)::int from attempt where not sent or class = 'E' and status is null) as unsent,
             (select count(*)::int from attempt a join attempt b using (subscription_key, event_no)
               where a.epoch < b.epoch and b.started_at < a.ended_at and b.started_at < a.started_at + interval '600 ms') as overlaps,
             (with lane as (select subscription_key, event_no, lag(event_no) over (partition by subscription_key, key_hash order by event_no) as ahead from delivery),
                   times as (select subscription_key, event_no, min(started_at) as first, max(ended_at) filter (where accepted) as last from attempt group by 1, 2)
              select count(*)::int from lane l join times a on (a.subscription_key, a.event_no) = (l.subscription_key, l.event_no)
                join times b on (b.subscription_key, b.event_no) = (l.subscription_key, l.ahead) where a.first < b.last) as early,
             (select count(*)::int from attempt a join attempt b using (subscription_key, event_no)
               where a.class = 'S' and a.accepted and b.started_at > a.ended_at + interval '1500 ms') as "afterSuccess"`,
    values: [],
  });
  return rows[0]!;
}
