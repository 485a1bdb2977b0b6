// The README's own lines, executed: what a newcomer types is what is tested.
import fs from 'node:fs';
import path from 'node:path';
import { sendCurl } from '../support/curl';
import { SubscriberStub } from '../support/subscriber-stub';
import { startHerald, type Herald } from '../support/herald';
import { statusOf } from '../support/subscription';

const readme = fs.readFileSync(path.resolve(__dirname, '../../README.md'), 'utf8');
const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]!.trim());
const curls = blocks.filter((block) => block.startsWith('curl '));

let herald: Herald;
let receiver: SubscriberStub;
beforeAll(async () => {
  [herald, receiver] = await Promise.all([startHerald(), SubscriberStub.start()]);
});
afterAll(async () => {
  await herald?.stop();
  await receiver?.stop();
});

const run = (line: string) => sendCurl(herald, line, { page: 'http://127.0.0.1:9000', ours: receiver.url });

it('names commands that exist', () => {
  const { scripts } = JSON.parse(fs.readFileSync(path.resolve(__dirname, '../../package.json'), 'utf8'));
  const named = [...readme.matchAll(/npm (?:run )?([a-z:]+)/g)]
    .map((match) => match[1]!)
    .filter((name) => name !== 'ci');
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

it('S1.49: the curl lines of the README make a Patient arrive at the receiver', async () => {
  expect(curls).toHaveLength(3);
  const [subscribe, write, look] = curls as [string, string, string];
  const subscription = await run(subscribe);
  expect(subscription.status).toBe(201);
  await statusOf(herald, subscription.body.id as string, 'active');
  const patient = await run(write);
  expect(patient.status).toBe(201);
  const [request] = await receiver.received(1);
  expect(request).toMatchObject({ method: 'PUT', path: `/fhir/Patient/${patient.body.id}` });
  expect(request!.headers['herald-event-number']).toBe('1');
  await herald.settled();
  expect((await run(look)).text).toContain('"delivered":1');
});
