// The operator's pages over real rows: what they show, how they page, what they refuse.
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { startAdminApp, type AdminApp } from './admin-app';
import { seedDelivery, seedHeldHead, seedSubscription } from './ledger-rows';

describe('admin', () => {
  let test: TestDatabase;
  let app: AdminApp;
  let first: number;
  let workers: { name: string; state: 'running' | 'restarting' | 'stopped'; restarts: number }[];

  beforeAll(async () => {
    test = await createTestDatabase();
    workers = [{ name: 'matcher', state: 'running', restarts: 0 }];
    app = await startAdminApp(test.database, { health: () => workers });
    first = await seedSubscription(test.database, 'alpha', 'active', 4);
    await seedDelivery(test.database, first, { eventNumber: 1, state: 'delivered' });
    await seedDelivery(test.database, first, { eventNumber: 2, state: 'held' });
    await seedDelivery(test.database, first, { eventNumber: 3, state: 'behind', resource: 'Patient/p2' });
    await seedDelivery(test.database, first, {
      eventNumber: 4,
      state: 'dead',
      reason: 'poison',
      resource: 'Observation/o1',
    });
    await seedHeldHead(test.database, first, 2);
    const second = await seedSubscription(test.database, 'beta', 'error', 1);
    await seedDelivery(test.database, second, { eventNumber: 1, state: 'pending' });
    await seedSubscription(test.database, 'gamma', 'off', 0);
  });
  afterAll(async () => {
    await app?.stop();
    await test?.drop();
  });

  it('S1.13: a subscription with what waits, what is held, what was done, and the age of the oldest', async () => {
    const { status, body } = await app.client.get('/admin/subscriptions/alpha');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      asOf: '2026-03-01T12:00:00.000Z',
      id: 'alpha',
      subscriptionKey: first,
      status: 'active',
      degraded: true,
      pending: 2,
      inFlightSlices: 0,
      heldKeys: 1,
      delivered: 1,
      dead: 1,
      eventNumber: 4,
      oldestPendingAgeMs: 60_000,
      config: { endpoint: 'https://partner.example/hook', headerNames: ['Authorization'] },
    });
  });

  it('lists subscriptions by id, filtered, in pages', async () => {
    const all = await app.client.get('/admin/subscriptions');
    expect(all.body.subscriptions.map((each: any) => each.id)).toEqual(['alpha', 'beta', 'gamma']);
    expect(all.body.next).toBeUndefined();
    const page = await app.client.get('/admin/subscriptions?limit=2');
    expect(page.body.subscriptions).toHaveLength(2);
    const rest = await app.client.get(page.body.next);
    expect(rest.body.subscriptions.map((each: any) => each.id)).toEqual(['gamma']);
    const failing = await app.client.get('/admin/subscriptions?status=error');
    expect(failing.body.subscriptions.map((each: any) => each.id)).toEqual(['beta']);
  });

  it.each([
    ['', 5],
    ['subscription=alpha', 4],
    ['subscription=beta', 1],
    ['subscription=gamma', 0],
    ['state=dead', 1],
    ['subscription=alpha&state=behind', 1],
    ['resource=Patient/p1', 3],
    ['resource=Observation', 1],
    ['subscription=alpha&fromEventNumber=2&toEventNumber=3', 2],
    ['class=E', 1],
    ['class=M', 0],
    ['event=00000000-0000-4000-8000-000000000000', 0],
  ])('filters deliveries by %s', async (query, count) => {
    const { status, body } = await app.client.get(`/admin/deliveries?${query}`);
    expect([status, body.deliveries.length]).toEqual([200, count]);
  });

  it('pages deliveries by key, newest first', async () => {
    const seen: string[] = [];
    let next: string | undefined = '/admin/deliveries?limit=2';
    for (; next !== undefined;) {
      const { body }: { body?: any } = await app.client.get(next);
      seen.push(...body.deliveries.map((each: any) => `${each.subscription}/${each.eventNumber}`));
      next = body.next;
    }
    expect(seen).toEqual(['beta/1', 'alpha/4', 'alpha/3', 'alpha/2', 'alpha/1']);
  });

  it('shows one delivery with its attempts', async () => {
    const { status, body } = await app.client.get(`/admin/deliveries/${first}/2`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      deliveryId: `${first}/2`,
      state: 'held',
      requestId: 'req-1',
      lastStatus: 503,
      nextAttemptAt: '2026-03-01T12:05:00.000Z',
      attempts: [{ number: 1, class: 'E', status: 503, durationMs: 250, excerpt: 'busy', accepted: true }],
    });
  });

  it.each([
    ['/admin/subscriptions/nobody', 404, undefined],
    ['/admin/deliveries/1/999', 404, undefined],
    ['/admin/deliveries?subscription=nobody', 404, undefined],
    ['/admin/nothing', 404, undefined],
    ['/admin/deliveries/x/1', 400, 'subscriptionKey/eventNumber'],
    ['/admin/deliveries?state=lost', 400, 'state'],
    ['/admin/deliveries?sort=age', 400, 'sort'],
    ['/admin/deliveries?limit=0', 400, 'limit'],
    ['/admin/deliveries?after=1', 400, 'after'],
    ['/admin/deliveries?class=Z', 400, 'class'],
    ["/admin/deliveries?resource=Patient/p1'--", 400, 'resource'],
    ['/admin/subscriptions?status=broken', 400, 'status'],
  ])('A10, A11: refuses %s as a problem document', async (path, status, parameter) => {
    const answer = await app.client.get(path);
    expect([answer.status, answer.headers['content-type']]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
    expect(answer.body).toMatchObject({ status, ...(parameter && { parameter }) });
  });

  it('S1.38: live, and ready with each dependency; 503 when a worker is not running', async () => {
    expect((await app.client.get('/health/live')).body).toEqual({ status: 'up' });
    const ready = await app.client.get('/health/ready');
    expect([ready.status, ready.body]).toMatchObject([
      200,
      {
        status: 'ready',
        checks: { database: { status: 'up' }, workers: { items: [{ name: 'matcher', status: 'up' }] } },
      },
    ]);
    expect(ready.body.checks.database.durationMs).toEqual(expect.any(Number));
    workers[0]!.state = 'restarting';
    const failing = await app.client.get('/health/ready');
    expect([failing.status, failing.body.checks.workers]).toMatchObject([
      503,
      { status: 'down', reason: 'not running: matcher' },
    ]);
    workers[0]!.state = 'running';
  });

  it('S1.41: metrics in Prometheus text', async () => {
    await app.client.get('/admin/subscriptions');
    const { headers, text } = await app.client.get('/metrics');
    expect(headers['content-type']).toContain('text/plain; version=0.0.4');
    expect(text).toMatch(/^herald_http_request_duration_seconds_bucket\{.*interaction="admin".*\} [1-9]/m);
  });
});

describe('readiness', () => {
  it('S1.38: 503 when the database does not answer', async () => {
    const test = await createTestDatabase();
    const pool = test.open();
    const app = await startAdminApp(pool, { health: () => [] });
    await pool.close();
    const { status, body } = await app.client.get('/health/ready');
    expect([status, body.checks.database]).toMatchObject([503, { status: 'down', reason: 'no connection' }]);
    await app.stop();
    await test.drop();
  });
});
