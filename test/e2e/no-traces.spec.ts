// Nothing of a patient and no secret leaves by the side doors: markers are sown wherever such things come in, and the logs and metrics are searched.
import { eventually } from '../support/deadline';
import { startHerald, type Herald } from '../support/herald';
import { Operator } from '../support/operator';
import { SubscriberStub } from '../support/subscriber-stub';
import { hasty, restHook, statusOf, subscribe } from '../support/subscription';

const token = 'zzmarker-token-1234567890';
const nhsNumber = '9990554412';
/** What must be nowhere: names, identifiers, dates and text of patients, and every secret. */
const markers = /zzmarker|9990554412|1931-02-07/i;
/** A resource id is named where a line is about one request: these fields of these lines, and nowhere else. */
const idMarker = /yyid-\d/;
const idFields: Readonly<Record<string, readonly string[]>> = {
  'request.answered': ['path', 'entityId'],
  'delivery.attempted': ['path', 'entityId'],
  'delivery.expired': ['path', 'entityId'],
};

let herald: Herald;
let receiver: SubscriberStub;
beforeAll(async () => {
  receiver = await SubscriberStub.start();
  herald = await startHerald({ env: { HERALD_TOKENS: `alice:${token}`, LOG_LEVEL: 'trace' }, token });
});
afterAll(async () => {
  await herald?.stop();
  await receiver?.stop();
});

const patient = (n: number, rest: object = {}): any => ({
  resourceType: 'Patient',
  id: `yyid-${n}`,
  identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: nhsNumber }],
  name: [{ family: 'Zzmarker-Family', given: ['Zzmarker'] }],
  birthDate: '1931-02-07',
  ...rest,
});

/** Everything that can go well or wrong with a patient's data and a subscriber's secrets. */
async function sow(): Promise<void> {
  const header = ['Authorization: Bearer zzmarker-secret', 'X-Api-Key: zzmarker-key'];
  const settings = { ...hasty, 'poison-after': '0s', 'poison-after-attempts': 2 };
  const endpoint = `${receiver.url}/in`;
  const criteria = `Patient?identifier=${nhsNumber}`;
  const id = await subscribe(herald, restHook(criteria, endpoint, { header, settings }));
  receiver.answer(() => ({ status: 500, body: 'zzmarker-answer', headers: { 'x-said': 'zzmarker-header' } }));
  for (const n of [1, 2, 3]) await herald.put(patient(n));
  await statusOf(herald, id, 'error');
  receiver.answer((request) => ({ status: request.path.endsWith('yyid-1') ? 422 : 200, body: 'zzmarker-answer' }));
  await eventually(async () => (await herald.statesOf(id))['delivered'] === 2);
  await eventually(async () => (await herald.statesOf(id))['dead'] === 1);
  await statusOf(herald, id, 'active');
  const operator = new Operator(herald);
  await operator.send(`subscriptions/${id}/resend`, { failedOnly: true, reason: 'a test' });
  await operator.send(`subscriptions/${id}/test`);
  await operator.deadLetters(id);
}

/** Requests that are refused, each with a marker in what is wrong with it. */
async function sowMistakes(): Promise<void> {
  const bad = restHook(`Patient?zzmarker=${nhsNumber}`, 'http://zzmarker:zzmarker@10.1.2.3/in?key=zzmarker');
  const answers = [
    await herald.post(bad),
    await herald.post(patient(4, { zzmarkerElement: 'zzmarker' })),
    await herald.call('POST', 'Patient', { body: '{"resourceType":"Patient","name":"zzmarker' }),
    await herald.call('POST', 'Patient', { body: patient(5), headers: { 'if-none-exist': `identifier=${nhsNumber}` } }),
    await herald.put(patient(1), { 'if-match': 'W/"zzmarker"' }),
    await herald.get(`Patient?family=Zzmarker&identifier=${nhsNumber}`),
    await herald.get(`/admin/deliveries?resource=zzmarker`),
    await herald.get('Patient/yyid-1', { authorization: 'Bearer zzmarker-wrong' }),
  ];
  for (const { status } of answers) expect(status).toBeLessThan(500);
}

it('I32: no name, identifier, birth date, criteria, answer, secret or token is in any log line or metric; ids only where a request is named', async () => {
  await sow();
  await sowMistakes();
  await herald.settled();
  const lines = herald.logLines();
  expect(lines.filter((line) => line['msg'] === 'delivery.attempted').length).toBeGreaterThan(4);
  expect(lines.some((line) => line['msg'] === 'delivery.dead-lettered')).toBe(true);
  const found = lines.filter((line) => {
    const hidden = { ...line };
    for (const field of idFields[String(line['msg'])] ?? []) delete hidden[field];
    return markers.test(JSON.stringify(line)) || idMarker.test(JSON.stringify(hidden));
  });
  expect(found).toEqual([]);
  const metrics = await herald.get('/metrics');
  expect(metrics.text).toContain('herald_deliver');
  expect(metrics.text).not.toMatch(markers);
  expect(metrics.text).not.toMatch(idMarker);
});
