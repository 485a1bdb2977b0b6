// The breaker's transitions: a table of cases, and a model test with random sequences of batches.
import fc from 'fast-check';
import {
  afterBatch,
  afterPace,
  CLOSED,
  isAtRest,
  isSameBreaker,
  limitOf,
  NOTHING,
  withFailure,
  withSuccess,
  type Breaker,
  type Tally,
  type TalliedFailure,
} from './breaker';

const policy = { baseMs: 1_000, factor: 3, maxMs: 3_600_000, jitter: 0.2 };
const at = (now: number, random = 0.5) => ({ cap: 8, now, policy, random });
const failure = (keyHash: number, change: Partial<TalliedFailure> = {}): TalliedFailure => ({
  class: 'E',
  keyHash,
  isUnreachable: false,
  eventNo: keyHash,
  startedAt: 0,
  isProbe: false,
  ...change,
});
const failures = (...keys: number[]): Tally => keys.reduce((tally, key) => withFailure(tally, failure(key)), NOTHING);
const successes = (count: number): Tally =>
  Array.from({ length: count }).reduce<Tally>((tally) => withSuccess(tally), NOTHING);
const probe = (startedAt: number, eventNo = 7, change: Partial<TalliedFailure> = {}): Tally =>
  withFailure(NOTHING, failure(1, { isProbe: true, startedAt, eventNo, ...change }));

const opened = afterBatch(CLOSED, failures(1, 2, 3, 1, 2), at(10_000));

it('opens after five failures in a row over three keys, in one batch or in several', () => {
  expect(opened.open).toMatchObject({ since: 10_000, notBefore: 11_000, probes: 0 });
  const four = afterBatch(CLOSED, failures(1, 2, 3, 3), at(0));
  expect(four.open).toBeUndefined();
  expect(afterBatch(four, failures(3), at(0)).open).toBeDefined();
});

it.each([
  ['fewer keys: a failing head is only a held key', failures(1, 2, 1, 2, 1, 2, 1)],
  ['a success between', withFailure(withSuccess(failures(1, 2, 3, 4)), failure(5))],
  ['failures of messages', [1, 2, 3, 4, 5].reduce((t, k) => withFailure(t, failure(k, { class: 'M' })), NOTHING)],
  ['our own failures', [1, 2, 3, 4, 5].reduce((t, k) => withFailure(t, failure(k, { class: 'O' })), NOTHING)],
])('stays closed with %s', (_, tally) => {
  expect(afterBatch(CLOSED, tally, at(0)).open).toBeUndefined();
});

it('opens after three failures to connect, even of one key, and an answer in between begins anew', () => {
  const lost = failure(1, { isUnreachable: true });
  const two = withFailure(withFailure(NOTHING, lost), lost);
  const counted = afterBatch(CLOSED, two, at(0));
  expect(counted.open).toBeUndefined();
  expect(afterBatch(counted, withFailure(NOTHING, lost), at(0)).open).toBeDefined();
  const answered = afterBatch(counted, failures(1), at(0));
  expect(afterBatch(answered, two, at(0)).open).toBeUndefined();
});

it('opens at once for a refusal by policy', () => {
  expect(afterBatch(CLOSED, withFailure(NOTHING, failure(1, { class: 'P' })), at(5)).open).toBeDefined();
});

it('lets one probe out by the retry schedule, and hears nothing else', () => {
  expect(limitOf(opened, 8)).toBe(1);
  expect(afterBatch(opened, failures(4, 5, 6), at(10_500))).toBe(opened);
  expect(afterBatch(opened, probe(10_500), at(10_900))).toBe(opened);
  const first = afterBatch(opened, probe(11_000), at(12_000));
  expect(first.open).toMatchObject({ notBefore: 15_000, probes: 1, probed: 7 });
  const second = afterBatch(first, probe(15_000, 9), at(15_000));
  expect(second.open).toMatchObject({ notBefore: 24_000, probes: 2, probed: 9 });
});

it('honours a Retry-After that is later than the schedule', () => {
  const asked = failure(1, { retryAfterMs: 60_000 });
  const tally = [2, 3, 4, 5].reduce((t, k) => withFailure(t, failure(k)), withFailure(NOTHING, asked));
  expect(afterBatch(CLOSED, tally, at(0)).open!.notBefore).toBe(60_000);
});

it('closes at a success with slow start: 1, 2, 4 … cap', () => {
  const limits: number[] = [];
  let breaker = afterBatch(opened, successes(1), at(20_000));
  for (let n = 0; n < 9; n += 1) {
    limits.push(limitOf(breaker, 8));
    breaker = afterBatch(breaker, successes(1), at(20_000));
  }
  expect(limits).toEqual([1, 2, 2, 4, 4, 4, 4, 8, 8]);
  expect(isAtRest(breaker)).toBe(true);
});

it('the adaptive limit halves when slow, grows by one, and stays between 1 and the cap', () => {
  let breaker = CLOSED;
  const after = (isSlow: boolean): number => limitOf((breaker = afterPace(breaker, isSlow, 8)), 8);
  expect([true, true, true, true].map(after)).toEqual([4, 2, 1, 1]);
  expect([false, false, true, false].map(after)).toEqual([2, 3, 1, 2]);
  for (let n = 0; n < 6; n += 1) after(false);
  expect(isAtRest(breaker)).toBe(true);
});

// A reference that keeps the whole history since the last success, one result at a time.
class Reference {
  private since: TalliedFailure[] = [];
  isOpen = false;
  notBefore = 0;
  probes = 0;

  success(): void {
    this.since = [];
    this.isOpen = false;
  }

  /** One batch's failures, after its successes. */
  fail(list: readonly TalliedFailure[], now: number): void {
    if (this.isOpen) {
      const last = list.filter((one) => one.isProbe).at(-1);
      if (last && last.startedAt >= this.notBefore) {
        this.probes += 1;
        this.notBefore = now + Math.min(3_600_000, 1_000 * 3 ** this.probes);
      }
      return;
    }
    this.since.push(...list.filter((one) => one.class === 'E'));
    const { since } = this;
    const isBroken = since.length >= 5 && new Set(since.map((one) => one.keyHash)).size >= 3;
    const lastAnswer = since.findLastIndex((one) => !one.isUnreachable);
    const isUnreachable = since.length - 1 - lastAnswer >= 3;
    if (!isBroken && !isUnreachable && !list.some((one) => one.class === 'P')) return;
    Object.assign(this, { isOpen: true, notBefore: now + 1_000, probes: 0 });
  }
}

const batch = fc.record({
  successes: fc.constantFrom(0, 0, 0, 1, 2, 5),
  failures: fc.array(
    fc.record({
      class: fc.constantFrom('E', 'E', 'E', 'E', 'M', 'O', 'G', 'P'),
      keyHash: fc.nat(4),
      isUnreachable: fc.boolean(),
      isProbe: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
  waitMs: fc.constantFrom(0, 500, 1_000, 5_000, 100_000),
});

it('agrees with a reference that remembers everything, whatever the order of batches', () => {
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 60 }), (batches) => {
      const reference = new Reference();
      let breaker: Breaker = CLOSED;
      let now = 0;
      let successesSinceOpen = Infinity;
      for (const one of batches) {
        now += one.waitMs;
        const list = one.failures.map((f, eventNo) => ({ ...f, eventNo, startedAt: now, retryAfterMs: undefined }));
        let tally = successes(one.successes);
        for (const each of list) tally = withFailure(tally, each);
        const wasOpen = breaker.open !== undefined;
        breaker = JSON.parse(JSON.stringify(afterBatch(breaker, tally, at(now)))) as Breaker;
        if (one.successes > 0) reference.success();
        reference.fail(list, now);
        successesSinceOpen = wasOpen && one.successes > 0 ? one.successes : successesSinceOpen + one.successes;
        expect(breaker.open !== undefined).toBe(reference.isOpen);
        const limit = limitOf(breaker, 8);
        if (breaker.open) {
          expect(breaker.open.notBefore).toBe(reference.notBefore);
          expect(limit).toBe(1);
          // A probe is never more than the longest wait away: no subscription stays shut for ever.
          expect(breaker.open.notBefore - now).toBeLessThanOrEqual(policy.maxMs);
        } else {
          // 1, 2, 4, 8 after 1, 2, 4, 8 successes since it was open.
          expect(limit).toBe(Math.min(8, 2 ** Math.floor(Math.log2(Math.min(successesSinceOpen, 8)))));
        }
        expect(isSameBreaker(breaker, { ...breaker })).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});
