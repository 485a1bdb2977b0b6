// The `end` and the start of a Subscription when it is written: what turns it off, what is past already, what is no instant (S4.24; the worker:
// workers.spec.ts).
import { incarnationOf } from '../../../src/subscriptions';
import { FakeClock } from '../../support/fake-clock';
import { context, createWorld, get, parsed, put, settings, subscribe, subscription, type World } from './world';

const clock = new FakeClock('2026-03-01T00:00:00.000Z');
let timed: World;
beforeAll(async () => {
  timed = await createWorld({ clock });
});
afterAll(() => timed.stop());

it('accepts one that is past, with a warning, and does not go by it', async () => {
  const past = subscription('Patient', { id: 'past', end: '2020-12-31T00:00:00Z' });
  await subscribe(timed, past);
  expect(await incarnationOf(timed.test.database, 'default', 'past')).not.toHaveProperty('endsAt');
});

it('keeps the meaning of an end that is sent back, and takes a past one after off as past', async () => {
  const end = '2026-03-01T01:00:00+01:00';
  await expect(put(timed, subscription('Patient', { id: 'soon', end }))).resolves.toMatchObject({ end });
  expect(await incarnationOf(timed.test.database, 'default', 'soon')).not.toHaveProperty('endsAt');
  const later = '2026-03-01T00:00:05Z';
  await subscribe(timed, subscription('Patient', { id: 'later', end: later }));
  await clock.advance(6_000);
  await put(timed, { ...(await get(timed, 'Subscription', 'later')), reason: 'changed' });
  const kept = (await incarnationOf(timed.test.database, 'default', 'later'))!;
  expect(kept).toMatchObject({ status: 'active', endsAt: new Date(later) });
  await timed.statusWriter.setOff(kept.subscriptionKey);
  await subscribe(timed, { ...(await get(timed, 'Subscription', 'later')), status: 'requested' });
  expect(await incarnationOf(timed.test.database, 'default', 'later')).not.toHaveProperty('endsAt');
});

it('refuses a past one when configured so', async () => {
  const config = { ...settings, subscriptions: { ...settings.subscriptions, pastEnd: 'refuse' as const } };
  const strict = await createWorld({ config });
  const sent = strict.store.create(context, parsed(subscription('Patient', { end: '2020-12-31T00:00:00Z' })));
  await expect(sent).rejects.toMatchObject({ status: 422, issues: [{ expression: 'Subscription.end' }] });
  await strict.stop();
});

const starting = (id: string, start: string, end?: string) => {
  const sent = subscription('Patient', { id, ...(end && { end }) });
  const channel = sent['channel'] as object;
  return { ...sent, channel: { ...channel, extension: [{ url: 'urn:herald:start', valueInstant: start }] } };
};

it('S2.19: keeps the start, to the millisecond and in UTC', async () => {
  await subscribe(timed, starting('window', '2026-09-01T02:00:00.5+02:00', '2026-10-01T00:00:00Z'));
  expect(await incarnationOf(timed.test.database, 'default', 'window')).toMatchObject({
    status: 'active',
    config: { startsAt: '2026-09-01T00:00:00.500Z' },
    endsAt: new Date('2026-10-01T00:00:00Z'),
  });
});

it('S2.19: refuses a window that ends before it starts', async () => {
  const sent = put(timed, starting('inverse', '2026-09-01T00:00:00Z', '2026-09-01T00:00:00Z'));
  await expect(sent).rejects.toMatchObject({ status: 422, issues: [{ expression: 'Subscription.end' }] });
});
