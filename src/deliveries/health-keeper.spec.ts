// When a Subscription is told how its deliveries go.
import { nextStatus } from './health-keeper';
import type { Health, HealthNote } from './ledger/health';

const now = new Date('2030-01-01T00:10:00Z');
const context = { now, subscription: { errorAfterMs: 120_000, errorAfterAttempts: 5 } };
const health = (change: Partial<Health>): Health => ({ subscriptionKey: 1, status: 'active', failures: 0, ...change });
const failed: HealthNote = { subscriptionKey: 1, hasSuccess: false, failures: 1 };
const succeeded: HealthNote = { subscriptionKey: 1, hasSuccess: true, failures: 0 };
const minutesAgo = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);

it.each([
  ['after two minutes and five attempts', { failingSince: minutesAgo(2), failures: 5 }, 'error'],
  ['not after two minutes with four attempts', { failingSince: minutesAgo(60), failures: 4 }, undefined],
  ['not after many attempts in less than two minutes', { failingSince: minutesAgo(1.9), failures: 500 }, undefined],
  ['once only', { status: 'error', failingSince: minutesAgo(60), failures: 50 }, undefined],
  ['never when off', { status: 'off', failingSince: minutesAgo(60), failures: 50 }, undefined],
] as const)('S1.15: error %s', (_, change, expected) => {
  expect(nextStatus(health(change), failed, undefined, context)).toBe(expected);
});

it('a failure that is not charged to the endpoint is no occasion to call it ill', () => {
  const long = health({ failingSince: minutesAgo(60), failures: 7 });
  expect(nextStatus(long, { ...failed, failures: 0 }, undefined, context)).toBeUndefined();
});

it('a policy reason is an error at once, a confirmed 410 switches off', () => {
  expect(nextStatus(health({ failingSince: now, failures: 1 }), failed, 'error', context)).toBe('error');
  expect(nextStatus(health({ failingSince: now, failures: 2 }), failed, 'off', context)).toBe('off');
});

it('S1.16: the first success takes error back, and only error', () => {
  expect(nextStatus(health({ status: 'error' }), succeeded, undefined, context)).toBe('active');
  expect(nextStatus(health({ status: 'active' }), succeeded, undefined, context)).toBeUndefined();
  expect(nextStatus(health({ status: 'requested' }), succeeded, undefined, context)).toBeUndefined();
});

it('a success followed by another failure in the same batch takes nothing back', () => {
  const mixed = { ...succeeded, failures: 1 };
  expect(
    nextStatus(health({ status: 'error', failingSince: now, failures: 1 }), mixed, undefined, context),
  ).toBeUndefined();
});

it('a blocked key is an error at once, whatever else happened in the same round', () => {
  for (const note of [failed, succeeded])
    expect(nextStatus(health({ failures: note.failures, hasBlocked: true }), note, undefined, context)).toBe('error');
});

it('while a key is blocked, no success takes error back', () => {
  const blocked = health({ status: 'error', hasBlocked: true });
  expect(nextStatus(blocked, succeeded, undefined, context)).toBeUndefined();
});
