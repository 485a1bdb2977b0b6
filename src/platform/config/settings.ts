// Every setting of Herald, once: name, kind, default, meaning. The documentation page is generated from this list, and a name that is
// not in it stops the start.
import { parseFailpoint } from '../failpoint/parse-failpoints';
import { parseBlock } from '../http-egress/ip';
import { deliveries } from './delivery-settings';
import { kafka } from './kafka-settings';
import { choice, duration, flag, integer, list, named, size, text, url } from './kinds';
import { redisUrl } from './redis-url';
import { namedTokens, secretKey } from './secrets';
import { backpressure, upkeep } from './upkeep-settings';
import { HOUR, KB, MB, MINUTE, optional, SECOND, setting, type Setting } from './setting';

export const GROUPS = [
  'Start',
  'Access',
  'HTTP',
  'Outbound requests',
  'Subscriptions',
  'Deliveries',
  'Database and matching',
  'Event bus (Kafka)',
  'Retention and audit',
  'Backpressure',
  'Tests of Herald itself',
] as const;
export type Group = (typeof GROUPS)[number];

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
  redisUrl: optional(
    'REDIS_URL',
    redisUrl,
    'Wake-ups between processes, nothing else; `rediss` is TLS. Redis 6.2 or newer. While it is away, deliveries go on by the sweep.',
    'none: deliverers hear their own process, and the sweep finds the rest',
  ),
  redisPrefix: setting(
    'HERALD_REDIS_PREFIX',
    named(/^[A-Za-z0-9._-]{1,64}$/, 'up to 64 letters, digits, dots, hyphens and underscores'),
    'herald',
    'First part of every key in Redis; the same in all processes of one Herald, another for another Herald on the same Redis.',
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

const testing = {
  isTestMode: setting(
    'HERALD_TEST_MODE',
    flag,
    'false',
    'For tests on one machine, never for data that matter: accepts `HERALD_FAILPOINTS`, and leases of 2 s more than the deadline instead of 15 s. Refused unless HOST is loopback; the start says that it is on.',
  ),
  failpoints: setting(
    'HERALD_FAILPOINTS',
    list(
      'failpoints, like match.after-mark=exit@3 or send.before=delay(50ms)@1+',
      (item) => parseFailpoint(item) !== undefined,
    ),
    '',
    'Steps at which the process dies, freezes, fails or waits. Refused without `HERALD_TEST_MODE=true`. See [chaos.md](chaos.md).',
    'none',
  ),
};

/** All settings, by group and by the name the program uses. */
export const SETTINGS = {
  start,
  access,
  http,
  egress,
  subscriptions,
  deliveries,
  database,
  kafka,
  upkeep,
  backpressure,
  testing,
} as const;

/** The list as the documentation shows it. */
export const SETTINGS_BY_GROUP: readonly { readonly group: Group; readonly settings: readonly Setting<unknown>[] }[] =
  Object.values(SETTINGS).map((settings, index) => ({ group: GROUPS[index]!, settings: Object.values(settings) }));
