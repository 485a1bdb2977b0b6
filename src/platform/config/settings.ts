// Every setting of Herald, once: name, kind, default, meaning. The documentation page is generated from this list, and a name that is
// not in it stops the start.
import { parseBlock } from '../http-egress/ip';
import { choice, duration, flag, integer, list, number, size, text, url, type Kind } from './kinds';
import { namedTokens, secretKey } from './secrets';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KB = 1024;
const MB = 1024 * KB;

export interface Setting<T> {
  readonly name: string;
  readonly kind: Kind<T>;
  /** Written as in the environment; absent: the setting has no value unless given. */
  readonly fallback?: string;
  /** What the documentation says of the default when it depends on other settings. */
  readonly fallbackNote?: string;
  readonly meaning: string;
}

export const GROUPS = [
  'Start',
  'Access',
  'HTTP',
  'Outbound requests',
  'Subscriptions',
  'Deliveries',
  'Database and matching',
] as const;
export type Group = (typeof GROUPS)[number];

function setting<T>(
  name: string,
  kind: Kind<T>,
  fallback: string,
  meaning: string,
  fallbackNote?: string,
): Setting<T> & { fallback: string } {
  return { name, kind, fallback, meaning, fallbackNote };
}

function optional<T>(
  name: string,
  kind: Kind<T>,
  meaning: string,
  fallbackNote?: string,
): Setting<T> & { fallback?: undefined } {
  return { name, kind, meaning, fallbackNote };
}

const HOST_NAME = /^(\*|(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*)$/i;
const isHostOrBlock = (item: string): boolean =>
  parseBlock(item) !== undefined || (HOST_NAME.test(item) && item !== '*');
const isHost = (item: string): boolean =>
  HOST_NAME.test(item) || (!item.includes('/') && parseBlock(item) !== undefined);
const isRole = (item: string): boolean => ['all', 'api', 'relay', 'matcher', 'deliverer'].includes(item);
const isOrigin = (item: string): boolean => item === '*' || (URL.canParse(item) && new URL(item).origin === item);

const start = {
  host: setting(
    'HOST',
    text,
    '127.0.0.1',
    'Address the server listens on. Another than loopback needs `HERALD_TOKENS`.',
  ),
  port: setting('PORT', integer(0, 65535), '8080', 'Port the server listens on; 0 takes a free one.'),
  dataDir: setting(
    'HERALD_DATA',
    text,
    './.herald',
    'Folder for the embedded database, keys and the lock file. One process per folder.',
  ),
  databaseUrl: optional(
    'DATABASE_URL',
    url('postgres', 'postgresql'),
    'A PostgreSQL (15–18) of your own. Several processes may share it.',
    'embedded PostgreSQL',
  ),
  kafkaBrokers: optional(
    'KAFKA_BROKERS',
    text,
    'Event bus of the cluster profile. Not built yet: setting it stops the start.',
  ),
  redisUrl: optional(
    'REDIS_URL',
    url('redis', 'rediss'),
    'Wake-ups of the cluster profile. Not built yet: setting it stops the start.',
  ),
  roles: setting(
    'ROLES',
    list('all, api, relay, matcher, deliverer', isRole),
    'all',
    'What this process does, separated by commas. Health and metrics are served by every process.',
  ),
  logLevel: setting(
    'LOG_LEVEL',
    choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'info',
    'Least level of a log line that is written.',
  ),
};

const access = {
  tokens: setting(
    'HERALD_TOKENS',
    namedTokens,
    '',
    'Bearer tokens for the FHIR base and `/admin`; the name is on every log line and operator action. `/health` and `metadata` stay open.',
    'none: open, on loopback only',
  ),
  allowUnauthenticated: setting(
    'HERALD_ALLOW_UNAUTHENTICATED',
    flag,
    'false',
    'Lets a server without tokens listen on other addresses than loopback. Only behind something that authenticates.',
  ),
  secretKey: optional(
    'HERALD_SECRET_KEY',
    secretKey,
    'Key that encrypts header values and credentials of Subscriptions in the database. Losing it loses them; all processes on one database need the same.',
    'made at the first start in `HERALD_DATA`; required with `DATABASE_URL`',
  ),
};

const http = {
  bodyBytesMax: setting('HERALD_BODY_MAX', size(KB, 1024 * MB), '16MB', 'Largest request body; more is answered 413.'),
  corsOrigins: setting(
    'HERALD_CORS_ORIGINS',
    list('origins, or *', isOrigin),
    '',
    'Origins whose web pages may call the server.',
    'none',
  ),
  publicBaseUrl: optional(
    'HERALD_BASE_URL',
    url('http', 'https'),
    'FHIR base as clients see it, for example behind a proxy: `https://fhir.example.org/fhir`.',
    'from the request',
  ),
};

const egress = {
  allowPrivate: optional(
    'HERALD_EGRESS_ALLOW_PRIVATE',
    list('CIDR blocks, addresses, host names, *.domain', isHostOrBlock),
    'Private networks and hosts that endpoints may be in; `loopback` is short for this machine. Cloud metadata addresses are refused in any case.',
    '`loopback` with the embedded database; none with `DATABASE_URL`',
  ),
  allowHttp: setting(
    'HERALD_EGRESS_ALLOW_HTTP',
    list('host names, *.domain, or *', isHost),
    'loopback',
    'Hosts that endpoints may reach by plain http; all others need https.',
  ),
  connectionsPerOrigin: setting(
    'HERALD_EGRESS_CONNECTIONS',
    integer(1, 1024),
    '32',
    'Connections to one scheme, host and port at a time.',
  ),
};

const subscriptions = {
  pastEnd: setting(
    'HERALD_PAST_END',
    choice('accept', 'refuse'),
    'accept',
    'A Subscription whose `end` is already past: accept it with a warning, or refuse it with 422.',
  ),
  orderingKeyDefault: setting(
    'HERALD_ORDERING_KEY',
    choice('none', 'focus', 'patient', 'subscription'),
    'focus',
    'Ordering key of Subscriptions that do not name one.',
  ),
  expiryIntervalMs: setting(
    'HERALD_EXPIRY_INTERVAL',
    duration(100, HOUR),
    '1s',
    'How often Subscriptions past their `end` are turned `off`. Their sending stops at `end` itself, whatever this says.',
  ),
  createReturnsSecrets: setting(
    'HERALD_CREATE_RETURNS_SECRETS',
    flag,
    'false',
    'The answer to a create or update shows `channel.header` as it was sent, once, instead of masked.',
  ),
};

const deliveries = {
  cap: setting(
    'HERALD_DELIVERY_CAP',
    integer(1, 64),
    '8',
    'Concurrent requests of one Subscription (extension `cap`).',
  ),
  connectTimeoutMs: setting(
    'HERALD_DELIVERY_CONNECT_TIMEOUT',
    duration(50, 5 * MINUTE),
    '5s',
    'Longest wait for name, TCP and TLS together.',
  ),
  deadlineMs: setting(
    'HERALD_DELIVERY_DEADLINE',
    duration(100, 10 * MINUTE),
    '10s',
    'Longest duration of one attempt, everything included (extension `deadline`).',
  ),
  leaseMs: setting(
    'HERALD_DELIVERY_LEASE',
    duration(15 * SECOND, HOUR),
    '30s',
    'How long a worker owns a slice without renewing. At least the deadline plus 15 s.',
  ),
  retryBaseMs: setting(
    'HERALD_RETRY_BASE',
    duration(10, HOUR),
    '1s',
    'Wait after the first failed attempt (extension `retry`).',
  ),
  retryFactor: setting('HERALD_RETRY_FACTOR', number(1, 10), '3', 'Each further wait is this many times longer.'),
  retryMaxMs: setting('HERALD_RETRY_MAX', duration(10, DAY), '1h', 'Longest wait, also for a Retry-After.'),
  retryJitter: setting('HERALD_RETRY_JITTER', number(0, 0.5), '0.2', 'Waits vary by this share, up and down.'),
  retryForMs: setting(
    'HERALD_RETRY_FOR',
    duration(SECOND, 365 * DAY),
    '72h',
    'How long a delivery is tried before it is given up (extension `retry-for`).',
  ),
  poisonAfterAttempts: setting(
    'HERALD_POISON_AFTER_ATTEMPTS',
    integer(1, 1000),
    '5',
    'Attempts before a message its receiver refuses (400, 422 …) is given up; with the next setting, whichever is later.',
  ),
  poisonAfterMs: setting(
    'HERALD_POISON_AFTER',
    duration(0, 30 * DAY),
    '15m',
    'Time since the first failure before such a message is given up.',
  ),
  inFlightMax: setting('HERALD_IN_FLIGHT_MAX', integer(1, 10_000), '512', 'Concurrent requests of this process.'),
  errorAfterMs: setting(
    'HERALD_ERROR_AFTER',
    duration(0, 30 * DAY),
    '2m',
    'Unbroken failure before a Subscription is set to `error`; with the next setting, whichever is later.',
  ),
  errorAfterAttempts: setting(
    'HERALD_ERROR_AFTER_ATTEMPTS',
    integer(1, 1000),
    '5',
    'Failed attempts before a Subscription is set to `error`.',
  ),
  windowRows: setting(
    'HERALD_DELIVERY_WINDOW',
    integer(1, 10_000),
    '200',
    'Deliveries of a slice that its owner reads at a time.',
  ),
  busyRows: setting(
    'HERALD_DELIVERY_BUSY',
    integer(1, 10_000),
    '50',
    'Deliveries of one key in a window that make the key wait in its own queue.',
  ),
  finishBatchMax: setting('HERALD_FINISH_BATCH', integer(1, 10_000), '256', 'Results written in one statement.'),
  finishDelayMs: setting('HERALD_FINISH_DELAY', duration(0, SECOND), '10ms', 'Longest wait for such a batch to fill.'),
  responseBytesMax: setting('HERALD_RESPONSE_MAX', size(1, 64 * MB), '64kB', 'More of an answer is not read.'),
  excerptBytesMax: setting('HERALD_EXCERPT_MAX', size(0, MB), '2kB', 'More of an answer is not kept with the attempt.'),
  sweepIntervalMs: setting(
    'HERALD_DELIVERY_SWEEP',
    duration(50, MINUTE),
    '1s',
    'How often due deliveries are looked for without a hint.',
  ),
  renewIntervalMs: setting(
    'HERALD_DELIVERY_RENEW',
    duration(50, 900),
    '500ms',
    'How often a worker renews its leases and looks whether it may still send.',
  ),
};

const database = {
  poolApi: setting('HERALD_POOL_API', integer(2, 200), '16', 'Database connections for requests and duties.'),
  poolMatcher: setting('HERALD_POOL_MATCHER', integer(2, 50), '4', 'Database connections for matching.'),
  poolDeliverer: setting('HERALD_POOL_DELIVERER', integer(2, 50), '8', 'Database connections for deliveries.'),
  statementTimeoutMs: setting(
    'HERALD_STATEMENT_TIMEOUT',
    duration(SECOND, HOUR),
    '60s',
    'The database ends a statement that runs longer.',
  ),
  sweepIntervalMs: setting(
    'HERALD_MATCH_SWEEP',
    duration(50, MINUTE),
    '1s',
    'How often unmatched events are looked for without a hint.',
  ),
  claimMax: setting('HERALD_MATCH_CLAIM', integer(1, 5000), '500', 'Events matched in one transaction.'),
};

/** All settings, by group and by the name the program uses. */
export const SETTINGS = { start, access, http, egress, subscriptions, deliveries, database } as const;

/** The list as the documentation shows it. */
export const SETTINGS_BY_GROUP: readonly { readonly group: Group; readonly settings: readonly Setting<unknown>[] }[] =
  Object.values(SETTINGS).map((settings, index) => ({ group: GROUPS[index]!, settings: Object.values(settings) }));
