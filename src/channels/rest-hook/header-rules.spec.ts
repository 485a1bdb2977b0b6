// Headers that may and may not leave with a notification.
import { headerProblem } from './header-rules';

it('takes ordinary headers', () => {
  const good = [
    ['Authorization', 'Bearer a:b:c'],
    ['x-api-key', '9876543210'],
    ['Prefer', 'return=minimal'],
    ['X-Request-ID', 'abc'],
    ['X-Empty', ''],
  ] as const;
  for (const [name, value] of good) expect(headerProblem(name, value)).toBeUndefined();
});

it.each([
  ['Host', 'evil'],
  ['content-length', '5'],
  ['Transfer-Encoding', 'chunked'],
  ['Content-Type', 'text/plain'],
  ['Connection', 'close'],
  ['Cookie', 'a=b'],
  ['Accept-Encoding', 'gzip'],
  ['Proxy-Authorization', 'x'],
  ['X-Forwarded-For', '1.2.3.4'],
  ['Herald-Event-Id', '1'],
  ['webhook-id', '1'],
  ['traceparent', '00-1'],
  ['metadata-flavor', 'Google'],
  ['', 'no name'],
  ['two words', 'x'],
  ['X-A\r\n', 'x'],
  ['X-A', 'one\r\nX-B: two'],
  ['X-A', 'trailing\n'],
  ['X-A', 'nul\u0000'],
  ['X-A', '✓'],
  ['X-A', 'a'.repeat(5000)],
])('refuses %j: %j without showing the value', (name, value) => {
  const problem = headerProblem(name, value);
  expect(problem).toBeDefined();
  if (value.length > 4) expect(problem).not.toContain(value);
});
