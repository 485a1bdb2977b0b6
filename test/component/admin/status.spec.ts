// GET /admin/status over real rows: one sentence, and the figures behind it.
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { startAdminApp, type AdminApp } from './admin-app';
import { seedDelivery, seedHeldHead, seedSubscription } from './ledger-rows';

let db: TestDatabase;
let app: AdminApp;
const supervisor = { health: () => [{ name: 'matcher', state: 'running' as const, restarts: 0 }] };
beforeAll(async () => {
  db = await createTestDatabase();
  app = await startAdminApp(db.database, supervisor);
});
afterAll(async () => {
  await app.stop();
  await db.drop();
});
const ask = (text: string): Promise<unknown> => db.database.query({ text, values: [] });
const status = async () => (await app.client.get('/admin/status')).body;

it('S1.13: says in one sentence how all is, with unmatched events, backlog, its age, and the last audit', async () => {
  expect(await status()).toMatchObject({
    verdict: 'All is well: nothing waits.',
    unmatched: { count: 0 },
    backlog: { count: 0, failingSubscriptions: 0 },
    writes: { refused: false },
    workers: [{ name: 'matcher', state: 'running', restarts: 0 }],
  });
  const key = await seedSubscription(db.database, 's1', 'error', 3);
  await seedDelivery(db.database, key, { eventNumber: 1, state: 'delivered' });
  await seedDelivery(db.database, key, { eventNumber: 2, state: 'held' });
  await seedDelivery(db.database, key, { eventNumber: 3, state: 'behind' });
  await seedHeldHead(db.database, key, 2);
  await ask(`update subscription_runtime set failing_since = '2026-03-01T11:59:10Z'`);
  await ask(`insert into delivery_audit (epoch, audited_at, result) values (1, '2026-03-01T11:59:50Z',
    '{"durationMs": 12, "repairs": {}, "alarms": {}, "repairsTotal": {"idle-slice": 1}, "alarmsTotal": {}}')`);
  expect(await status()).toMatchObject({
    asOf: '2026-03-01T12:00:00.000Z',
    verdict: 'Nothing is lost; 1 Subscription(s) fail, 2 deliveries wait, the oldest for 60 s: it is them.',
    backlog: { count: 2, oldestAt: '2026-03-01T11:59:00.000Z', oldestAgeMs: 60_000, failingSubscriptions: 1 },
    audit: { at: '2026-03-01T11:59:50.000Z', durationMs: 12, repairsTotal: { 'idle-slice': 1 }, missingNumbers: 0 },
  });
  await ask(`insert into outbox (event_id, tenant, type, id, version, interaction, root, root_hash, body_bytes, request_id, written_at)
    values (gen_random_uuid(), 'default', 'Patient', 'p', 1, 'create', 'Patient/p', 1, 1, 'r', '2026-03-01T11:58:00Z')`);
  expect(await status()).toMatchObject({
    verdict: 'Nothing is lost, but we are behind: the oldest event has not been matched for 2 min.',
    unmatched: { count: 1, oldestAgeMs: 120_000 },
  });
  await ask(
    `insert into delivery_watermark (subscription_key, pass_started_at, reported) values (${key}, '2026-03-01', 2)`,
  );
  expect((await status()).verdict).toMatch(/^Something is lost, by us: 2 event number/);
});

it('a Subscription whose last failure has become a dead letter, with nothing behind it, does not fail: the letter is what is told', async () => {
  const other = await createTestDatabase();
  const quiet = await startAdminApp(other.database, supervisor);
  try {
    const key = await seedSubscription(other.database, 's1', 'active', 1);
    await seedDelivery(other.database, key, { eventNumber: 1, state: 'dead', reason: 'poison' });
    const failing = `update subscription_runtime set failing_since = '2026-03-01T11:59:10Z'`;
    await other.database.query({ text: failing, values: [] });
    expect((await quiet.client.get('/admin/status')).body).toMatchObject({
      verdict: expect.stringMatching(/^Nothing is lost, but 1 dead letter\(s\) wait/) as string,
      backlog: { failingSubscriptions: 0 },
    });
    await other.database.query({ text: `update subscription_runtime set status = 'error'`, values: [] });
    expect((await quiet.client.get('/admin/status')).body).toMatchObject({ backlog: { failingSubscriptions: 1 } });
  } finally {
    await quiet.stop();
    await other.drop();
  }
});

it('takes no parameters, and says so', async () => {
  const answer = await app.client.get('/admin/status?verbose=true');
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({ parameter: 'verbose' });
});
