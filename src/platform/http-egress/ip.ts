// IP addresses as numbers, in every notation that a resolver or a URL can hand us.
import net from 'node:net';

export interface IpAddress {
  readonly version: 4 | 6;
  /** 32 or 128 bits. */
  readonly bits: bigint;
}

/** A block of addresses: those whose first `prefix` bits equal `bits`'s. */
export interface IpBlock {
  readonly version: 4 | 6;
  readonly bits: bigint;
  readonly prefix: number;
}

/** Parses an address; undefined when the text is none, or has an IPv6 zone. */
export function parseIp(text: string): IpAddress | undefined {
  if (net.isIPv4(text)) return { version: 4, bits: bitsOf4(text) };
  if (!net.isIPv6(text) || text.includes('%')) return undefined;
  return { version: 6, bits: bitsOf6(text) };
}

/** Parses `address/prefix`, or a single address as the block of itself; undefined when the text is neither. */
export function parseBlock(text: string): IpBlock | undefined {
  const [address = '', prefixText, ...rest] = text.split('/');
  const ip = parseIp(address);
  if (!ip || rest.length > 0) return undefined;
  const width = widthOf(ip.version);
  if (prefixText === undefined) return { ...ip, prefix: width };
  const prefix = Number(prefixText);
  if (!/^\d{1,3}$/.test(prefixText) || prefix > width) return undefined;
  return { ...ip, prefix };
}

/** Whether the block holds the address. Versions never mix. */
export function contains(block: IpBlock, ip: IpAddress): boolean {
  if (block.version !== ip.version) return false;
  const shift = BigInt(widthOf(ip.version) - block.prefix);
  return ip.bits >> shift === block.bits >> shift;
}

function widthOf(version: 4 | 6): number {
  return version === 4 ? 32 : 128;
}

function bitsOf4(text: string): bigint {
  return text.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function bitsOf6(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const groups = (part: string): bigint[] => (part === '' ? [] : part.split(':').flatMap(group));
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const middle = new Array<bigint>(8 - first.length - last.length).fill(0n);
  return [...first, ...middle, ...last].reduce((bits, part) => (bits << 16n) | part, 0n);
}

/** One group, or two when the address ends in dotted form. */
function group(text: string): bigint[] {
  if (!text.includes('.')) return [BigInt(`0x${text}`)];
  const bits = bitsOf4(text);
  return [bits >> 16n, bits & 0xffffn];
}
