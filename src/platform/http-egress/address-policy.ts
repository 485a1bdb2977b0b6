// Which addresses Herald may connect to. Everything not plainly public is refused unless configuration allows it; the
// addresses of cloud metadata services are refused always.
import { contains, parseBlock, parseIp, type IpAddress, type IpBlock } from './ip';

const METADATA = blocks([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
]);

// IANA special-purpose registry, multicast and reserved space.
const DENIED_4 = blocks([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);

// Of IPv6 only 2000::/3 is public, without Teredo, ORCHID, benchmarking, documentation and 6to4 inside it.
const PUBLIC_6 = parseBlock('2000::/3')!;
const DENIED_6 = blocks(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

// IPv6 forms that carry an IPv4 address: mapped, translated, NAT64 (both), 6to4, compatible. `shift` is where the 32 bits stand.
const CARRIERS = [
  { block: parseBlock('::ffff:0:0/96')!, shift: 0n },
  { block: parseBlock('::ffff:0:0:0/96')!, shift: 0n },
  { block: parseBlock('64:ff9b::/96')!, shift: 0n },
  { block: parseBlock('64:ff9b:1::/48')!, shift: 0n },
  { block: parseBlock('2002::/16')!, shift: 80n },
  { block: parseBlock('::/96')!, shift: 0n },
];
const MAPPED = CARRIERS[0]!.block;

/** Judges addresses; built once from configuration. */
export class AddressPolicy {
  private readonly allowedBlocks: IpBlock[] = [];
  private readonly allowedHosts: string[] = [];

  /** `allowPrivate`: CIDR blocks, single addresses, host names, or `*.domain`. */
  constructor(allowPrivate: readonly string[]) {
    for (const entry of allowPrivate) {
      const block = parseBlock(entry);
      if (block) this.allowedBlocks.push(block);
      else this.allowedHosts.push(entry.toLowerCase());
    }
  }

  /** Why this address may not be connected to for `host` (lower case); undefined when it may. */
  refuses(address: string, host: string): string | undefined {
    const ip = parseIp(address);
    if (!ip) return `${address} is not an address`;
    const carried = carriedIpv4(ip);
    if (isIn(METADATA, ip) || (carried && isIn(METADATA, carried))) return `${address} is a cloud metadata address`;
    // Mapped addresses reach the IPv4 host itself, so they are judged as that; the other carriers are refused as a whole.
    const judged = carried && contains(MAPPED, ip) ? carried : ip;
    if (!isSpecial(judged)) return undefined;
    if (this.allowsHost(host) || isIn(this.allowedBlocks, judged)) return undefined;
    return `${address} is a private or special address`;
  }

  /** Whether configuration lets this host name (lower case) be private. */
  allowsHost(host: string): boolean {
    return matchesHost(this.allowedHosts, host);
  }
}

/** Whether a lower-case host name is in a list of names; `*.example.org` matches by whole labels, `*` everything. */
export function matchesHost(list: readonly string[], host: string): boolean {
  return list.some(
    (entry) => entry === '*' || entry === host || (entry.startsWith('*.') && host.endsWith(entry.slice(1))),
  );
}

function isSpecial(ip: IpAddress): boolean {
  if (ip.version === 4) return isIn(DENIED_4, ip);
  return !contains(PUBLIC_6, ip) || isIn(DENIED_6, ip);
}

function carriedIpv4(ip: IpAddress): IpAddress | undefined {
  const carrier = ip.version === 6 ? CARRIERS.find(({ block }) => contains(block, ip)) : undefined;
  return carrier && { version: 4, bits: (ip.bits >> carrier.shift) & 0xffffffffn };
}

function isIn(list: readonly IpBlock[], ip: IpAddress): boolean {
  return list.some((block) => contains(block, ip));
}

function blocks(texts: readonly string[]): IpBlock[] {
  return texts.map((text) => parseBlock(text)!);
}
