import { maskedLine, readHeaderLines, splitHeaderLine } from './header-lines';

const problems = (...lines: string[]) => readHeaderLines(lines, 'Subscription.channel.header').issues;

it('splits at the first colon, trims both sides, keeps the order', () => {
  const { headers, issues } = readHeaderLines(['X-B:  two ', 'Authorization: Bearer a:b:c', 'X-Empty:'], 'p');
  expect(issues).toEqual([]);
  expect(headers).toEqual([
    { name: 'X-B', value: 'two' },
    { name: 'Authorization', value: 'Bearer a:b:c' },
    { name: 'X-Empty', value: '' },
  ]);
  expect(splitHeaderLine('no colon here')).toBeUndefined();
  expect(maskedLine('X-B')).toBe('X-B: ***');
});

it.each([
  ['a line break in the value', 'X-A: one\r\nX-B: two'],
  ['a trailing line break', 'X-A: one\r\n'],
  ['LF only', 'X-A: one\ntwo'],
  ['NUL', 'X-A: o\u0000ne'],
  ['DEL', 'X-A: one\u007f'],
  ['an obsolete fold', 'X-A: one\r\n two'],
  ['no colon', 'X-A one'],
  ['an empty name', ': one'],
  ['a name with a space', 'X A: one'],
  ['a name with a line break', 'X\nA: one'],
  ['characters beyond Latin-1', 'X-A: Grüße €'],
  ['a value that is too long', `X-A: ${'a'.repeat(4_097)}`],
])('refuses %s', (_, line) => {
  const [issue] = problems('X-Fine: yes', line);
  expect(issue).toMatchObject({ severity: 'error', code: 'value', expression: 'Subscription.channel.header[1]' });
});

it.each(
  `Host Content-Length Transfer-Encoding TE Trailer Connection Keep-Alive Upgrade Expect Proxy-Authorization Content-Encoding Content-Type
  Accept-Encoding Cookie Webhook-Signature Traceparent X-Forwarded-For X-Real-IP Forwarded X-Amz-Target X-Goog-Api-Key Metadata-Flavor
  X-Aws-Ec2-Metadata-Token Herald-Event-Id X-Request-ID`.split(/\s+/),
)('refuses to let a Subscription set %s', (name) => {
  expect(problems(`${name.toLowerCase()}: x`)).toHaveLength(1);
  expect(problems(`${name}: x`)[0]!.text).toContain(name);
});

it('refuses more than 20 lines, and a name that stands there twice', () => {
  expect(problems(...Array.from({ length: 21 }, (_, i) => `X-${i}: a`))[0]).toMatchObject({ code: 'too-costly' });
  expect(problems('X-A: 1', 'x-a: 2')[0]!.text).toContain('twice');
});

it('never repeats a value in its complaint', () => {
  const text = JSON.stringify(
    problems('Host: marker-7', 'X A: marker-7', `X-L: marker-7${'x'.repeat(5_000)}`, 'marker-7'),
  );
  expect(text).not.toContain('marker-7');
});
