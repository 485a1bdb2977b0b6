import type { SubscriptionStatus } from '../fhir';
import { isSystemStep, matchingChange, statusFromClient } from './status-machine';

const asked = (sent: SubscriptionStatus, stored?: SubscriptionStatus) => {
  const answer = statusFromClient(sent, stored, 'Subscription.status');
  return typeof answer === 'string' ? answer : answer.code;
};

it.each([
  ['requested', undefined, 'requested'],
  ['off', undefined, 'off'],
  ['active', undefined, 'requested'],
  ['error', undefined, 'business-rule'],
  ['active', 'active', 'active'],
  ['active', 'requested', 'requested'],
  ['active', 'error', 'requested'],
  ['active', 'off', 'requested'],
  ['error', 'error', 'error'],
  ['error', 'active', 'business-rule'],
  ['requested', 'active', 'requested'],
  ['off', 'error', 'off'],
] as const)('a client that sends %s over %s gets %s', (sent, stored, expected) => {
  expect(asked(sent, stored)).toBe(expected);
});

const change = (status: SubscriptionStatus, isMatching: boolean, next: SubscriptionStatus, criteria = 'Patient') =>
  matchingChange({ status, isMatching, criteria: 'Patient' }, { status: next, criteria });

it('opens at activation from nothing and from off, closes at off', () => {
  expect(matchingChange(undefined, { status: 'requested', criteria: 'Patient' })).toEqual({
    isMatching: false,
    opens: false,
    closes: false,
  });
  expect(change('requested', false, 'active')).toEqual({ isMatching: true, opens: true, closes: false });
  expect(change('off', false, 'requested')).toEqual({ isMatching: false, opens: false, closes: false });
  expect(change('active', true, 'off')).toEqual({ isMatching: false, opens: false, closes: true });
  expect(change('error', true, 'off')).toEqual({ isMatching: false, opens: false, closes: true });
});

it('neither opens nor closes on error, on the way back, and on requested coming from error', () => {
  const nothing = { isMatching: true, opens: false, closes: false };
  expect(change('active', true, 'error')).toEqual(nothing);
  expect(change('error', true, 'requested')).toEqual(nothing);
  expect(change('requested', true, 'active')).toEqual(nothing);
  expect(change('error', true, 'active')).toEqual(nothing);
  expect(change('active', true, 'requested')).toEqual(nothing);
});

it('closes and opens when the criteria change while it matches, and not otherwise', () => {
  expect(change('active', true, 'active', 'Observation')).toEqual({ isMatching: true, opens: true, closes: true });
  expect(change('error', true, 'requested', 'Observation')).toEqual({ isMatching: true, opens: true, closes: true });
  expect(change('off', false, 'requested', 'Observation')).toEqual({ isMatching: false, opens: false, closes: false });
  expect(change('active', true, 'off', 'Observation')).toEqual({ isMatching: false, opens: false, closes: true });
});

it('lets the server leave off to clients', () => {
  expect(isSystemStep('requested', 'active')).toBe(true);
  expect(isSystemStep('error', 'active')).toBe(true);
  expect(isSystemStep('error', 'error')).toBe(false);
  expect(isSystemStep('off', 'active')).toBe(false);
  expect(isSystemStep('off', 'error')).toBe(false);
});
