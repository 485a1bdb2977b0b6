// Header lines that a Subscription may and may not ask for.
import { headerIssues } from './header-rules';

it('S2.3: takes ordinary lines, split at the first colon', () => {
  expect(
    headerIssues(['Authorization: Bearer a:b:c', 'x-api-key:9876543210', 'Prefer : return=minimal', 'X-Empty:']),
  ).toEqual([]);
});

it.each([
  ['Host: evil'],
  ['content-length: 5'],
  ['Transfer-Encoding: chunked'],
  ['Content-Type: text/plain'],
  ['Connection: close'],
  ['Cookie: a=b'],
  ['Accept-Encoding: gzip'],
  ['Proxy-Authorization: x'],
  ['X-Forwarded-For: 1.2.3.4'],
  ['Herald-Event-Id: 1'],
  ['webhook-id: 1'],
  ['traceparent: 00-1'],
  ['metadata-flavor: Google'],
  ['no colon'],
  [': no name'],
  ['two words: x'],
  ['X-A: one\r\nX-B: two'],
  ['X-A: trailing\n'],
  ['X-A: nul\u0000'],
  ['X-A: ✓'],
  ['X-A\r\n: x'],
  [`X-A: ${'a'.repeat(5000)}`],
])('refuses %j and names the line, not the value', (line) => {
  const issues = headerIssues(['X-Good: 1', line]);
  expect(issues).toHaveLength(1);
  expect(issues[0]).toMatchObject({ severity: 'error', expression: 'Subscription.channel.header[1]' });
});

it('refuses more headers than any endpoint needs', () => {
  expect(headerIssues(Array.from({ length: 21 }, (_, index) => `X-${index}: 1`))).toHaveLength(1);
});
