// Writes wait for room with their bodies unread, and are refused while too much is waiting; what causes it, and how it ends.
import { BacklogWatch, WriteGate, type BacklogMeasure, type RestDeps } from '../../../src/rest';
import { Metrics, SystemClock, type HeraldConfig } from '../../../src/platform';
import { eventually } from '../../support/deadline';
import { FhirClient } from '../../support/fhir-client';
import { silentLog } from '../../support/silent-log';
import { startRestApp, type RestApp } from './rest-app';

const limits = { unmatchedMax: 10, waitingMax: 10, writesMax: 2, writesQueueMax: 3, writeBytesMax: 1_000_000 };
const http = { bodyBytesMax: 100_000, corsOrigins: [] };
const patient = { resourceType: 'Patient', id: 'p' };

interface Gated {
  app: RestApp;
  gate: WriteGate;
  watch: BacklogWatch;
  metrics: Metrics;
  /** Lets every write that is being worked on go on. */
  open(): void;
  started(): number;
  backlog: { count: number };
}

const apps: RestApp[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.stop()));
});

async function gated(): Promise<Gated> {
  const clock = new SystemClock();
  const metrics = new Metrics();
  const backlog = { count: 0 };
  const measure: BacklogMeasure = {
    name: 'unmatched',
    what: 'events not yet matched',
    setting: 'HERALD_UNMATCHED_MAX',
    max: 10,
    count: async (limit) => Math.min(limit, backlog.count),
  };
  const watch = new BacklogWatch({ measures: [measure], clock, log: silentLog, metrics });
  const config = { backpressure: limits, http } as unknown as HeraldConfig;
  const writeGate = new WriteGate({ config, clock, metrics, backlog: watch });
  let started = 0;
  const waiting: (() => void)[] = [];
  const slow = async (): Promise<never> => {
    started += 1;
    await new Promise<void>((resolve) => waiting.push(resolve));
    return { outcome: 'unchanged' } as never;
  };
  const store = {
    update: slow,
    delete: slow,
    create: slow,
    read: async () => undefined,
  } as unknown as RestDeps['store'];
  const app = await startRestApp({ store, writeGate });
  apps.push(app);
  const open = (): void => waiting.splice(0).forEach((resolve) => resolve());
  return { app, gate: writeGate, watch, metrics, open, started: () => started, backlog };
}

it('works on no more writes than allowed; the others wait in line, and one too many is told to come back', async () => {
  const { app, metrics, open, started } = await gated();
  const all = Array.from({ length: 5 }, () => app.client.del('Patient/p'));
  await eventually(async () => (await metrics.registry.metrics()).includes('herald_writes{state="waiting"} 3'));
  expect(started()).toBe(2);
  const refused = await app.client.del('Patient/p');
  expect(refused.status).toBe(429);
  expect(refused.headers['retry-after']).toMatch(/^\d+$/);
  expect(refused.body).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ code: 'throttled' }] });
  // Reads do not stand in that line.
  expect((await app.client.get('Patient/p')).status).toBe(404);
  while (started() < 5) {
    open();
    await new Promise((resolve) => setImmediate(resolve));
  }
  open();
  expect((await Promise.all(all)).map(({ status }) => status)).toEqual([204, 204, 204, 204, 204]);
  const text = await metrics.registry.metrics();
  expect(text).toContain('herald_writes{state="in-progress"} 0');
  expect(text).toContain('herald_writes_body_bytes 0');
  expect(text).toContain('herald_writes_refused_total{reason="busy"} 1');
});

it('an operator still gets through: Subscriptions have a door of their own', async () => {
  const { app, metrics, open, started } = await gated();
  const all = Array.from({ length: 5 }, () => app.client.del('Patient/p'));
  await eventually(async () => (await metrics.registry.metrics()).includes('herald_writes{state="waiting"} 3'));
  const operator = app.client.del('Subscription/s');
  await eventually(() => started() === 3);
  await eventually(() => (open(), started() === 6));
  open();
  expect((await operator).status).toBe(204);
  await Promise.all(all);
});

it('a body is not read before its write has a place', async () => {
  const { app, metrics, open } = await gated();
  const large = {
    ...patient,
    text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${'x'.repeat(50_000)}</div>` },
  };
  const all = Array.from({ length: 5 }, () => app.client.put(large as never));
  await eventually(async () => (await metrics.registry.metrics()).includes('herald_writes{state="waiting"} 3'));
  const bytes = Number(/herald_writes_body_bytes (\d+)/.exec(await metrics.registry.metrics())![1]);
  expect(bytes).toBeGreaterThan(100_000);
  expect(bytes).toBeLessThan(102_000);
  await eventually(() => (open(), metrics.registry.metrics().then((text) => text.includes('{state="in-progress"} 0'))));
  await Promise.all(all);
});

it('a client that hangs up gives its place back, waiting or not', async () => {
  const { app, metrics, open } = await gated();
  const state = (name: string, count: number) => async (): Promise<boolean> =>
    (await metrics.registry.metrics()).includes(`herald_writes{state="${name}"} ${count}`);
  const client = new FhirClient(app.url);
  const all = Array.from({ length: 5 }, () => client.del('Patient/p').catch(() => undefined));
  await eventually(state('waiting', 3));
  await client.close();
  await eventually(state('waiting', 0));
  open();
  await eventually(state('in-progress', 0));
  await Promise.all(all);
});

it('refuses writes above the bound of the backlog, not reads and Subscriptions, until it has fallen some way below', async () => {
  const { app, watch, backlog, open, started, metrics } = await gated();
  backlog.count = 10;
  await watch.look();
  const taken = app.client.del('Patient/p');
  await eventually(() => started() === 1);
  open();
  expect((await taken).status).toBe(204);
  for (const [count, isRefused] of [
    [11, true],
    [10, true],
    [9, false],
    [10, false],
  ] as const) {
    backlog.count = count;
    await watch.look();
    expect(watch.reason !== undefined).toBe(isRefused);
  }
  backlog.count = 1_000;
  await watch.look();
  const refused = await app.client.put(patient);
  expect(refused.status).toBe(429);
  expect(refused.headers['retry-after']).toBe('10');
  expect(refused.body.issue[0]).toMatchObject({ severity: 'error', code: 'throttled' });
  expect(refused.body.issue[0].details.text).toMatch(/more than 10 events not yet matched \(HERALD_UNMATCHED_MAX\)/);
  expect((await app.client.get('Patient/p')).status).toBe(404);
  expect((await app.client.post(patient as never)).status).toBe(429);
  expect(await metrics.registry.metrics()).toContain('herald_backlog{kind="unmatched"} 11');
  const operator = app.client.del('Subscription/s');
  await eventually(() => started() === 2);
  open();
  expect((await operator).status).toBe(204);
});

it('inside a Bundle: of a batch the entries that write, of a transaction all or nothing', async () => {
  const { app, watch, backlog, open, started } = await gated();
  backlog.count = 1_000;
  await watch.look();
  const entry = (method: string, url: string): object => ({ request: { method, url } });
  const bundle = (type: string, ...entries: object[]): never =>
    ({ resourceType: 'Bundle', type, entry: entries }) as never;
  const batch = app.client.post(
    bundle('batch', entry('DELETE', 'Patient/1'), entry('GET', 'Patient/1'), entry('DELETE', 'Subscription/1')),
    '/fhir',
  );
  await eventually(() => started() === 1);
  open();
  const { status, body } = await batch;
  expect(status).toBe(200);
  expect(body.entry.map((one: { response: { status: string } }) => one.response.status.slice(0, 3))).toEqual([
    '429',
    '404',
    '204',
  ]);
  const mixed = bundle('transaction', entry('DELETE', 'Subscription/1'), entry('DELETE', 'Patient/1'));
  const refused = await app.client.post(mixed, '/fhir');
  expect(refused.status).toBe(429);
  expect(refused.headers['retry-after']).toBe('10');
});
