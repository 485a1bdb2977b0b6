// Ordering keys on the wire: what may overtake what, and the barrier between two of them.
import { attemptsOf, auditLedger, listDeliveries, subscriptionRuntime } from '../../../src/deliveries';
import { eventually } from '../../support/deadline';
import { event } from './delivering';
import { db, herald, settled, stub } from './delivering-world';

const delivered = (count: number) => settled('delivered', count);
const observation = (id: string, patient: string) => event(id, 1, { type: 'Observation', root: `Patient/${patient}` });
const kept = () => stub.processed.map((request) => request.path.split('/').at(-1));

/** Answers 500 to one resource until told otherwise. */
function failing(id: string): { heal: () => void } {
  let isIll = true;
  stub.answer((request) => ({ status: isIll && request.path.endsWith(`/${id}`) ? 500 : 200 }));
  return { heal: () => (isIll = false) };
}

it('none: a failing event holds up nothing, not even later versions of its resource', async () => {
  let first = true;
  stub.answer((request) => ({ status: request.headers['herald-version'] === '1' && first ? 500 : 200 }));
  await herald.subscribe(1, stub.url, { orderingKey: 'none' });
  herald.run(herald.worker());
  await herald.schedule([1], [event('a', 1), event('a', 2)]);
  await delivered(1);
  first = false;
  await delivered(2);
  expect(stub.processed.map((request) => request.headers['herald-version'])).toEqual(['2', '1']);
});

it('patient: whatever belongs to the patient waits, other patients do not', async () => {
  const { heal } = failing('o1');
  await herald.subscribe(1, stub.url, { orderingKey: 'patient' });
  herald.run(herald.worker());
  await herald.schedule(
    [1],
    [observation('o1', 'p1'), event('p1', 2), observation('o2', 'p1'), observation('o3', 'p2')],
  );
  await delivered(1);
  expect(kept()).toEqual(['o3']);
  heal();
  await delivered(4);
  expect(kept()).toEqual(['o3', 'o1', 'p1', 'o2']);
});

it('subscription: everything leaves in event-number order', async () => {
  const { heal } = failing('a3');
  await herald.subscribe(1, stub.url, { orderingKey: 'subscription' });
  herald.run(herald.worker());
  await herald.schedule(
    [1],
    Array.from({ length: 8 }, (_, index) => event(`a${index + 1}`)),
  );
  await eventually(() => stub.requests.filter((request) => request.path.endsWith('/a3')).length >= 3);
  expect(kept()).toEqual(['a1', 'a2']);
  heal();
  await delivered(8);
  expect(kept()).toEqual(Array.from({ length: 8 }, (_, index) => `a${index + 1}`));
});

it('a switch of the ordering key lets nothing new pass before everything old has ended, also a second switch', async () => {
  const { heal } = failing('old1');
  await herald.subscribe(1, stub.url, { orderingKey: 'focus' });
  herald.run(herald.worker());
  await herald.schedule([1], [event('old1'), event('old2')]);
  await delivered(1);
  await herald.subscribe(1, stub.url, { orderingKey: 'patient' });
  await herald.schedule([1], [observation('mid1', 'p1'), observation('mid2', 'p2')]);
  await herald.subscribe(1, stub.url, { orderingKey: 'none' });
  await herald.schedule([1], [event('new1')]);
  await eventually(() => stub.requests.filter((request) => request.path.endsWith('/old1')).length >= 4);
  expect(kept()).toEqual(['old2']);
  heal();
  await delivered(5);
  expect(kept().slice(0, 2)).toEqual(['old2', 'old1']);
  expect(kept().slice(2, 4).sort()).toEqual(['mid1', 'mid2']);
  expect(kept()[4]).toBe('new1');
  const { rows } = await db.database.query({ text: 'select barriers from subscription_runtime', values: [] });
  await eventually(async () => (await auditLedger(db.database, herald.clock.now())).length === 0);
  expect(rows).toHaveLength(1);
});

it('S4.25, I30: a delete stops what waits within a second, and its rows end cancelled', async () => {
  stub.answer(() => ({ status: 503 }));
  await herald.subscribe(1, stub.url);
  herald.run(herald.worker());
  herald.run(herald.housekeeping());
  await herald.schedule(
    [1],
    Array.from({ length: 30 }, (_, index) => event(`p${index % 5}`, index + 1)),
  );
  await eventually(() => stub.requests.length >= 5);
  await herald.delete(1);
  const answeredAt = performance.now();
  await eventually(async () => Object.keys(await herald.states()).join() === 'cancelled');
  expect(stub.requests.filter((request) => request.at > answeredAt + 1_000)).toEqual([]);
  expect(await herald.schedule([1], [event('late')])).toEqual([]);
});

describe('what the admin sees', () => {
  it('S1.13: counts what waits, what was delivered, and since when', async () => {
    failing('bad');
    await herald.subscribe(1, stub.url);
    herald.run(herald.worker());
    await herald.schedule([1], [event('bad', 1), event('bad', 2), event('good')]);
    await eventually(async () => (await herald.states())['behind'] === 1 && (await herald.states())['delivered'] === 1);
    const seen = (await subscriptionRuntime(db.database, [1, 99], herald.clock.now())).get(1)!;
    expect(seen).toMatchObject({
      pending: 2,
      delivered: 1,
      dead: 0,
      cancelled: 0,
      heldKeys: 1,
      lastEventNumber: 3,
      sending: true,
    });
    expect(seen.oldestPendingAt).toBeInstanceOf(Date);
    await eventually(async () =>
      (await subscriptionRuntime(db.database, [1], herald.clock.now())).get(1)!.lastError?.includes('-> 500'),
    );
  });

  it('lists deliveries by filter, page after page, with their attempts', async () => {
    failing('p3');
    await herald.subscribe(1, stub.url);
    await herald.subscribe(2, `${stub.url}/two`);
    herald.run(herald.worker());
    const events = Array.from({ length: 10 }, (_, index) => event(`p${index}`));
    await herald.schedule([1, 2], events);
    await delivered(18);
    const seen: string[] = [];
    let after: { subscriptionKey: number; eventNumber: number } | undefined;
    do {
      const page = await listDeliveries(db.database, {}, { count: 7, after });
      seen.push(...page.deliveries.map((one) => `${one.subscriptionKey}/${one.eventNumber}`));
      after = page.next;
    } while (after);
    expect(seen).toEqual([2, 1].flatMap((key) => Array.from({ length: 10 }, (_, index) => `${key}/${10 - index}`)));
    const held = await listDeliveries(db.database, { states: ['held'] });
    expect(held.deliveries).toMatchObject([
      { id: 'p3', lastStatus: 500 },
      { id: 'p3', lastStatus: 500 },
    ]);
    const byEvent = await listDeliveries(db.database, { eventId: events[3]!.eventId, subscriptionKeys: [1] });
    expect(byEvent.deliveries).toHaveLength(1);
    const attempts = await attemptsOf(db.database, byEvent.deliveries);
    expect(attempts[0]).toMatchObject({ number: 1, class: 'E', status: 500, accepted: true, sent: true });
    expect((await listDeliveries(db.database, { eventId: 'no uuid' })).deliveries).toEqual([]);
  });
});
