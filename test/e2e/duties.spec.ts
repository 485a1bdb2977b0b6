// Duties that one process does for all: several processes on one database agree who, and another takes over when that one is gone.
import { createTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/deadline';
import { HeraldProcess } from '../support/herald-process';
import { SubscriberStub } from '../support/subscriber-stub';
import { restHook, statusOf, subscribe } from '../support/subscription';

const generous = { deadlineMs: 120_000, everyMs: 50 };
const DUTIES = ['audit', 'retention', 'subscription-activation', 'subscription-expiry'];
/** Held by one as well, but in their own time: the second where there is a bus to publish on. */
const OTHER_DUTIES = ['reindex', 'relay'];
const often = { HERALD_EXPIRY_INTERVAL: '200ms', HERALD_AUDIT_INTERVAL: '1s', HERALD_RETENTION_INTERVAL: '1s' };

interface Leader {
  duty: string;
  holder: string;
  epoch: number;
  lease_until: Date;
}

describe('duties of several processes', () => {
  jest.setTimeout(240_000);
  let database: TestDatabase;
  let receiver: SubscriberStub;
  let processes: HeraldProcess[];

  beforeAll(async () => {
    database = await createTestDatabase();
    receiver = await SubscriberStub.start();
    const start = (roles: string): Promise<HeraldProcess> =>
      HeraldProcess.start({ databaseUrl: database.url, roles, env: often });
    processes = await Promise.all([start('api,relay'), start('api,matcher'), start('api,deliverer')]);
  });
  afterAll(async () => {
    await Promise.all(processes.map((herald) => herald.stop()));
    await receiver.stop();
    await database.drop();
  });

  const leaders = async (): Promise<Map<string, Leader>> => {
    const text = 'select duty, holder, epoch::int as epoch, lease_until from leader';
    const { rows } = await database.database.query<Leader & Record<string, unknown>>({ text, values: [] });
    return new Map(rows.map((row) => [row.duty, row]));
  };
  const leaderOf = async (duty: string): Promise<Leader> =>
    eventually(async () => (await leaders()).get(duty), { ...generous, what: `somebody for ${duty}` });
  const processOf = ({ holder }: Leader): HeraldProcess =>
    processes.find((herald) => holder.startsWith(`${herald.pid}-`))!;
  /** Until the lease was renewed this often; answers every holder that was seen. */
  const holdersWhileRenewed = async (duty: string, times: number): Promise<Map<string, number>> => {
    const seen = new Map<string, number>();
    const leases = new Set<number>();
    await eventually(async () => {
      const leader = await leaderOf(duty);
      seen.set(`${leader.holder} ${leader.epoch}`, leader.epoch);
      return leases.add(leader.lease_until.getTime()).size > times;
    }, generous);
    return seen;
  };

  it('each is held by one process, which goes on with it while the others ask', async () => {
    for (const duty of DUTIES) {
      const epochs = [...(await holdersWhileRenewed(duty, 3)).values()];
      // A machine that stood still for longer than a lease may change hands; two holders of one epoch there never are.
      expect(new Set(epochs).size).toBe(epochs.length);
    }
    // Only those: what every process may do beside the others has no leader.
    expect([...(await leaders()).keys()].filter((duty) => ![...DUTIES, ...OTHER_DUTIES].includes(duty))).toEqual([]);
  });

  it('what every process does beside the others happens once: a Subscription is activated by one version, a partition made once', async () => {
    const ids = await Promise.all(
      Array.from({ length: 30 }, (_, n) => subscribe(processes[n % 3]!, restHook('Patient', `${receiver.url}/s${n}`))),
    );
    for (const id of ids) {
      const { body } = await processes[0]!.get(`Subscription/${id}`);
      expect(body).toMatchObject({ status: 'active', meta: { versionId: '2' } });
    }
    // Of tables; a topic that is just being made has partitions too, and says so.
    const said = processes.flatMap(({ output }) => output.split('\n')).filter((line) => !line.includes('"msg":"bus.'));
    expect(said.filter((line) => line.includes('partition'))).toEqual([]);
  });

  it('kill -9 of the one that ends Subscriptions: another process does it, under a new epoch', async () => {
    const before = await leaderOf('subscription-expiry');
    const victim = processOf(before);
    const other = processes.find((herald) => herald !== victim)!;
    await victim.kill();
    processes = processes.filter((herald) => herald !== victim);
    const { rows } = await database.database.query<{ end: Date }>({
      text: `select clock_timestamp() + interval '2 seconds' as end`,
      values: [],
    });
    const created = await other.post(restHook('Patient', receiver.url, { end: rows[0]!.end.toISOString() }));
    expect(created.status).toBe(201);
    await statusOf(other, created.body.id, 'off', generous.deadlineMs);
    const after = await leaderOf('subscription-expiry');
    expect(after.epoch).toBeGreaterThan(before.epoch);
    expect(processes).toContain(processOf(after));
  });

  it('a process that stops hands its duties on at once, and nothing is repaired or alarmed about', async () => {
    const before = await leaderOf('retention');
    // The one that was killed may have held it: its lease ends by itself.
    const holder = await eventually(async () => processOf(await leaderOf('retention')), generous);
    expect(await holder.stop()).toBe(0);
    processes = processes.filter((herald) => herald !== holder);
    const after = await eventually(async () => {
      const leader = await leaderOf('retention');
      return processes.includes(processOf(leader)) ? leader : undefined;
    }, generous);
    expect(after.epoch).toBeGreaterThan(before.epoch);
    const [last] = processes;
    const status = await eventually(async () => {
      const { body } = await last!.get('/admin/status');
      return body.audit && body;
    }, generous);
    expect(status.audit).toMatchObject({ repairsTotal: {}, missingNumbers: 0 });
  });
});
