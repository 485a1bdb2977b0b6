import { AddressPolicy } from './address-policy';
import { refusedHeaders } from './header-policy';
import { judgeUrl, type UrlRules } from './url-policy';

const rules = (allowPrivate: string[] = [], allowHttp: string[] = []): UrlRules => ({
  addresses: new AddressPolicy(allowPrivate),
  allowHttp,
  ownOrigins: ['https://herald.example.org'],
});
const verdict = (url: string, given = rules()): string => {
  const judged = judgeUrl(url, given);
  return judged.ok ? 'ok' : `${judged.phase}: ${judged.reason}`;
};

describe('URL policy', () => {
  it('row 1: plain http only to hosts that configuration names', () => {
    expect(verdict('http://example.org/hook')).toContain('https');
    expect(verdict('http://example.org/hook', rules([], ['example.org']))).toBe('ok');
    expect(verdict('http://EXAMPLE.org./hook', rules([], ['example.org']))).toBe('ok');
    expect(verdict('http://example.org.evil.net/', rules([], ['example.org']))).not.toBe('ok');
    expect(verdict('https://example.org/hook')).toBe('ok');
  });

  it.each([
    'file:///etc/passwd',
    'gopher://a.example',
    'ftp://a.example',
    'data:,x',
    'javascript:1',
    'blob:x',
    'ws://a.example',
    '/relative',
    '',
  ])('row 2: refuses %s', (url) => expect(verdict(url)).toMatch(/^url: /));

  it.each([
    '2130706433',
    '0177.0.0.1',
    '0177.1',
    '0x7f.1',
    '127.1',
    '0',
    '①②⑦.0.0.1',
    '１２７.0.0.1',
    '127。0。0。1',
    '%31%32%37.0.0.1',
    '169.254.169.254.',
    'localhost.',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::]',
    '127.0.0.1',
  ])('rows 3–5: https://%s/ is seen for what it is', (host) =>
    expect(verdict(`https://${host}/`)).toMatch(/^policy: .*(private|special|metadata)/),
  );

  it.each([
    'localhost',
    'a.localhost',
    'db.internal',
    'printer.local',
    'intranet',
    'receiver',
    'api.default.svc',
    'a.svc.cluster.local',
  ])('row 6: private name %s', (host) => {
    expect(verdict(`https://${host}/`)).toContain('private host name');
    expect(verdict(`https://${host}/`, rules([host]))).toBe('ok');
  });

  it('row 9: metadata names and addresses are refused even when allowed', () => {
    const open = rules(['0.0.0.0/0', '::/0', 'metadata.google.internal'], ['*']);
    expect(verdict('http://metadata.google.internal/computeMetadata/v1/', open)).toContain('metadata');
    expect(verdict('http://169.254.169.254/latest/', open)).toContain('metadata');
    expect(verdict('http://[::ffff:169.254.169.254]/', open)).toContain('metadata');
    expect(verdict('http://10.0.0.1/', open)).toBe('ok');
  });

  it('row 21: refuses user information', () => {
    expect(verdict('https://user:pw@example.org/')).toContain('credentials');
    expect(verdict('https://evil@example.org/')).toContain('credentials');
  });

  it('row 23: refuses ports of other services', () => {
    for (const port of [0, 22, 25, 6379, 5432, 9092])
      expect(verdict(`https://example.org:${port}/`)).toContain(`Port ${port}`);
    expect(verdict('https://example.org:65536/')).toMatch(/^url: /);
    for (const port of [443, 8443, 1024, 8080]) expect(verdict(`https://example.org:${port}/`)).toBe('ok');
  });

  it('row 24: refuses ourselves', () => expect(verdict('https://herald.example.org/fhir')).toContain('itself'));

  it('row 25: refuses long URLs', () => expect(verdict(`https://example.org/${'a'.repeat(2048)}`)).toContain('2048'));

  it('rows 26–30: refuses headers that would break or bend the message, without their values', () => {
    const bad: [string, string][] = [
      ['X', 'a\r\nb'],
      ['X', 'a\n'],
      ['X', 'a\0'],
      ['X', 'a\x7f'],
      ['X', 'ą'],
      ['', 'a'],
      ['A B', 'a'],
      ['A:', 'a'],
      ['A\r\n', 'a'],
      ['Host', 'a'],
      ['content-length', '1'],
      ['Transfer-Encoding', 'chunked'],
      ['Expect', 'x'],
      ['Connection', 'upgrade'],
      ['Accept-Encoding', 'gzip'],
    ];
    for (const header of bad) expect(refusedHeaders([['Ok', 'fine'], header])).toBeDefined();
    expect(refusedHeaders([['X', 'sec\nret']])).not.toContain('sec');
    expect(
      refusedHeaders([
        ['Authorization', 'Bearer x'],
        ['X-É'.slice(0, 2) + 'a', 'é\t'],
      ]),
    ).toBeUndefined();
  });
});
