// docs/how-to/own-search-parameters.md, executed: every curl line in the order of the page.
import fs from 'node:fs';
import path from 'node:path';
import { curlLines, PAGE_SERVER, readCurl, sendCurl } from '../support/curl';
import { eventually } from '../support/deadline';
import { startHerald, type Herald } from '../support/herald';
import { SubscriberStub } from '../support/subscriber-stub';
import { statusOf } from '../support/subscription';

const page = fs.readFileSync(path.resolve(__dirname, '../../docs/how-to/own-search-parameters.md'), 'utf8');
const lines = curlLines(page);
let herald: Herald;
let receiver: SubscriberStub;
beforeAll(async () => {
  [herald, receiver] = await Promise.all([startHerald(), SubscriberStub.start()]);
});
afterAll(async () => {
  await herald?.stop();
  await receiver?.stop();
});

/** Runs the next line of the page, which must be about this. */
function next(about: RegExp): ReturnType<Herald['call']> {
  const line = lines.shift() ?? '';
  expect(line).toMatch(about);
  return sendCurl(herald, line, { page: 'http://127.0.0.1:9999', ours: receiver.url });
}

const flag = (id: string, code: string) => {
  const subject = { reference: 'Patient/p' };
  return herald.put({ resourceType: 'Flag', id, status: 'active', code: { coding: [{ code }] }, subject } as never);
};

it('the lines of the page do what it says, in its order', async () => {
  await flag('before', 'fall-risk');
  expect((await next(/SearchParameter$/)).status).toBe(201);
  expect((await herald.get('Flag?code=fall-risk')).status).toBe(400);
  expect((await next(/POST.*reindex/)).status).toBe(202);
  const progress = readCurl(lines.shift()!).url.replace(PAGE_SERVER, '');
  await eventually(async () => (await herald.get(progress)).body.types[0]?.state === 'done', {
    deadlineMs: 120_000,
    everyMs: 100,
    what: 'the index of Flag to be rebuilt',
  });
  expect((await next(/Flag\?code/)).body.entry).toMatchObject([{ resource: { id: 'before' } }]);
  const created = await next(/Subscription$/);
  await statusOf(herald, created.body.id, 'active');
  await flag('other', 'allergy');
  await flag('after', 'fall-risk');
  await herald.drained();
  expect(receiver.requests.map(({ path: target }) => target)).toEqual(['/hook/Flag/after']);
  expect(lines).toEqual([]);
});
