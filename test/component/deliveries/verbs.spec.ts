// Pausing and resuming, heads of lanes, test notifications, and the book in which all of it stands.
import { listDeadLetters } from '../../../src/deliveries';
import { defaults, event } from './delivering';
import { order, VerbsWorld } from './verbs-world';

const world = VerbsWorld.forFile();

describe('pause and resume', () => {
  it('I22: a pause stops sending, not numbering; its time counts against no delivery', async () => {
    await world.herald.subscribe(1, world.receiver.url, { retryForMs: 60_000 });
    expect(await world.verbs.pause(order(), 1)).toEqual({ paused: true, changed: true });
    expect(await world.verbs.pause(order(), 1)).toEqual({ paused: true, changed: false });
    await world.herald.schedule([1], [event('a')]);
    world.herald.run(world.herald.worker());
    // A day later: the clock of the ledger is what is written in it.
    await world.rows(`update subscription_runtime set stopped_at = stopped_at - interval '1 day'`);
    await world.rows(`update delivery set numbered_at = numbered_at - interval '1 day', stopped_before_ms = 0`);
    // A client's write of the active Subscription does not end the operator's pause.
    await world.herald.subscribe(1, world.receiver.url, { status: 'active' });
    expect(await world.audit()).toEqual([]);
    expect(world.receiver.requests).toEqual([]);
    expect(await world.verbs.resume(order(), 1, 'first-undelivered')).toMatchObject({ cancelled: 0, resent: 0 });
    await world.settled({ delivered: 1 });
    expect(world.requested).toEqual([{ key: 1, caller: 'olga' }]);
  });

  it('S1.18: from now passes over what waits, visibly; what comes later is delivered', async () => {
    world.receiver.answer((request) => ({ status: request.headers['herald-event-number'] === '1' ? 503 : 200 }));
    await world.herald.subscribe(1, world.receiver.url, { slices: 1 });
    await world.herald.schedule([1], [event('a', 1), event('a', 2), event('b')]);
    world.herald.run(world.herald.worker());
    await world.settled({ behind: 1, delivered: 1, held: 1 });
    await world.verbs.pause(order(), 1);
    // The owner learns of a pause by its next reading; what comes until then it may still send.
    await world.atRest();
    await world.herald.schedule([1], [event('c')]);
    expect(await world.verbs.resume(order(), 1, 'now')).toEqual({ from: 'now', cancelled: 3, resent: 0 });
    expect(await world.herald.states()).toEqual({ cancelled: 3, delivered: 1 });
    expect(await world.rows(`select distinct reason from delivery where state = 'cancelled'`)).toEqual([
      { reason: 'resumed-past' },
    ]);
    expect(await world.audit()).toEqual([]);
    await world.herald.schedule([1], [event('a', 3)]);
    await world.settled({ cancelled: 3, delivered: 2 });
    expect(await world.audit()).toEqual([]);
  });

  it('a long backlog is passed over in steps, each written down; nothing is sent between them', async () => {
    await world.herald.subscribe(1, world.receiver.url, { orderingKey: 'none' });
    const many = Array.from({ length: 6_000 }, (_, n) => event(`p${n}`));
    await world.herald.schedule([1], many);
    const resumed = await world.verbs.resume(order({ idempotencyKey: 'once' }), 1, 'now');
    expect(resumed).toEqual({ from: 'now', cancelled: 6_000, resent: 0 });
    expect((await world.log()).map(({ verb, count }) => [verb, count])).toEqual([
      ['resume', 1_000],
      ['resume', 5_000],
    ]);
    expect(await world.verbs.resume(order({ idempotencyKey: 'once' }), 1, 'now')).toEqual(resumed);
    expect(await world.log()).toHaveLength(2);
  });

  it('takes no number that no event has', async () => {
    await world.herald.subscribe(1, world.receiver.url);
    await expect(world.verbs.resume(order(), 1, 2)).rejects.toMatchObject({ status: 422 });
    await expect(world.verbs.resume(order(), 1, 1)).resolves.toMatchObject({ from: 1 });
  });
});

describe('heads', () => {
  const block = async (): Promise<void> => {
    await world.herald.subscribe(1, world.receiver.url, { slices: 1, orderingKey: 'subscription' });
    await world.herald.schedule([1], [event('a'), event('b')]);
    await world.rows(`update delivery set state = case event_no when 1 then 'held' else 'behind' end`);
    await world.rows(
      `insert into held_key (subscription_key, key_hash, slice_no, kind, head_event_no, next_at, attempts, first_failed_at, class)
         values (1, 0, 0, 'blocked', 1, 'infinity', 5, $1, 'M')`,
      world.herald.clock.now(),
    );
    expect(await world.audit()).toEqual([]);
  };

  it('unblock with retry tries the head once more, in order', async () => {
    await block();
    world.herald.run(world.herald.worker());
    expect(await world.verbs.unblock(order(), 1, { action: 'retry' })).toEqual({ action: 'retry', unblocked: [1] });
    await world.settled({ delivered: 2 });
    expect(world.numbers()).toEqual([1, 2]);
    expect(await world.verbs.unblock(order(), 1, { action: 'retry' })).toEqual({ action: 'retry', unblocked: [] });
  });

  it('unblock with skip makes a dead letter of the head and goes on', async () => {
    await block();
    expect(await world.verbs.unblock(order(), 1, { action: 'skip', eventNumber: 7 })).toMatchObject({ unblocked: [] });
    expect(await world.verbs.unblock(order(), 1, { action: 'skip', eventNumber: 1 })).toMatchObject({ unblocked: [1] });
    expect(await world.audit()).toEqual([]);
    world.herald.run(world.herald.worker());
    await world.settled({ dead: 1, delivered: 1 });
    expect((await listDeadLetters(world.db.database, { tenant: 'default' }, { limit: 9 }))[0]).toMatchObject({
      eventNumber: 1,
      reason: 'skipped',
    });
  });

  it('probe now tries the earliest failing head at once', async () => {
    world.receiver.answer((_, n) => ({ status: n === 1 ? 503 : 200 }));
    await world.herald.subscribe(1, world.receiver.url, { retryBaseMs: 3_600_000 });
    await world.herald.schedule([1], [event('a')]);
    world.herald.run(world.herald.worker({ defaults: { ...defaults, retryMaxMs: 3_600_000 } }));
    await world.settled({ held: 1 });
    expect(await world.verbs.probe(order(), 1)).toEqual({ probed: 1 });
    await world.settled({ delivered: 1 });
    expect(await world.verbs.probe(order(), 1)).toEqual({ probed: null });
  });
});

describe('test notification', () => {
  it('goes the way of all others, marked, and leaves no row in the ledger', async () => {
    await world.herald.subscribe(1, `${world.receiver.url}/fhir`, {
      headers: [['Authorization', 'Bearer secret-1']],
      status: 'off',
    });
    world.receiver.answer(() => ({ status: 422, body: 'no secret-1 here' }));
    const outcome = await world.verbs.test(order({ idempotencyKey: 'k' }), 1);
    expect(outcome).toMatchObject({
      request: { method: 'PUT', url: `${world.receiver.url}/fhir/Basic/herald-test` },
      class: 'M',
      status: 422,
      sent: true,
    });
    const [request] = world.receiver.requests;
    expect(request!.headers).toMatchObject({
      'herald-test': 'true',
      'herald-event-number': '0',
      authorization: 'Bearer secret-1',
    });
    expect(request!.json().meta.tag[0].code).toBe('HTEST');
    expect(JSON.stringify(outcome)).not.toContain('Bearer secret-1');
    expect(await world.verbs.test(order({ idempotencyKey: 'k' }), 1)).toMatchObject({ status: 422 });
    expect(world.receiver.requests).toHaveLength(1);
    expect(await world.rows('select 1 from delivery union all select 1 from attempt')).toEqual([]);
    expect((await world.log())[0]).toMatchObject({ verb: 'test', who: 'olga', subscription: 's1' });
  });

  it('answers what stands in the way', async () => {
    await world.herald.subscribe(1, 'http://127.0.0.1:1/x', { unusable: 'the key is another one' });
    expect(await world.verbs.test(order(), 1)).toMatchObject({
      class: 'P',
      sent: false,
      reason: 'the key is another one',
    });
    await expect(world.verbs.test(order(), 5)).rejects.toMatchObject({ status: 404 });
  });
});

describe('the operator log', () => {
  it('A13: a key asked twice is one deed and one answer, at the same moment too; for another wish it is refused', async () => {
    await world.herald.subscribe(1, world.receiver.url);
    await world.herald.schedule([1], [event('a')]);
    await world.rows(`update delivery set state = 'delivered', ended_at = now()`);
    const wish = order({ idempotencyKey: 'click' });
    const answers = await Promise.all(Array.from({ length: 5 }, () => world.verbs.resendOne(wish, 1, 1)));
    for (const answer of answers) expect(answer).toEqual({ resent: 1, waiting: false });
    expect(await world.rows('select 1 from resend')).toHaveLength(1);
    expect(await world.log()).toHaveLength(1);
    await expect(world.verbs.pause(wish, 1)).rejects.toMatchObject({ status: 422 });
    expect((await world.log())[0]).toMatchObject({
      who: 'olga',
      verb: 'resend',
      reason: 'a test',
      subscription: 's1',
      filter: { eventNumber: 1 },
      count: 1,
      requestId: 'req-1',
      idempotencyKey: 'click',
    });
  });

  it('A20: is only ever added to', async () => {
    await world.herald.subscribe(1, world.receiver.url);
    await world.verbs.pause(order(), 1);
    for (const text of ['update operator_log set who = $$x$$', 'delete from operator_log', 'truncate operator_log'])
      await expect(world.rows(text)).rejects.toThrow(/append-only/);
    expect(await world.log()).toHaveLength(1);
  });
});
