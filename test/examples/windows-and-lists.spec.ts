// docs/how-to/windows-and-lists.md, executed: its Subscription as it stands there, and a list of a thousand people over REST (S2.19).
import fs from 'node:fs';
import path from 'node:path';
import { EventWalk } from '../../src/matching/predicate-index/event-walk';
import { SubscriberStub } from '../support/subscriber-stub';
import { startHerald, type Herald } from '../support/herald';
import { restHook, statusOf, subscribe, type SubscriptionResource } from '../support/subscription';

const page = fs.readFileSync(path.resolve(__dirname, '../../docs/how-to/windows-and-lists.md'), 'utf8');
const example = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)![1]!) as SubscriptionResource;
const NHS = 'https://fhir.nhs.uk/Id/nhs-number';

let herald: Herald;
let receiver: SubscriberStub;
beforeAll(async () => {
  [herald, receiver] = await Promise.all([startHerald(), SubscriberStub.start()]);
});
afterEach(() => herald.unsubscribeAll());
afterAll(async () => {
  await herald?.stop();
  await receiver?.stop();
});

const child = (id: string, number: string, postalCode = 'BH15 1AA') => ({
  resourceType: 'Patient',
  id,
  identifier: [{ system: NHS, value: number }],
  address: [{ postalCode }],
});
const visit = (id: string, patient: string, code = '270427003') => ({
  resourceType: 'Encounter',
  id,
  status: 'finished',
  class: { code: 'AMB' },
  type: [{ coding: [{ system: 'http://snomed.info/sct', code }] }],
  subject: { reference: `Patient/${patient}` },
});

/** `Type/id` of what arrived after the first `from` requests, sorted. */
async function arrived(from: number): Promise<string[]> {
  await herald.settled();
  return receiver.requests
    .slice(from)
    .map((request) => request.path.split('/').slice(-2).join('/'))
    .sort();
}

it('S2.19: the Subscription of the page is told of its people, its events and its area, in its window', async () => {
  const from = receiver.requests.length;
  const sent = { ...example, channel: { ...example.channel, endpoint: receiver.url } };
  expect((await herald.put({ ...sent, id: example.id! })).status).toBe(201);
  await statusOf(herald, example.id!, 'active');
  await herald.put(child('a', '9434765919'));
  await herald.put(child('b', '9434765870', 'SW1A 1AA'));
  await herald.put(child('c', '9000000000'));
  for (const [id, patient, code] of [
    ['told', 'a'],
    ['told-too', 'a', '185349003'],
    ['another-event', 'a', '1'],
    ['another-area', 'b'],
    ['another-child', 'c'],
  ] as const) {
    await herald.put(visit(id, patient, code));
  }
  expect(await arrived(from)).toEqual(['Encounter/told', 'Encounter/told-too']);
  const owned = await herald.get('Subscription?_tag=https://example.nhs.uk/Id/subscriber|X26');
  expect(owned.body.entry).toMatchObject([{ resource: { id: example.id } }]);
});

const numbers = (count: number, first: number) =>
  Array.from({ length: count }, (_, n) => `${NHS}|${first + n}`).join(',');

/** How many groups the matcher looks at for a write each time that it matches it, and what arrives. */
async function cost(write: () => Promise<unknown>): Promise<{ candidates: number; told: string[] }> {
  const from = receiver.requests.length;
  const consider = jest.spyOn(EventWalk.prototype, 'consider');
  const run = jest.spyOn(EventWalk.prototype, 'run');
  await write();
  const told = await arrived(from);
  const candidates = consider.mock.calls.length / run.mock.calls.length;
  consider.mockRestore();
  run.mockRestore();
  return { candidates, told };
}

it('S2.19: lists of a thousand people are found by the people of the write, and cost it what lists of one do', async () => {
  const lists = 5;
  await herald.put({ ...restHook(`Patient?identifier=${numbers(1, 9_100_000_000)}`, receiver.url), id: 'one' });
  await statusOf(herald, 'one', 'active');
  for (let n = 0; n < lists; n += 1) {
    const criteria = `Patient?identifier=${numbers(1_000, 9_200_000_000 + n * 1_000)}`;
    expect(await subscribe(herald, restHook(criteria, receiver.url))).toBeDefined();
  }
  const few = await cost(() => herald.put(child('few', '9100000000')));
  const many = await cost(() => herald.put(child('many', String(9_200_000_000 + 2_999))));
  const none = await cost(() => herald.put(child('none', '9300000000')));
  expect(few).toEqual({ candidates: 1, told: ['Patient/few'] });
  expect(many).toEqual({ candidates: 1, told: ['Patient/many'] });
  expect(none).toEqual({ candidates: 0, told: [] });
});

it('S2.19: a thousand people percent-encoded, with other clauses, and by their references', async () => {
  const list = encodeURIComponent(numbers(1_000, 9_400_000_000));
  await subscribe(herald, restHook(`Encounter?patient.identifier=${list}&status=finished`, receiver.url));
  await subscribe(herald, restHook(`Encounter?subject:identifier=${list}&status=planned`, receiver.url));
  await herald.put(child('listed', '9400000999'));
  const told = await cost(() => herald.put(visit('of-listed', 'listed')));
  expect(told.told).toEqual(['Encounter/of-listed']);
  const found = await herald.call('POST', '/fhir/Patient/_search', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `identifier=${list}`,
  });
  expect(found.body.entry).toMatchObject([{ resource: { id: 'listed' } }]);
});

it('one value more than a list may have is refused, with what to do', async () => {
  const refused = await herald.post(restHook(`Patient?identifier=${numbers(1_001, 1)}`, receiver.url));
  expect([refused.status, refused.text]).toEqual([422, expect.stringMatching(/at most .* 1000 values. Split it/)]);
});
