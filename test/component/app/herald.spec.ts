import { startHerald, type Herald } from '../../../src/app';
import { loadConfig } from '../../../src/platform';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { silentLog } from '../../support/silent-log';

describe('herald', () => {
  let test: TestDatabase;
  const running: Herald[] = [];
  beforeAll(async () => {
    test = await createTestDatabase();
  });
  afterEach(() => Promise.all(running.splice(0).map((herald) => herald.stop())));
  afterAll(() => test.drop());

  const env = (): Record<string, string> => ({
    DATABASE_URL: test.url,
    PORT: '0',
    HERALD_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
  });
  const start = async (more: Record<string, string> = {}): Promise<Herald> => {
    const herald = await startHerald(loadConfig({ ...env(), ...more }), silentLog);
    running.push(herald);
    return herald;
  };
  const statusOf = async (herald: Herald, path: string): Promise<number> =>
    (await fetch(`${herald.url}${path}`)).status;
  const workersOf = (herald: Herald): string[] => herald.parts.supervisor.health().map(({ name }) => name);

  it('serves everything with all roles, and closes everything at stop', async () => {
    const herald = await start();
    expect(await statusOf(herald, '/fhir/metadata')).toBe(200);
    expect(await statusOf(herald, '/health/ready')).toBe(200);
    const metrics = await (await fetch(`${herald.url}/metrics`)).text();
    expect(metrics).toContain('herald_database_connections{pool="matcher",state="total"}');
    expect(metrics).toContain('herald_worker_up{worker="matcher"} 1');
    expect(metrics).toContain('process_cpu_seconds_total');
    await herald.stop();
    await herald.stop();
    await expect(fetch(`${herald.url}/health/live`)).rejects.toThrow();
    await expect(herald.parts.databases.api.ping()).rejects.toThrow();
    expect(herald.parts.supervisor.health().every(({ state }) => state === 'stopped')).toBe(true);
  });

  it('a process without the role api has health and metrics only, and no pools it does not need', async () => {
    const herald = await start({ ROLES: 'deliverer' });
    expect(await statusOf(herald, '/fhir/metadata')).toBe(404);
    expect(await statusOf(herald, '/health/ready')).toBe(200);
    expect(await statusOf(herald, '/metrics')).toBe(200);
    expect(workersOf(herald)).toContain('deliveries');
    expect(workersOf(herald)).not.toContain('matcher');
    expect(herald.parts.databases.matcher).toBeUndefined();
  });

  it('a process without matching or delivering takes writes', async () => {
    const herald = await start({ ROLES: 'api' });
    expect(workersOf(herald)).not.toEqual(expect.arrayContaining(['matcher']));
    const body = JSON.stringify({ resourceType: 'Patient' });
    const headers = { 'content-type': 'application/fhir+json' };
    expect((await fetch(`${herald.url}/fhir/Patient`, { method: 'POST', body, headers })).status).toBe(201);
  });

  it('several processes share one database', async () => {
    const [first, second] = await Promise.all([start(), start()]);
    expect(await statusOf(first, '/health/ready')).toBe(200);
    expect(await statusOf(second, '/health/ready')).toBe(200);
  });

  it('leaves nothing open when the start fails', async () => {
    const first = await start();
    await expect(start({ PORT: String(first.address.port) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const count = async (): Promise<number> => {
      const { rows } = await test.database.query<{ n: number }>({
        text: `select count(*) as n from pg_stat_activity where datname = current_database() and application_name like 'herald %'`,
        values: [],
      });
      return rows[0]!.n;
    };
    await first.stop();
    expect(await count()).toBe(0);
  });

  it('does not start when the database does not let it in', async () => {
    const url = test.url.replace(/:[^:@]+@/, ':wrong@');
    await expect(start({ DATABASE_URL: url })).rejects.toMatchObject({ code: '28P01' });
  });

  it('gives up waiting for a database that is away when it is told to stop', async () => {
    const stop = new AbortController();
    const config = loadConfig({ ...env(), DATABASE_URL: 'postgres://a:b@127.0.0.1:1/x' });
    const starting = startHerald(config, silentLog, stop.signal);
    setImmediate(() => stop.abort());
    await expect(starting).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('refuses a key that is not the one the database was written with', async () => {
    const herald = await start();
    const subscription = {
      resourceType: 'Subscription',
      status: 'requested',
      reason: 'test',
      criteria: 'Patient',
      channel: { type: 'rest-hook', endpoint: 'https://example.org/hook', header: ['X-Key: secret'] },
    };
    const headers = { 'content-type': 'application/fhir+json' };
    const body = JSON.stringify(subscription);
    expect((await fetch(`${herald.url}/fhir/Subscription`, { method: 'POST', body, headers })).status).toBe(201);
    await herald.stop();
    await expect(start({ HERALD_SECRET_KEY: Buffer.alloc(32, 2).toString('base64') })).rejects.toThrow();
    await start();
  });
});
