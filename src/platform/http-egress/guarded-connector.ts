// Opens sockets, and only to addresses that the policy allows: the address that was checked is the one connected to, so a
// name that changes its address between a check and the connection (rebinding) gains nothing.
import dns from 'node:dns';
import net from 'node:net';
import { buildConnector } from 'undici';
import type { AddressPolicy } from './address-policy';
import { RefusedAddressError } from './failure';

/** Resolves a name to all its addresses; Node's `dns.lookup`, replaceable in tests. */
export type Resolver = (host: string, callback: (error: Error | null, addresses: dns.LookupAddress[]) => void) => void;

export const systemResolver: Resolver = (host, callback) => {
  dns.lookup(host, { all: true }, (error, addresses) => callback(error, addresses));
};

type LookupCallback = (error: Error | null, address: string | dns.LookupAddress[], family?: number) => void;

/** A connector for undici. `connectTimeoutMs` covers name resolution, TCP and the TLS handshake. */
export function guardedConnector(
  policy: AddressPolicy,
  connectTimeoutMs: number,
  resolver: Resolver,
): buildConnector.connector {
  const lookup = (host: string, options: dns.LookupOptions, callback: LookupCallback): void => {
    resolver(host, (error, addresses) => {
      if (error) return callback(error, []);
      if (addresses.length === 0)
        return callback(Object.assign(new Error(`${host} has no address`), { code: 'ENODATA' }), []);
      // One bad answer refuses the name: which of them a retry would use is not ours to choose.
      const reason = addresses
        .map(({ address }) => policy.refuses(address, bare(host)))
        .find((found) => found !== undefined);
      if (reason !== undefined)
        return callback(new RefusedAddressError(`${host} resolves to an address that is not allowed: ${reason}`), []);
      if (options.all) callback(null, addresses);
      else callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
  const connect = buildConnector({
    lookup: lookup,
    timeout: connectTimeoutMs,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  });
  return (options, callback) => {
    // `lookup` is not called for literal addresses.
    const host = options.hostname.replace(/^\[|\]$/g, '');
    const reason = net.isIP(host) === 0 ? undefined : policy.refuses(host, bare(host));
    if (reason !== undefined) callback(new RefusedAddressError(reason), null);
    else connect(options, callback);
  };
}

function bare(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}
