// Places for writes: never more than allowed, in order, and none is lost.
import fc from 'fast-check';
import { FakeClock } from '../../test/support/fake-clock';
import { WriteSlots, type Release } from './write-slots';

const limits = { slotsMax: 2, bytesMax: 100, queueMax: 3, waitMsMax: 1_000 };
const never = new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

it('gives places while slots and bytes last, and takes each back once', () => {
  const slots = new WriteSlots(limits, new FakeClock());
  const first = slots.take(60)!;
  expect(slots.take(60)).toBeUndefined();
  const second = slots.take(40)!;
  expect(slots.take(0)).toBeUndefined();
  expect([slots.inProgress, slots.bytesInProgress]).toEqual([2, 100]);
  first();
  first();
  expect([slots.inProgress, slots.bytesInProgress]).toEqual([1, 40]);
  second();
  expect([slots.inProgress, slots.bytesInProgress]).toEqual([0, 0]);
});

it('one write alone always fits, and a large one at the head is not overtaken', async () => {
  const slots = new WriteSlots(limits, new FakeClock());
  const huge = slots.take(5_000)!;
  const order: string[] = [];
  const large = slots.wait(90, never).then((release) => (order.push('large'), release!));
  const small = slots.wait(5, never).then((release) => (order.push('small'), release!));
  expect(slots.take(1)).toBeUndefined();
  huge();
  (await large)();
  (await small)();
  expect(order).toEqual(['large', 'small']);
  expect(slots.inProgress).toBe(0);
});

it('refuses when the queue is full, when the wait is too long, and when the client has gone; nobody else suffers', async () => {
  const clock = new FakeClock();
  const slots = new WriteSlots(limits, clock);
  const held = [slots.take(1)!, slots.take(1)!];
  const gone = new AbortController();
  const leaving = slots.wait(1, gone.signal);
  const late = slots.wait(1, never);
  const patient = slots.wait(1, never);
  expect(await slots.wait(1, never)).toBeUndefined();
  gone.abort();
  expect(await leaving).toBeUndefined();
  expect(slots.waiting).toBe(2);
  held[0]!();
  const release = (await late)!;
  await clock.advance(limits.waitMsMax);
  expect(await patient).toBeUndefined();
  expect(slots.waiting).toBe(0);
  release();
  held[1]!();
  expect(slots.inProgress).toBe(0);
});

it('whatever comes, goes and gives up in whatever order: the bounds hold, and at the end nothing is held', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('come' as const), bytes: fc.nat(120) }),
    fc.record({ do: fc.constant('end' as const), pick: fc.nat() }),
    fc.record({ do: fc.constant('leave' as const), pick: fc.nat() }),
    fc.record({ do: fc.constant('time' as const), ms: fc.nat(600) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = new FakeClock();
      const slots = new WriteSlots(limits, clock);
      const held: Release[] = [];
      const waits: AbortController[] = [];
      for (const each of steps) {
        if (each.do === 'come') {
          const release = slots.take(each.bytes);
          if (release) held.push(release);
          else {
            const wait = new AbortController();
            waits.push(wait);
            void slots.wait(each.bytes, wait.signal).then((later) => later && held.push(later));
          }
        } else if (each.do === 'end') held.splice(each.pick % Math.max(1, held.length), 1)[0]?.();
        else if (each.do === 'leave') waits.splice(each.pick % Math.max(1, waits.length), 1)[0]?.abort();
        else await clock.advance(each.ms);
        await turn();
        expect(slots.inProgress).toBe(held.length);
        expect(slots.inProgress).toBeLessThanOrEqual(limits.slotsMax);
        expect(slots.waiting).toBeLessThanOrEqual(limits.queueMax);
        expect(slots.bytesInProgress <= limits.bytesMax || slots.inProgress === 1).toBe(true);
        if (slots.waiting > 0) expect(slots.inProgress).toBeGreaterThan(0);
      }
      for (let n = 0; n < 50 && held.length > 0; n += 1) {
        held.pop()!();
        await turn();
      }
      expect([slots.inProgress, slots.bytesInProgress, slots.waiting]).toEqual([0, 0, 0]);
    }),
    { numRuns: 100 },
  );
});
