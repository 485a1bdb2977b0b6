// Dead letters: listed, counted, put back into their lanes in order, dismissed.
import { countDeadLetters, listDeadLetters } from '../../../src/deliveries';
import { defaults, event } from './delivering';
import { order, VerbsWorld } from './verbs-world';

const world = VerbsWorld.forFile();

describe('dead letters', () => {
  it('S4.21: are listed in order with their reason, counted, redriven in event-number order before what waits', async () => {
    await world.herald.subscribe(1, world.receiver.url, { slices: 1, status: 'off' });
    await world.herald.schedule([1], [event('a', 1), event('b'), event('a', 2), event('a', 3)]);
    await world.kill(1, 3);
    const filter = { tenant: 'default' };
    expect((await listDeadLetters(world.db.database, filter, { limit: 9 })).map((one) => one.eventNumber)).toEqual([
      1, 3,
    ]);
    expect(await listDeadLetters(world.db.database, { ...filter, reason: 'expired' }, { limit: 9 })).toEqual([]);
    expect(await world.verbs.previewDeadLetters(filter)).toEqual({ count: 2, sample: ['1/1', '1/3'] });
    await expect(world.verbs.redriveDeadLetters(order(), filter, 1)).rejects.toMatchObject({ status: 409 });
    expect(await world.verbs.redriveDeadLetters(order(), filter, 2)).toEqual({ count: 2 });
    expect(await countDeadLetters(world.db.database, filter)).toBe(0);
    expect(await world.audit()).toEqual([]);
    await world.herald.subscribe(1, world.receiver.url, { status: 'active' });
    world.herald.run(world.herald.worker());
    await world.settled({ delivered: 4 });
    expect(world.numbers().filter((n) => n !== 2)).toEqual([1, 3, 4]);
    expect(await world.audit()).toEqual([]);
  });

  it('an expired one gets a new life', async () => {
    await world.herald.subscribe(1, world.receiver.url, { retryForMs: 60_000 });
    await world.herald.schedule([1], [event('a')]);
    await world.rows(`update delivery set numbered_at = numbered_at - interval '1 day'`);
    world.herald.run(world.herald.worker());
    await world.settled({ dead: 1 });
    await world.verbs.redriveDeadLetters(order(), { tenant: 'default' }, 1);
    await world.settled({ delivered: 1 });
  });

  it('one below a failing head goes first; the head waits behind it', async () => {
    world.receiver.answer((request) => ({ status: request.headers['herald-event-number'] === '2' ? 500 : 200 }));
    await world.herald.subscribe(1, world.receiver.url, { slices: 1, retryBaseMs: 3_600_000 });
    await world.herald.schedule([1], [event('a', 1), event('a', 2), event('a', 3)]);
    await world.kill(1);
    world.herald.run(world.herald.worker({ defaults: { ...defaults, retryMaxMs: 3_600_000 } }));
    await world.settled({ dead: 1, held: 1, behind: 1 });
    await world.verbs.redriveDeadLetters(order(), { tenant: 'default' }, 1);
    expect(await world.audit()).toEqual([]);
    await world.settled({ behind: 1, delivered: 1, held: 1 });
    expect(world.numbers()).toEqual([2, 1, 2]);
    expect(await world.audit()).toEqual([]);
  });

  it('a lane that someone is working on is taken from them first, so that nothing overtakes', async () => {
    await world.herald.subscribe(1, world.receiver.url, { slices: 1 });
    await world.herald.schedule([1], [event('a', 1), event('a', 2), event('a', 3)]);
    await world.kill(1);
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    world.receiver.answer(async (request) => {
      if (world.receiver.requests.length === 1) await held;
      return { status: request.method === 'PUT' ? 200 : 400 };
    });
    world.herald.run(world.herald.worker());
    await world.receiver.waitFor(() => world.receiver.requests.length === 1);
    await world.verbs.redriveDeadLetters(order(), { tenant: 'default' }, 1);
    release();
    await world.settled({ delivered: 3 });
    // 2 was under way: its result is stale, it is sent again after 1.
    expect(world.numbers()).toEqual([2, 1, 2, 3]);
    expect(await world.audit()).toEqual([]);
  });

  it('dismissed ones leave the list and cannot be redriven; of a deleted Subscription they can only be dismissed', async () => {
    await world.herald.subscribe(1, world.receiver.url);
    await world.herald.schedule([1], [event('a'), event('b')]);
    await world.kill(1, 2);
    const filter = { tenant: 'default', subscriptionKey: 1, toEventNumber: 1 };
    expect(await world.verbs.discardDeadLetters(order(), filter, 1)).toEqual({ count: 1 });
    expect(await countDeadLetters(world.db.database, { tenant: 'default' })).toBe(1);
    await world.herald.delete(1);
    expect(await world.verbs.redriveDeadLetters(order(), { tenant: 'default' }, 0)).toEqual({ count: 0 });
    expect(await world.verbs.discardDeadLetters(order(), { tenant: 'default' }, 1)).toEqual({ count: 1 });
    expect(await world.herald.states()).toEqual({ dead: 2 });
  });
});
