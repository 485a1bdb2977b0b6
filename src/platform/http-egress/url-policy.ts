// What can be said about a URL before anything is resolved or connected: used when a Subscription is saved, and again at each send.
import net from 'node:net';
import { EGRESS_URL_LENGTH_MAX } from '../limits';
import { matchesHost, type AddressPolicy } from './address-policy';

export type UrlVerdict =
  | { readonly ok: true; readonly url: URL; /** Lower case, no brackets, no trailing dot. */ readonly host: string }
  | { readonly ok: false; readonly phase: 'url' | 'policy'; readonly reason: string };

export interface UrlRules {
  readonly addresses: AddressPolicy;
  /** Host names that may be reached by plain http; `*` is any. */
  readonly allowHttp: readonly string[];
  /** Our own origins: a notification to ourselves would be a loop. */
  readonly ownOrigins: readonly string[];
}

const METADATA_NAMES = [
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
];
const PRIVATE_SUFFIXES = ['localhost', 'internal', 'local', 'localdomain', 'lan', 'intranet', 'svc', 'home.arpa'];

// Below 1024 only the web's own; above it, services that speak something else and would take a POST for commands.
const INTERNAL_PORTS = new Set([
  1433, 1521, 2049, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 4369, 5432, 5672, 5900, 6379, 6667, 9042, 9092, 9200,
  9300, 10250, 10255, 11211, 27017,
]);

/** Parses and judges a URL by its text alone. */
export function judgeUrl(text: string, rules: UrlRules): UrlVerdict {
  if (text.length > EGRESS_URL_LENGTH_MAX)
    return no('url', `The URL is longer than ${EGRESS_URL_LENGTH_MAX} characters`);
  if (!URL.canParse(text)) return no('url', 'The URL is not a valid absolute URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return no('url', `The scheme ${url.protocol} is not http or https`);
  if (url.username !== '' || url.password !== '') {
    return no('policy', 'The URL carries a user name or password; credentials belong into a header');
  }
  const host = hostOf(url);
  const reason = refusedPort(url) ?? refusedName(host, rules.addresses) ?? refusedOrigin(url, host, rules);
  return reason === undefined ? { ok: true, url, host } : no('policy', reason);
}

function refusedOrigin(url: URL, host: string, rules: UrlRules): string | undefined {
  if (rules.ownOrigins.includes(url.origin)) return 'The URL points to this server itself';
  if (url.protocol === 'http:' && !matchesHost(rules.allowHttp, host)) {
    return `Plain http to ${host} is not allowed: use https, or add the host to HERALD_EGRESS_ALLOW_HTTP`;
  }
  return undefined;
}

function refusedPort(url: URL): string | undefined {
  if (url.port === '') return undefined;
  const port = Number(url.port);
  const isWeb = port === 80 || port === 443;
  if (!isWeb && (port < 1024 || INTERNAL_PORTS.has(port))) return `Port ${port} is not allowed for deliveries`;
  return undefined;
}

function refusedName(host: string, addresses: AddressPolicy): string | undefined {
  if (METADATA_NAMES.includes(host)) return `${host} is the name of a cloud metadata service`;
  if (net.isIP(host) !== 0) {
    const reason = addresses.refuses(host, host);
    return reason && allowHint(reason);
  }
  const isPrivate =
    !host.includes('.') || PRIVATE_SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`));
  if (isPrivate && !addresses.allowsHost(host)) return allowHint(`${host} is a private host name`);
  return undefined;
}

function allowHint(reason: string): string {
  return reason.includes('metadata') ? reason : `${reason}: add it to HERALD_EGRESS_ALLOW_PRIVATE to allow it`;
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

function no(phase: 'url' | 'policy', reason: string): UrlVerdict {
  return { ok: false, phase, reason };
}
