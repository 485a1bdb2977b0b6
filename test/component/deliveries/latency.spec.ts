// The times on a Subscription's page come from the ledger's rows: from the write to the first request, and to the delivery.
import { latencyOf } from '../../../src/deliveries';
import { LATENCY_ROWS_MAX, LATENCY_SAMPLE_MAX } from '../../../src/deliveries/limits';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { Delivering, emptyLedger } from './delivering';

let db: TestDatabase;
let herald: Delivering;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => db.drop());
beforeEach(async () => {
  herald = new Delivering(db.database);
  await herald.subscribe(1, 'http://127.0.0.1:9');
});
afterEach(async () => {
  await herald.stop();
  await emptyLedger(db.database);
});
const sql = (text: string, ...values: unknown[]): Promise<unknown> => db.database.query({ text, values });

/** Deliveries first … last, in a state; number n was first tried n ms after its write and again 1 s later, and delivered then. */
async function rows(first: number, last: number, state = 'delivered'): Promise<void> {
  await sql(
    `insert into delivery (subscription_key, event_no, slice_no, key_hash, event_id, type, id, version, interaction, request_id, state, reason, attempts,
       written_at, numbered_at, ended_at)
     select 1, n, 0, n, gen_random_uuid(), 'Patient', 'p', n, 'update', 'r', $3, case when $3 = 'dead' then 'poison' end, 2, '2026-03-01', '2026-03-01',
            timestamptz '2026-03-01' + (1000 + n) * interval '1 ms' from generate_series($1::int, $2::int) n`,
    first,
    last,
    state,
  );
  await sql(
    `insert into attempt (subscription_key, event_no, slice_no, epoch, number, trigger, config_version, started_at, ended_at, sent, class, accepted)
     select 1, n, 0, 1, a, 'auto', 1, t, t, true, 'S', true from generate_series($1::int, $2::int) n, generate_series(1, 2) a,
            lateral (select timestamptz '2026-03-01' + ((a - 1) * 1000 + n) * interval '1 ms' as t) x`,
    first,
    last,
  );
  await sql('update subscription_runtime set last_event_no = greatest(last_event_no, $1)', last);
}

it('S4.23: p50 and p95 to the first request, and to the delivery with its retries', async () => {
  expect(await latencyOf(db.database, 1)).toBeUndefined();
  await rows(1, 100);
  await rows(101, 102, 'dead');
  expect(await latencyOf(db.database, 1)).toEqual({
    sample: 100,
    toFirstAttempt: { p50Ms: 50, p95Ms: 95 },
    toDelivered: { p50Ms: 1_050, p95Ms: 1_095 },
  });
  await sql('delete from attempt');
  expect(await latencyOf(db.database, 1)).not.toHaveProperty('toFirstAttempt');
});

it('S4.23: looks at the latest ones only, however many there are', async () => {
  await rows(1, LATENCY_SAMPLE_MAX + 50);
  const view = (await latencyOf(db.database, 1))!;
  expect(view.sample).toBe(LATENCY_SAMPLE_MAX);
  expect(view.toFirstAttempt!.p50Ms).toBe(50 + LATENCY_SAMPLE_MAX / 2);
  await sql('update subscription_runtime set last_event_no = $1', LATENCY_ROWS_MAX + LATENCY_SAMPLE_MAX + 50);
  expect(await latencyOf(db.database, 1)).toBeUndefined();
});
