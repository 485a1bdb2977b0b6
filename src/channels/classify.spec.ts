// The table of error classes, row by row.
import { classify, classOfStatus, isDoubtful, retryAfterMs } from './classify';

const now = new Date('2030-01-01T00:00:00.000Z');
const answered = (status: number, headers: Record<string, string> = {}) =>
  ({ kind: 'answered', status, headers, body: Buffer.from('no'), bodyCut: false, durationMs: 1 }) as const;

it.each([
  [[200, 201, 202, 204, 205, 206, 226, 299], 'S'],
  [[400, 402, 405, 406, 409, 411, 412, 413, 414, 415, 418, 422, 423, 424, 426, 428, 431, 451, 499], 'M'],
  [[410], 'G'],
  [[401, 403, 404, 407, 408, 425, 429], 'E'],
  [[500, 502, 503, 504, 599], 'E'],
  [[301, 302, 303, 304, 307, 308], 'E'],
  [[0, 99, 100, 600, 999], 'E'],
])('%j are class %s', (statuses, expected) => {
  for (const status of statuses) expect([status, classOfStatus(status)]).toEqual([status, expected]);
});

it('a delete is done when the resource is absent', () => {
  expect(classOfStatus(404, true)).toBe('S');
  expect(classOfStatus(410, true)).toBe('S');
  expect(classOfStatus(500, true)).toBe('E');
  expect(classify(answered(404), { now, isDoneWhenAbsent: true }).class).toBe('S');
});

it.each([
  ['policy', 'P', false],
  ['url', 'P', false],
  ['resolve', 'E', true],
  ['connect', 'E', true],
  ['tls', 'E', true],
  ['reset', 'E', true],
  ['protocol', 'E', true],
  ['timeout', 'E', true],
  ['aborted', 'O', true],
  ['ours', 'O', false],
] as const)('a failure in phase %s is class %s', (phase, expected, isSent) => {
  const outcome = classify(
    { kind: 'failed', phase, reason: 'why', beforeResponse: true, reusedSocket: false, durationMs: 1 },
    { now },
  );
  expect(outcome).toMatchObject({ class: expected, isSent });
  expect(outcome.reason).toContain('why');
});

it('only 404 and 5xx may turn out to be the message', () => {
  expect([404, 500, 503].every(isDoubtful)).toBe(true);
  expect([401, 403, 429, 302, 400, undefined].some(isDoubtful)).toBe(false);
});

it.each([
  ['5', 5_000],
  [' 120 ', 120_000],
  ['999999999', 3_600_000],
  ['Tue, 01 Jan 2030 00:00:30 GMT', 30_000],
  ['Tue, 01 Jan 2099 00:00:00 GMT', 3_600_000],
  ['Mon, 31 Dec 2029 00:00:00 GMT', undefined],
  ['-1', undefined],
  ['NaN', undefined],
  ['1.5', undefined],
  ['0', undefined],
  ['1, 2', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After %j is %j ms', (value, expected) => {
  expect(retryAfterMs(value, now)).toBe(expected);
});

it('keeps Retry-After and an excerpt of failures only', () => {
  const context = { now, excerptOf: (body: Buffer) => body.toString() };
  expect(classify(answered(503, { 'retry-after': '7' }), context)).toMatchObject({
    retryAfterMs: 7_000,
    response: { status: 503, excerpt: 'no' },
  });
  const success = classify(answered(200, { 'retry-after': '7' }), context);
  expect(success.retryAfterMs).toBeUndefined();
  expect(success.response).toEqual({ status: 200, excerpt: undefined });
});

it('S2.4: a 413 says how large the body was', () => {
  expect(classify(answered(413), { now, bodyBytes: 153_600 }).reason).toBe('413 to a body of 153600 bytes');
  expect(classify(answered(413), { now }).reason).toBe('413');
  expect(classify(answered(400), { now, bodyBytes: 153_600 }).reason).toBe('400');
});
