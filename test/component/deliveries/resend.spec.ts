// Resends: ended deliveries sent once more on an operator's wish.
import { eventually } from '../../support/deadline';
import { defaults, event } from './delivering';
import { order, VerbsWorld } from './verbs-world';

const world = VerbsWorld.forFile();

describe('resend', () => {
  it('S1.20: sends an ended delivery once more: same id, number and body, the next attempt; its state stays', async () => {
    await world.herald.subscribe(1, world.receiver.url);
    await world.herald.schedule([1], [event('a')]);
    world.herald.run(world.herald.worker());
    await world.settled({ delivered: 1 });
    expect(await world.verbs.resendOne(order(), 1, 1)).toEqual({ resent: 1, waiting: false });
    const [first, again] = await world.receiver.received(2);
    expect(again!.body.equals(first!.body)).toBe(true);
    for (const name of ['herald-event-id', 'herald-event-number', 'herald-version', 'x-request-id'])
      expect(again!.headers[name]).toBe(first!.headers[name]);
    expect([first, again].map((request) => request!.headers['herald-attempt'])).toEqual(['1', '2']);
    await eventually(async () => (await world.rows('select 1 from resend where done_at is not null')).length === 1);
    expect(await world.rows(`select trigger, class, accepted from attempt order by started_at`)).toEqual([
      { trigger: 'auto', class: 'S', accepted: true },
      { trigger: 'manual', class: 'S', accepted: true },
    ]);
    expect(await world.herald.states()).toEqual({ delivered: 1 });
    expect(await world.audit()).toEqual([]);
  });

  it('one attempt, whatever comes of it: the failure is written down, and nobody’s health suffers', async () => {
    await world.herald.subscribe(1, world.receiver.url, { errorAfterMs: 0, errorAfterAttempts: 1 });
    await world.herald.schedule([1], [event('a')]);
    world.herald.run(world.herald.worker());
    await world.settled({ delivered: 1 });
    world.receiver.answer(() => ({ status: 503 }));
    await world.verbs.resendOne(order(), 1, 1);
    const done = () => world.rows(`select class, status from resend where done_at is not null`);
    await eventually(async () => (await done()).length === 1);
    expect(await done()).toEqual([{ class: 'E', status: 503 }]);
    expect(world.herald.told).toEqual([]);
    expect(await world.herald.states()).toEqual({ delivered: 1 });
    expect(await world.rows('select 1 from held_key')).toEqual([]);
    expect(await world.audit()).toEqual([]);
  });

  it('S1.20, I20: waits for the breaker like everything else, and may be its probe; what a dead endpoint holds stays bounded', async () => {
    const count = 400;
    const { herald, receiver, verbs } = world;
    await herald.subscribe(1, receiver.url, { retryBaseMs: 200, errorAfterMs: 0, errorAfterAttempts: 1 });
    await herald.schedule(
      [1],
      Array.from({ length: count }, (_, index) => event(`p${index}`)),
    );
    await world.deliverByHand();
    receiver.answer(() => ({ status: 503, delayMs: 20 }));
    const all = { since: new Date('2020-01-01T00:00:00Z') };
    expect(await verbs.resendMatching(order(), 1, all)).toMatchObject({ count });
    herald.run(herald.worker({ defaults: { ...defaults, retryMaxMs: 200, retryFactor: 1 } }));
    type Row = { is_open: boolean; probes: number };
    const breaker = async (): Promise<Row> =>
      (
        await world.rows<Row>(`select breaker ? 'open' as is_open, coalesce((breaker #>> '{open,probes}')::int, 0) as probes
                                 from subscription_runtime`)
      )[0]!;
    await eventually(async () => (await breaker()).is_open, { what: 'the breaker to open' });
    const leased = () => world.rows('select 1 from slice where lease_until is not null');
    await eventually(async () => (await leased()).length === 0, { what: 'every slice to be asleep' });
    const [before, { probes }] = [receiver.requests.length, await breaker()];
    await eventually(async () => (await breaker()).probes >= probes + 3, { what: 'three probes' });
    // Nothing but the probes went out since, of which the first may be older than the count, and the last not noted yet.
    const since = receiver.requests.length - before;
    expect(since).toBeLessThanOrEqual((await breaker()).probes - probes + 2);
    expect(herald.told).toEqual([]);
    receiver.answer(() => ({ status: 200 }));
    await eventually(async () => (await world.rows('select 1 from resend where done_at is null')).length === 0, {
      what: 'everything to be sent again',
    });
    // One attempt each, whether it met the open breaker or not.
    expect(receiver.requests).toHaveLength(count);
    expect(await world.rows(`select 1 from attempt where trigger <> 'manual'`)).toEqual([]);
    await eventually(async () => !(await breaker()).is_open, { what: 'the breaker to close' });
    expect(herald.told).toEqual([]);
    expect(await world.audit()).toEqual([]);
  });

  it('leaves before what waits with the same key, and is not sent twice for being asked twice', async () => {
    await world.herald.subscribe(1, world.receiver.url, { slices: 1 });
    await world.herald.schedule([1], [event('a', 1), event('a', 2)]);
    const stop = world.herald.run(world.herald.worker());
    await world.settled({ delivered: 2 });
    await stop();
    await world.herald.schedule([1], [event('a', 3)]);
    await world.verbs.resendOne(order(), 1, 2);
    await world.verbs.resendOne(order(), 1, 1);
    expect(await world.verbs.resendOne(order(), 1, 1)).toEqual({ resent: 0, waiting: true });
    expect(await world.audit()).toEqual([]);
    world.herald.run(world.herald.worker());
    await world.receiver.received(5);
    await world.settled({ delivered: 3 });
    expect(world.numbers()).toEqual([1, 2, 1, 2, 3]);
  });

  it('A14: refuses what waits and what is a dead letter, saying what to do', async () => {
    await world.herald.subscribe(1, world.receiver.url);
    await world.herald.schedule([1], [event('a'), event('b')]);
    await world.kill(2);
    await expect(world.verbs.resendOne(order(), 1, 1)).rejects.toMatchObject({ status: 409 });
    await expect(world.verbs.resendOne(order(), 1, 2)).rejects.toThrow(/redrive/);
    await expect(world.verbs.resendOne(order(), 1, 3)).rejects.toMatchObject({ status: 404 });
    await expect(world.verbs.resendOne(order(), 9, 1)).rejects.toMatchObject({ status: 404 });
    expect(await world.log()).toEqual([]);
  });

  it('by a filter: ended ones again, dead letters redriven, waiting ones left to their turn', async () => {
    await world.herald.subscribe(1, world.receiver.url, { status: 'off' });
    await world.herald.schedule([1], [event('a'), event('b'), event('c'), event('d')]);
    await world.kill(2, 3);
    await world.rows(`update delivery set state = 'delivered', ended_at = now() where event_no = 1`);
    expect(await world.verbs.resendMatching(order(), 1, { failedOnly: true })).toEqual({
      count: 2,
      redriven: 2,
      waiting: 0,
    });
    expect(await world.herald.states()).toEqual({ behind: 2, delivered: 1, pending: 1 });
    const since = new Date('2020-01-01T00:00:00Z');
    expect(await world.verbs.resendMatching(order(), 1, { since })).toEqual({ count: 1, redriven: 0, waiting: 3 });
    expect(await world.verbs.resendMatching(order(), 1, { until: since })).toEqual({
      count: 0,
      redriven: 0,
      waiting: 0,
    });
    expect(await world.verbs.resendMatching(order(), 1, { eventId: 'no uuid' })).toMatchObject({ count: 0 });
    expect(await world.audit()).toEqual([]);
    await world.herald.subscribe(1, world.receiver.url, { status: 'active' });
    world.herald.run(world.herald.worker());
    await world.settled({ delivered: 4 });
    expect(await world.audit()).toEqual([]);
  });

  it('takes as many as there are, key by key, before anything later of the same key', async () => {
    await world.herald.subscribe(1, world.receiver.url, { orderingKey: 'subscription' });
    const many = Array.from({ length: 250 }, (_, n) => event(`p${n}`));
    await world.herald.schedule([1], many);
    await world.rows(`update delivery set state = 'delivered', ended_at = now()`);
    await world.herald.schedule([1], [event('last')]);
    await world.verbs.resendMatching(order(), 1, { until: new Date('2100-01-01T00:00:00Z') });
    world.herald.run(world.herald.worker());
    await world.settled({ delivered: 251 });
    expect(world.numbers()).toEqual(Array.from({ length: 251 }, (_, n) => n + 1));
  });
});
