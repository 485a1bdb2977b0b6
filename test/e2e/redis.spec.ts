// Several Herald processes on one database with a real Redis between them: hints make it fast, and nothing depends on them.
import { createTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/deadline';
import { judge } from '../support/deliveries';
import type { FhirClient } from '../support/fhir-client';
import { startHerald, type Herald } from '../support/herald';
import { HeraldProcess } from '../support/herald-process';
import { Ledger } from '../support/ledger';
import { describeWithRedis, TestRedis } from '../support/redis-server';
import { SubscriberStub } from '../support/subscriber-stub';
import { restHook, subscribe } from '../support/subscription';

const generousMs = 120_000;
const nothingWrong = { duplicates: 0, orderViolations: 0, gaps: 0, unequalRepeats: 0 };
const patient = (id: string, rest: object = {}): any => ({ resourceType: 'Patient', id, ...rest });

describeWithRedis('several processes with Redis between them', () => {
  jest.setTimeout(240_000);
  let database: TestDatabase;
  let redis: TestRedis;
  let receiver: SubscriberStub;
  const running: { stop(): Promise<number | null | void> }[] = [];

  beforeEach(async () => {
    database = await createTestDatabase();
    redis = await TestRedis.start();
    receiver = await SubscriberStub.start();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((herald) => herald.stop()));
    await receiver.stop();
    await redis.remove();
    await database.drop();
  });

  const withRedis = (env: Record<string, string> = {}): Record<string, string> => ({ REDIS_URL: redis.url, ...env });
  /** One that shares nothing with the others but the database and Redis. */
  const start = async (roles: string, env: Record<string, string> = {}): Promise<Herald> => {
    const herald = await startHerald({ database, roles, env: withRedis(env) });
    running.push(herald);
    return herald;
  };
  const startProcess = async (roles: string): Promise<HeraldProcess> => {
    const herald = await HeraldProcess.start({ databaseUrl: database.url, roles, env: withRedis() });
    running.push(herald);
    return herald;
  };
  const figure = async (herald: FhirClient, name: string): Promise<number> => {
    const { text } = await herald.get('/metrics');
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1] ?? 0,
    );
  };
  const readiness = async (herald: FhirClient): Promise<unknown> => {
    const { status, body } = await herald.get('/health/ready');
    const { status: word, checks } = body as { status: string; checks: { hints: { name: string; status: string }[] } };
    return [status, word, ...checks.hints.map((hint) => `${hint.name} ${hint.status}`)];
  };
  /** The sweeps so slow that what arrives soon was hinted at. */
  const withoutSweep = { HERALD_DELIVERY_SWEEP: '1m' };

  it('hints reach deliverers that did not match, and two of them share the work', async () => {
    const matcher = await start('api,matcher');
    const deliverers = [await start('deliverer', withoutSweep), await start('deliverer', withoutSweep)];
    for (let n = 0; n < 8; n += 1) await subscribe(matcher, restHook('Patient', `${receiver.url}/s${n}`));
    const shares = (): Promise<number[]> =>
      Promise.all(deliverers.map((herald) => figure(herald, 'herald_deliveries_total{outcome="delivered"}')));
    const heard = (): Promise<number[]> =>
      Promise.all(deliverers.map((herald) => figure(herald, 'herald_wake_ups_total{fate="heard"}')));
    const isShared = async (): Promise<boolean> =>
      [...(await shares()), ...(await heard())].every((count) => count > 0);
    let versions = 0;
    while (versions < 10 || !(await isShared())) {
      versions += 1;
      const birthDate = new Date(Date.UTC(1900, 0, versions)).toISOString().slice(0, 10);
      await Promise.all(Array.from({ length: 5 }, (_, n) => matcher.put(patient(`p${n}`, { birthDate }))));
      await receiver.received(8 * 5 * versions, generousMs);
    }
    expect(judge(receiver.processed)).toEqual({ distinct: 8 * 5 * versions, ...nothingWrong });
    expect((await shares()).reduce((sum, share) => sum + share)).toBeLessThanOrEqual(8 * 5 * versions);
  });

  it('I16: Redis is flushed again and again while events flow: nothing is lost', async () => {
    const matcher = await start('api,matcher');
    await start('deliverer');
    await start('deliverer');
    for (let n = 0; n < 4; n += 1) await subscribe(matcher, restHook('Patient', `${receiver.url}/s${n}`));
    let isWriting = true;
    let flushes = 0;
    const flushing = (async () => {
      while (isWriting) {
        await redis.flush();
        flushes += 1;
      }
    })();
    for (let version = 0; version < 40; version += 1) {
      await Promise.all(
        Array.from({ length: 5 }, (_, n) => matcher.put(patient(`p${n}`, { birthDate: `19${10 + version}` }))),
      );
    }
    isWriting = false;
    await flushing;
    await receiver.received(4 * 200, generousMs);
    expect(flushes).toBeGreaterThan(40);
    expect(judge(receiver.processed)).toEqual({ distinct: 800, ...nothingWrong });
    const ledger = new Ledger(database.database);
    await ledger.drained(generousMs);
    expect(await ledger.violations()).toEqual([]);
  });

  it('I18: Redis away at the start and again in the middle: writes succeed, the sweep delivers, readiness says degraded; back, hints again', async () => {
    await redis.stop();
    const matcher = await startProcess('api,matcher');
    const deliverer = await startProcess('deliverer');
    expect(await readiness(matcher)).toEqual([200, 'degraded', 'redis down']);
    expect(await readiness(deliverer)).toEqual([200, 'degraded', 'redis down']);
    await subscribe(matcher, restHook('Patient', receiver.url));
    const write = async (from: number): Promise<void> => {
      const writes = Array.from({ length: 10 }, (_, n) => matcher.put(patient(`p${from + n}`)));
      expect((await Promise.all(writes)).map(({ status }) => status)).toEqual(Array(10).fill(201));
    };
    await write(0);
    await receiver.received(10, generousMs);

    await redis.restart();
    for (const herald of [matcher, deliverer]) {
      await eventually(async () => String(await readiness(herald)) === '200,ready,redis up', {
        deadlineMs: generousMs,
      });
    }
    await write(10);
    await receiver.received(20, generousMs);
    const heard = (): Promise<number> => figure(deliverer, 'herald_wake_ups_total{fate="heard"}');
    await eventually(async () => (await heard()) > 0, { deadlineMs: generousMs });

    await redis.kill();
    await write(20);
    await receiver.received(30, generousMs);
    await eventually(async () => String(await readiness(matcher)) === '200,degraded,redis down', {
      deadlineMs: generousMs,
    });
    await write(30);
    await receiver.received(40, generousMs);
    expect(judge(receiver.processed)).toEqual({ distinct: 40, ...nothingWrong });
    expect([await matcher.stop(), await deliverer.stop()]).toEqual([0, 0]);
  });

  it('I32: whatever is written and sent, Redis is told subscription keys only', async () => {
    const spy = await redis.listenIn();
    const matcher = await start('api,matcher');
    await start('deliverer');
    const header = ['Authorization: Bearer MARKER-secret'];
    await subscribe(matcher, restHook('Patient?family=MARKER-family', `${receiver.url}/MARKER-path`, { header }));
    await matcher.put(patient('MARKER-id', { name: [{ family: 'MARKER-family' }] }));
    await receiver.received(1, generousMs);
    await eventually(() => spy.heard.some((command) => command.includes('wake-up')), { deadlineMs: generousMs });
    expect(receiver.requests[0]!.path).toContain('MARKER');
    expect([...(await redis.dump()), ...spy.heard].filter((line) => line.includes('MARKER'))).toEqual([]);
    spy.stop();
  });

  it('the page about the queue is behind the tokens, and cannot change anything', async () => {
    const token = '0123456789abcdef';
    const herald = await start('all', { HERALD_TOKENS: `alice:${token}` });
    const ask = async (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
      fetch(`${herald.url}${path}`, { method, headers });
    const authorization = `Bearer ${token}`;
    for (const path of ['/admin/queues', '/admin/queues/api/queues', '/admin/queues/static/js/main.js']) {
      expect((await ask(path)).status).toBe(401);
    }
    const page = await ask('/admin/queues', { authorization });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    const list = await (await ask('/admin/queues/api/queues', { authorization })).json();
    expect(list).toMatchObject({ queues: [{ name: 'wake-ups', readOnlyMode: true }] });
    const pause = await ask('/admin/queues/api/queues/wake-ups/pause', { authorization }, 'PUT');
    expect(pause.status).toBe(405);
  });
});
