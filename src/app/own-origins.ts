// Where this server itself can be reached: a Subscription that points there would notify us of our own notifications.
import os from 'node:os';
import type { HeraldConfig } from '../platform';

const EVERYWHERE = new Set(['0.0.0.0', '::']);

/** Origins (scheme, host, port) of this server as far as they are known before it listens; with port 0 only the public one. */
export function ownOrigins(config: Pick<HeraldConfig, 'host' | 'port' | 'http'>): string[] {
  const { publicBaseUrl } = config.http;
  const origins = publicBaseUrl === undefined ? [] : [new URL(publicBaseUrl).origin];
  if (config.port === 0) return origins;
  const hosts = EVERYWHERE.has(config.host) ? [...interfaceAddresses(), os.hostname()] : [config.host];
  return [...origins, ...['localhost', '127.0.0.1', '::1', ...hosts].map((host) => originOf(host, config.port))];
}

/** `http://host:port`, brackets around IPv6. */
export function originOf(host: string, port: number): string {
  return new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}`).origin;
}

function interfaceAddresses(): string[] {
  return Object.values(os.networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => address.split('%')[0]!);
}
