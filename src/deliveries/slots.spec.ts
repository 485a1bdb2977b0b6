// Who may start: bounds of the process, of the slow ones, of an origin and of a rate, without any clock.
import { PaceBook } from './pace';
import { Slots, type Payer } from './slots';

const payer = (subscriptionKey: number, change: Partial<Payer> = {}): Payer => ({
  subscriptionKey,
  origin: `https://o${subscriptionKey}.example`,
  isOpen: false,
  ...change,
});
function make(inFlightMax = 8, connectionsPerOrigin = 32): { slots: Slots; pace: PaceBook } {
  const pace = new PaceBook();
  return { slots: new Slots({ inFlightMax, connectionsPerOrigin }, pace), pace };
}
/** Starts as many as it may; answers how many, and why not more. */
function fill(slots: Slots, one: Payer, nowMs: number, wanted = 100): { started: number; cause?: string } {
  for (let started = 0; started < wanted; started += 1) {
    const refusal = slots.refuses(one, nowMs);
    if (refusal) return { started, cause: refusal.cause };
    slots.started(one, nowMs);
  }
  return { started: wanted };
}

it('fills the process and no more; what ends makes room', () => {
  const { slots } = make(8);
  expect(fill(slots, payer(1), 0)).toEqual({ started: 8, cause: 'full' });
  slots.ended(payer(1), 0);
  expect(fill(slots, payer(2), 0)).toEqual({ started: 1, cause: 'full' });
});

it('open breakers share half, and leave the other half to the rest', () => {
  const { slots } = make(8);
  fill(slots, payer(1, { isOpen: true }), 0, 2);
  expect(fill(slots, payer(2, { isOpen: true }), 0)).toEqual({ started: 2, cause: 'slow' });
  expect(fill(slots, payer(3), 0)).toEqual({ started: 4, cause: 'full' });
});

it('a p95 beyond two seconds makes a subscription slow, one slow request in twenty does not', () => {
  const { slots, pace } = make(8);
  for (let n = 0; n < 20; n += 1) pace.ended(1, n === 0 ? 5_000 : 10, 10_000);
  expect(slots.isSlow(1, false, 0)).toBe(false);
  pace.ended(1, 5_000, 10_000);
  pace.ended(1, 5_000, 10_000);
  expect(slots.isSlow(1, false, 0)).toBe(true);
  expect(fill(slots, payer(1), 0)).toEqual({ started: 4, cause: 'slow' });
});

it('a request that has been running for more than two seconds counts before it has ended', () => {
  const { slots } = make(8);
  fill(slots, payer(1), 0, 6);
  expect(slots.slowInFlight).toBe(0);
  slots.recheck(2_001);
  expect(slots.slowInFlight).toBe(6);
  expect(slots.refuses(payer(1), 2_001)).toEqual({ cause: 'slow' });
  expect(fill(slots, payer(2), 2_001)).toEqual({ started: 2, cause: 'full' });
  for (let n = 0; n < 6; n += 1) slots.ended(payer(1), 0);
  expect(slots.slowInFlight).toBe(0);
  expect(slots.inFlight).toBe(2);
});

it('an origin has its connections, whoever asks', () => {
  const { slots } = make(100, 10);
  const shared = 'https://shared.example';
  expect(fill(slots, payer(1, { origin: shared }), 0, 6).started).toBe(6);
  expect(fill(slots, payer(2, { origin: shared }), 0)).toEqual({ started: 4, cause: 'origin' });
  expect(fill(slots, payer(3), 0, 20).started).toBe(10);
});

it('a rate spaces the starts, and a refusal uses nothing up', () => {
  const { slots } = make(100);
  const rated = payer(1, { rate: 4 });
  expect(fill(slots, rated, 1_000)).toEqual({ started: 1, cause: 'rate' });
  expect(slots.refuses(rated, 1_249)).toEqual({ cause: 'rate', untilMs: 1_250 });
  expect(slots.refuses(rated, 1_250)).toBeUndefined();
});

it('a set of twenty attempts gives a verdict on half of the deadline', () => {
  const pace = new PaceBook();
  const verdicts = (durations: readonly number[]) => durations.map((ms) => pace.ended(1, ms, 1_000)).at(-1);
  const set = (late: number) => Array.from({ length: 20 }, (_, n) => (n < late ? 501 : 500));
  expect(verdicts(set(1))).toBe('well');
  expect(verdicts(set(2))).toBe('slow');
  expect(pace.ended(1, 600, 1_000)).toBeUndefined();
});
