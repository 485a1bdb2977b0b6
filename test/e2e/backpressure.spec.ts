// Too much waits: writes are refused before it grows further, an operator can still act, and what helps ends it.
import { createTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/deadline';
import { startHerald, type Herald } from '../support/herald';
import { restHook, subscribe } from '../support/subscription';
import { SubscriberStub } from '../support/subscriber-stub';

let receiver: SubscriberStub;
let database: TestDatabase;
const running: Herald[] = [];
beforeEach(async () => {
  receiver = await SubscriberStub.start();
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((herald) => herald.stop()));
  await receiver.stop();
  await database.drop();
});

async function start(options: Parameters<typeof startHerald>[0]): Promise<Herald> {
  const herald = await startHerald({ database, ...options });
  running.push(herald);
  return herald;
}
const write = async (herald: Herald, id: string): Promise<number> =>
  (await herald.put({ resourceType: 'Patient', id })).status;
const verdict = async (herald: Herald): Promise<string> => (await herald.get('/admin/status')).body.verdict;

/** Writes until one is refused; answers what was taken. */
async function writeUntilRefused(herald: Herald): Promise<string[]> {
  const taken: string[] = [];
  await eventually(
    async () => {
      const id = `p${taken.length}`;
      const status = await write(herald, id);
      if (status !== 429) taken.push(id);
      return status === 429;
    },
    { what: 'a refused write', everyMs: 50 },
  );
  return taken;
}

it('events that nobody matches: writes are refused, reads and Subscriptions are not, and a matcher ends it', async () => {
  const api = await start({ roles: 'api', env: { HERALD_UNMATCHED_MAX: '5' } });
  const id = await createRequested(api);
  const taken = await writeUntilRefused(api);
  expect(taken.length).toBeGreaterThan(3);
  expect(await verdict(api)).toMatch(/writes are refused: .*HERALD_UNMATCHED_MAX/);
  expect((await api.get('Patient/p0')).status).toBe(200);
  expect((await api.get('Patient?_count=1')).status).toBe(200);
  const stored = (await api.get(`Subscription/${id}`)).body;
  expect((await api.put({ ...stored, reason: 'changed under pressure' })).status).toBe(200);
  expect(api.logLines().some((line) => line['msg'] === 'backpressure.started')).toBe(true);

  await start({ roles: 'matcher,deliverer' });
  await eventually(async () => (await write(api, 'after')) < 300, { what: 'a write that is taken', everyMs: 100 });
  await api.drained();
  const told = new Set(receiver.requests.map((request) => request.path.split('/').at(-1)));
  for (const one of taken) expect(told).toContain(one);
});

it('deliveries that an endpoint does not take: writes are refused until the endpoint is well or an operator acts', async () => {
  receiver.answer(() => ({ status: 503 }));
  const herald = await start({ env: { HERALD_WAITING_MAX: '5' } });
  const id = await subscribe(herald, restHook('Patient', receiver.url, { settings: { 'retry-delay': '50ms' } }));
  const taken = await writeUntilRefused(herald);
  expect(await verdict(herald)).toMatch(/writes are refused: .*HERALD_WAITING_MAX/);
  expect((await herald.get('/admin/status')).body).toMatchObject({
    writes: { refused: true },
    backlog: { failingSubscriptions: 1 },
  });
  receiver.answer(() => ({ status: 200 }));
  await eventually(async () => (await write(herald, 'after')) < 300, { what: 'a write that is taken', everyMs: 100 });
  await herald.drained();
  const told = new Set(receiver.requests.map((request) => request.path.split('/').at(-1)));
  for (const one of taken) expect(told).toContain(one);

  receiver.answer(() => ({ status: 503 }));
  await writeUntilRefused(herald);
  expect((await herald.del(`Subscription/${id}`)).status).toBe(204);
  await eventually(async () => (await write(herald, 'free')) < 300, { what: 'a write that is taken', everyMs: 100 });
  expect(herald.logLines().filter((line) => line['msg'] === 'backpressure.ended')).toHaveLength(2);
});

/** In a process without a matcher it becomes active all the same: the activation is the API's own. */
function createRequested(herald: Herald): Promise<string> {
  return subscribe(herald, restHook('Patient', receiver.url));
}
