// The verdict on a failure, case by case: class, how long, what else is known.
import { judgeFailure, type Evidence, type Failure, type FailedHead, type JudgeContext } from './judge';

const now = new Date('2030-01-01T01:00:00Z');
const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);
const context: JudgeContext = {
  policy: {
    baseMs: 1_000,
    factor: 3,
    maxMs: 3_600_000,
    jitter: 0.2,
    poisonAfterAttempts: 5,
    poisonAfterMs: 900_000,
  },
  now,
  expiresAt: new Date('2030-01-04T00:00:00Z'),
  random: 0.5,
};
const young: FailedHead = { failures: 1, firstFailedAt: now };
const old: FailedHead = { failures: 5, firstFailedAt: ago(16) };
const judge = (failure: Failure, head: FailedHead, evidence?: Evidence) =>
  judgeFailure(failure, head, { ...context, evidence });
const none: Evidence = { successes: [], sameStatusSince: [] };
const three: Evidence = { successes: [ago(1), ago(2), ago(3)], sameStatusSince: [] };

it.each(['E', 'M', 'G', 'P', 'O'] as const)('retries a young failure of class %s by the schedule', (kind) => {
  expect(judge({ class: kind }, young)).toMatchObject({ verdict: 'retry', nextAt: new Date(now.getTime() + 1_000) });
});

it('honours Retry-After', () => {
  expect(judge({ class: 'E', status: 503, retryAfterMs: 60_000 }, young).nextAt).toEqual(
    new Date(now.getTime() + 60_000),
  );
});

describe('class M', () => {
  it.each([
    ['too few attempts', { failures: 4, firstFailedAt: ago(60) }],
    ['too short', { failures: 50, firstFailedAt: ago(14) }],
  ])('is retried while %s', (_, head) => {
    expect(judge({ class: 'M', status: 422 }, head, none)).toMatchObject({ verdict: 'retry' });
  });

  it('dies after poison-after', () => {
    expect(judge({ class: 'M', status: 422 }, old, three)).toMatchObject({ verdict: 'dead', deadReason: 'poison' });
    expect(judge({ class: 'M', status: 422 }, old, none)).toMatchObject({ verdict: 'dead', deadReason: 'poison' });
  });

  it('is a broken gateway when three keys fail alike and none succeeded since the first', () => {
    expect(
      judge({ class: 'M', status: 400 }, old, { successes: [ago(30)], sameStatusSince: [ago(20), ago(10)] }),
    ).toMatchObject({
      verdict: 'retry',
      class: 'E',
    });
  });

  it('is the message all the same when something succeeded in between, or only two keys fail', () => {
    const sameStatusSince = [ago(20), ago(10)];
    expect(judge({ class: 'M', status: 400 }, old, { successes: [ago(15)], sameStatusSince })).toMatchObject({
      verdict: 'dead',
    });
    expect(judge({ class: 'M', status: 400 }, old, { successes: [], sameStatusSince: [ago(10)] })).toMatchObject({
      verdict: 'dead',
    });
  });
});

describe('class E', () => {
  it.each([404, 500, 503])('an answered %i is the message once three others succeeded since', (status) => {
    expect(judge({ class: 'E', status }, old, three)).toMatchObject({
      verdict: 'dead',
      deadReason: 'poison',
      class: 'M',
    });
  });

  it.each([
    ['two successes', 500, { ...none, successes: [ago(1), ago(2)] }],
    ['successes only before', 500, { ...none, successes: [ago(17), ago(18), ago(19)] }],
    ['a status that speaks of the endpoint', 401, three],
    ['no answer at all', undefined, three],
    ['no evidence gathered', 500, undefined],
  ])('goes on being the endpoint with %s', (_, status, evidence) => {
    expect(judge({ class: 'E', status }, { ...old, failures: 100 }, evidence)).toMatchObject({
      verdict: 'retry',
      class: 'E',
    });
  });

  it('is not suspected before poison-after', () => {
    expect(judge({ class: 'E', status: 500 }, { failures: 4, firstFailedAt: ago(60) }, three)).toMatchObject({
      verdict: 'retry',
    });
  });
});

it('a 410 is confirmed once, then the Subscription is told to go off', () => {
  expect(judge({ class: 'G', status: 410 }, young).tell).toBeUndefined();
  expect(judge({ class: 'G', status: 410 }, { ...young, previousClass: 'E' }).tell).toBeUndefined();
  expect(judge({ class: 'G', status: 410 }, { ...young, previousClass: 'G' }).tell).toBe('off');
});

it('a policy reason is told at once', () => {
  expect(judge({ class: 'P' }, young).tell).toBe('error');
});

it('expires when its time is up, and is looked at again exactly then', () => {
  const close = { ...context, expiresAt: new Date(now.getTime() + 500) };
  expect(judgeFailure({ class: 'E' }, young, close)).toMatchObject({ verdict: 'retry', nextAt: close.expiresAt });
  expect(judgeFailure({ class: 'E' }, young, { ...context, expiresAt: now })).toMatchObject({
    verdict: 'dead',
    deadReason: 'expired',
  });
});

describe('poison policies', () => {
  const withPolicy = (poisonPolicy: 'skip' | 'block' | 'error') =>
    judgeFailure({ class: 'M', status: 422 }, old, {
      ...context,
      policy: { ...context.policy, poisonPolicy },
      evidence: three,
    });
  it.each([
    ['skip', { verdict: 'dead', deadReason: 'poison' }],
    ['block', { verdict: 'blocked', tell: 'error' }],
    ['error', { verdict: 'blocked', tell: 'error' }],
  ] as const)('%s', (poisonPolicy, expected) => {
    expect(withPolicy(poisonPolicy)).toMatchObject(expected);
  });
});

describe('while the breaker is open', () => {
  const judged = (kind: Failure['class'], isHeld: boolean) =>
    judgeFailure({ class: kind }, { ...young, isHeld }, { ...context, isOpen: true }).verdict;
  it.each(['E', 'P', 'O'] as const)('no new key is held for class %s, a held one keeps its row', (kind) => {
    expect([judged(kind, false), judged(kind, true)]).toEqual(['wait', 'retry']);
  });
  it.each(['M', 'G'] as const)('class %s speaks of the message or the endpoint as ever', (kind) => {
    expect(judged(kind, false)).toBe('retry');
  });
});
