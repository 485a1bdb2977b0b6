// Retry times as a law.
import fc from 'fast-check';
import { plannedDelayMs, retryDelayMs, type RetryPolicy } from './retry';

const usual: RetryPolicy = { baseMs: 1_000, factor: 3, maxMs: 3_600_000, jitter: 0.2 };
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it('plans 1 s, 3 s, 9 s … up to an hour', () => {
  const planned = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100].map((failures) => plannedDelayMs(failures, usual) / 1_000);
  expect(planned).toEqual([1, 3, 9, 27, 81, 243, 729, 2187, 3600, 3600]);
});

it('I25: retry times stay inside base ± 20 % or are the honoured Retry-After, never earlier', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      random,
      fc.option(fc.integer({ min: 1, max: 10_000_000 }), { nil: undefined }),
      fc.record({ baseMs: fc.integer({ min: 1, max: 60_000 }), factor: fc.double({ min: 1, max: 10, noNaN: true }) }),
      (failures, dice, retryAfterMs, change) => {
        const policy = { ...usual, ...change };
        const planned = plannedDelayMs(failures, policy);
        const delay = retryDelayMs(failures, policy, dice, retryAfterMs);
        const wish = Math.min(retryAfterMs ?? 0, policy.maxMs);
        const isInside = delay >= planned * 0.8 - 1 && delay <= Math.min(planned * 1.2, policy.maxMs) + 1;
        expect(isInside || delay === wish).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(wish);
        expect(delay).toBeLessThanOrEqual(policy.maxMs);
      },
    ),
  );
});
