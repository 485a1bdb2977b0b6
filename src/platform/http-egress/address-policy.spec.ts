import fc from 'fast-check';
import { AddressPolicy, matchesHost } from './address-policy';
import { contains, parseBlock, parseIp } from './ip';

const strict = new AddressPolicy([]);
const loose = new AddressPolicy(['0.0.0.0/0', '::/0', 'inside.example', '*.lab.example']);
const loopback = new AddressPolicy(['127.0.0.0/8', '::1/128', 'localhost']);

// The rows of the outbound delivery table that are about addresses; each must be refused when nothing is allowed.
const refused: Record<string, string[]> = {
  'row 7: private, loopback, this network, shared, link-local': [
    '10.0.0.1',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '127.0.0.1',
    '127.255.255.255',
    '0.0.0.0',
    '0.1.2.3',
    '100.64.0.1',
    '100.127.255.255',
    '169.254.0.1',
  ],
  'row 8: documentation, benchmarking, relay, multicast, reserved, broadcast': [
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.7',
    '203.0.113.7',
    '224.0.0.1',
    '239.1.1.1',
    '240.0.0.1',
    '255.255.255.255',
  ],
  'row 10: IPv6 loopback, unspecified, unique local, link-local, site-local, multicast': [
    '::1',
    '::',
    'fc00::1',
    'fdff::1',
    'fe80::1',
    'febf::1',
    'fec0::1',
    'ff02::1',
  ],
  'row 11: IPv4-mapped, every notation': [
    '::ffff:a9fe:a9fe',
    '::ffff:169.254.169.254',
    '0:0:0:0:0:ffff:7f00:1',
    '::FFFF:10.0.0.1',
  ],
  'row 12: IPv4-compatible and translated': ['::a9fe:a9fe', '::127.0.0.1', '::ffff:0:7f00:1'],
  'row 13: NAT64, 6to4, Teredo, documentation, discard, ORCHID, segment routing': [
    '64:ff9b::808:808',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2001::1',
    '2001:db8::1',
    '3fff::1',
    '100::1',
    '100:0:0:1::1',
    '2001:20::1',
    '2001:30::1',
    '5f00::1',
  ],
};

const metadata = [
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  'fd00:ec2::254',
  '::ffff:169.254.169.254',
  '::ffff:a83f:8110',
  '::a9fe:a9fe',
  '::ffff:0:a9fe:a9fe',
  '64:ff9b::a9fe:a9fe',
  '2002:a9fe:a9fe::',
];

describe('address policy', () => {
  for (const [row, addresses] of Object.entries(refused)) {
    it.each(addresses)(`${row}: %s`, (address) => expect(strict.refuses(address, 'example.org')).toContain(address));
  }

  it.each(metadata)('row 9: metadata %s is refused whatever is allowed', (address) => {
    expect(loose.refuses(address, 'inside.example')).toContain('metadata');
  });

  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '172.32.0.1',
    '192.0.1.1',
    '2606:4700::1',
    '2a00:1450:4001::1',
    '2620:0:2d0:200::8',
    '2001:4860::8',
    '::ffff:8.8.8.8',
  ])('public %s is allowed', (address) => expect(strict.refuses(address, 'example.org')).toBeUndefined());

  it('allows what configuration names, and only that', () => {
    expect(loopback.refuses('127.0.0.1', 'x.example')).toBeUndefined();
    expect(loopback.refuses('::1', 'x.example')).toBeUndefined();
    expect(loopback.refuses('::ffff:127.0.0.1', 'x.example')).toBeUndefined();
    expect(loopback.refuses('10.0.0.1', 'x.example')).toBeDefined();
    expect(loopback.refuses('64:ff9b::7f00:1', 'x.example')).toBeDefined();
    expect(loose.refuses('fe80::1%eth0', 'x.example')).toContain('not an address');
    const byName = new AddressPolicy(['inside.example', '*.lab.example']);
    expect(byName.refuses('10.0.0.1', 'inside.example')).toBeUndefined();
    expect(byName.refuses('10.0.0.1', 'a.lab.example')).toBeUndefined();
    expect(byName.refuses('10.0.0.1', 'lab.example')).toBeDefined();
    expect(byName.refuses('10.0.0.1', 'other.example')).toBeDefined();
  });

  it('row 71: matches host lists by whole labels', () => {
    const list = ['example.org', '*.example.net'];
    expect(['example.org', 'a.example.net', 'a.b.example.net'].map((host) => matchesHost(list, host))).toEqual([
      true,
      true,
      true,
    ]);
    const others = ['evil-example.org', 'example.org.evil.net', 'a.example.org', 'example.net', 'evilexample.net'];
    expect(others.map((host) => matchesHost(list, host))).toEqual(others.map(() => false));
    expect(matchesHost(['*'], 'any')).toBe(true);
  });

  it('reads every notation of an IPv6 address as the same bits', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }), (groups) => {
        const full = groups.map((group) => group.toString(16)).join(':');
        const short = new URL(`http://[${full}]/`).hostname.slice(1, -1);
        expect(parseIp(short)).toEqual(parseIp(full));
        expect(parseIp(full)!.bits).toBe(groups.reduce((bits, group) => (bits << 16n) | BigInt(group), 0n));
      }),
    );
  });

  it('reads blocks', () => {
    expect(contains(parseBlock('10.0.0.0/8')!, parseIp('10.1.2.3')!)).toBe(true);
    expect(contains(parseBlock('10.0.0.0/8')!, parseIp('::10.1.2.3')!)).toBe(false);
    expect(contains(parseBlock('1.2.3.4')!, parseIp('1.2.3.5')!)).toBe(false);
    for (const wrong of ['', '10.0.0.0/33', '10.0.0.0/8/8', 'host', '10.0.0/8', '::/129', '10.0.0.0/-1', '10.0.0.0/']) {
      expect(parseBlock(wrong)).toBeUndefined();
    }
  });
});
