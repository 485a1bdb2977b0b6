// Promises to everyone at once: causes come before their effects, nobody hears what is another's, and `error` is left only for a reason.
import { eventually } from '../support/deadline';
import { startHerald, type Herald } from '../support/herald';
import { Operator } from '../support/operator';
import { SubscriberStub } from '../support/subscriber-stub';
import { hasty, restHook, statusOf, subscribe } from '../support/subscription';

const token = 'a-long-enough-token-1234567890';
let herald: Herald;
let operator: Operator;
const stubs: SubscriberStub[] = [];
beforeAll(async () => {
  herald = await startHerald({ env: { HERALD_TOKENS: `alice:${token}` }, token });
  operator = new Operator(herald);
});
afterAll(() => herald?.stop());
afterEach(async () => {
  await herald.unsubscribeAll();
  await Promise.all(stubs.splice(0).map((stub) => stub.stop()));
});

async function receiver(answer?: Parameters<SubscriberStub['answer']>[0]): Promise<SubscriberStub> {
  const stub = await SubscriberStub.start(answer ? { answer } : {});
  stubs.push(stub);
  return stub;
}
const rows = async <R extends object>(text: string, ...values: unknown[]): Promise<R[]> =>
  (await herald.database.database.query<R>({ text, values })).rows;

it('I6: with one matcher, a write that began after another was answered has a higher number, whatever they were about', async () => {
  const stub = await receiver();
  await subscribe(herald, restHook('Patient', stub.url));
  await subscribe(herald, restHook('Observation', stub.url));
  type Write = { name: string; startedMs: number; answeredMs: number };
  const writes: Write[] = [];
  const resource = (client: number, n: number): any => {
    const id = `c${client}-${n % 3}`;
    const subject = { reference: `Patient/c${n % 4}-0` };
    if (n % 2 === 0) return { resourceType: 'Patient', id, birthDate: `${1900 + n}` };
    return { resourceType: 'Observation', id, status: 'final', code: { text: `o${n}` }, subject };
  };
  const client = async (number: number): Promise<void> => {
    for (let n = 0; n < 40; n += 1) {
      const startedMs = performance.now();
      const { status, body } = await herald.put(resource(number, n));
      expect(status).toBeLessThan(300);
      const name = `${body.resourceType}/${body.id}/${body.meta.versionId}`;
      writes.push({ name, startedMs, answeredMs: performance.now() });
    }
  };
  await Promise.all([1, 2, 3, 4].map(client));
  await herald.drained();
  const numbered = await rows<{ name: string; key: number; n: number }>(
    `select type || '/' || id || '/' || version as name, subscription_key as key, event_no as n from delivery`,
  );
  const numbers = new Map(numbered.map((row) => [row.name, row]));
  const inverted: string[] = [];
  for (const a of writes) {
    for (const b of writes) {
      const [one, other] = [numbers.get(a.name)!, numbers.get(b.name)!];
      if (a.answeredMs < b.startedMs && one.key === other.key && one.n > other.n)
        inverted.push(`${a.name} is ${one.n}, ${b.name} is ${other.n}`);
    }
  }
  expect(writes).toHaveLength(160);
  expect(inverted).toEqual([]);
});

it('I13: every endpoint hears what is its own, with its own secret, and nothing else, however they fail', async () => {
  const wards = 8;
  const answers = [{ status: 200 }, { status: 503 }, { reset: 'before' }, { status: 429 }] as const;
  for (let n = 0; n < wards; n += 1)
    await receiver((_, number) => answers[(number * (n + 1)) % answers.length] ?? { status: 200 });
  // Who is told to ask elsewhere must not take anything there; two of them share an origin, and so its connections.
  const endpointOf = (n: number): string => `${(n === 7 ? stubs[0]! : stubs[n]!).url}/w${n}`;
  stubs[1]!.answer((_, number) =>
    number % 2 === 1 ? { status: 307, headers: { location: endpointOf(2) } } : { status: 200 },
  );
  const criteria = (n: number): string => `Patient?identifier=urn:ward|w${n}`;
  const ids = await Promise.all(
    Array.from({ length: wards }, (_, n) =>
      subscribe(
        herald,
        restHook(criteria(n), endpointOf(n), {
          header: [`Authorization: Bearer canary-s${n}.`],
          settings: { 'retry-delay': '10ms', 'error-after': '1h' },
        }),
      ),
    ),
  );
  const patient = (n: number, version: number): any => ({
    resourceType: 'Patient',
    id: `i13-${n}`,
    identifier: [{ system: 'urn:ward', value: `w${n}` }],
    name: [{ family: `canary-p${n}.`, given: [`v${version}`] }],
  });
  for (let version = 1; version <= 6; version += 1)
    await Promise.all(Array.from({ length: wards }, (_, n) => herald.put(patient(n, version))));
  await herald.drained();
  for (const [index, stub] of stubs.entries()) {
    expect(stub.requests.length).toBeGreaterThan(index === 7 ? -1 : 5);
    for (const request of stub.requests) {
      const n = Number(/^\/w(\d)\//.exec(request.path)![1]);
      expect(stub).toBe(n === 7 ? stubs[0] : stubs[n]);
      expect(request.headers['herald-subscription']).toBe(ids[n]);
      const whole = `${request.path} ${request.rawHeaders.join(' ')} ${request.body.toString('utf8')}`;
      expect(new Set(whole.match(/canary-\w+\./g))).toEqual(new Set([`canary-s${n}.`, `canary-p${n}.`]));
    }
  }
  const told = stubs.flatMap((stub) => stub.processed).length;
  expect(told).toBe(wards * 6);
  expect(stubs[7]!.requests).toEqual([]);
}, 60_000);

describe('I28: error of a criteria subscription is left', () => {
  type Change = { subscriptionId: string; from: string; to: string; version: number; isSystemWrite: boolean };
  /** What the log says of the step out of `error`, with the version it wrote. */
  const leaving = (id: string): Change[] =>
    herald
      .logLines()
      .filter((line) => line['msg'] === 'subscription.status-changed' && line['from'] === 'error')
      .map((line) => line as unknown as Change)
      .filter((change) => change.subscriptionId === id);
  /** Successful attempts that the ledger took between the version that wrote `error` and the one that left it. */
  const successes = (id: string, version: number) =>
    rows<{ trigger: string }>(
      `select a.trigger from attempt a join subscription_runtime r using (subscription_key)
         join resource_version e on (e.type, e.id, e.version) = ('Subscription', $1::text, $2::int - 1)
         join resource_version v on (v.type, v.id, v.version) = ('Subscription', $1::text, $2::int)
        where r.subscription_id = $1 and a.class = 'S' and a.accepted
          and a.started_at >= e.last_updated - interval '1 min' and a.ended_at <= v.last_updated`,
      id,
      version,
    );
  const failing = async (settings: object): Promise<{ id: string; stub: SubscriberStub }> => {
    const stub = await receiver(() => ({ status: 500 }));
    const id = await subscribe(herald, restHook('Patient', stub.url, { settings: { ...hasty, ...settings } }));
    for (const n of [1, 2, 3]) await herald.put({ resourceType: 'Patient', id: `i28-${n}` });
    await statusOf(herald, id, 'error');
    return { id, stub };
  };
  const patiently = { 'retry-delay': '10min', 'error-after-attempts': 1 };

  it('by a delivered attempt, which stands in the ledger', async () => {
    const { id, stub } = await failing({});
    expect(leaving(id)).toEqual([]);
    stub.answer(() => ({ status: 200 }));
    await statusOf(herald, id, 'active');
    const changes = leaving(id);
    expect(changes).toMatchObject([{ to: 'active', isSystemWrite: true }]);
    expect((await successes(id, changes[0]!.version)).length).toBeGreaterThan(0);
  });

  it('by a client, whose version it is', async () => {
    const { id } = await failing(patiently);
    const { body } = await herald.get(`Subscription/${id}`);
    expect((await herald.put({ ...body, status: 'requested' })).status).toBe(200);
    const changes = leaving(id);
    expect(changes).toMatchObject([{ to: 'requested', isSystemWrite: false }]);
    const written = herald
      .logLines()
      .filter((line) => line['msg'] === 'resource.written' && line['type'] === 'Subscription')
      .find((line) => line['version'] === changes[0]!.version && line['caller'] !== undefined);
    expect(written).toMatchObject({ caller: 'alice' });
  });

  it('by an operator who probes, as a delivered attempt and a line in the operator log; a test notification leaves nothing', async () => {
    const { id, stub } = await failing(patiently);
    stub.answer(() => ({ status: 200 }));
    expect((await operator.send(`subscriptions/${id}/test`)).status).toBeLessThan(300);
    expect((await herald.get(`Subscription/${id}`)).body.status).toBe('error');
    expect((await operator.send(`subscriptions/${id}/probe`)).status).toBeLessThan(300);
    await statusOf(herald, id, 'active');
    const changes = leaving(id);
    expect(changes).toMatchObject([{ to: 'active', isSystemWrite: true }]);
    expect((await successes(id, changes[0]!.version)).length).toBeGreaterThan(0);
    const entries = await eventually(async () => operator.log(`?subscription=${id}&verb=probe`));
    expect(entries).toMatchObject([{ who: 'alice', verb: 'probe', reason: 'a test' }]);
  });
});
