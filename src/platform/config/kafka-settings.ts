// The settings of the event bus on Kafka, and what they are together: where it is, which topic, who we are to it.
import net from 'node:net';
import type { KafkaConfig, KafkaSasl } from './config';
import { choice, duration, flag, integer, list, named, pemFile, text, url } from './kinds';
import { optional, SECOND, setting, type ValuesOf } from './setting';

const isBroker = (item: string): boolean => /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/.test(item);
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,200}$/;
const name = named(NAME, 'up to 200 letters, digits, dots, hyphens and underscores');

export const kafka = {
  brokers: optional(
    'KAFKA_BROKERS',
    list('host:port, separated by commas', isBroker),
    'Event bus of the cluster profile: Kafka 3.9 or 4.x. Some brokers of one cluster; the others are found through them.',
    'none: events stay in the database',
  ),
  topic: setting(
    'HERALD_KAFKA_TOPIC',
    name,
    'herald.events',
    'The one topic of all events. See [consume-events.md](consume-events.md).',
  ),
  createTopic: setting(
    'HERALD_KAFKA_CREATE_TOPIC',
    flag,
    'true',
    'The relay makes the topic when it is missing. `false`: only `npm run kafka:setup` does.',
  ),
  partitions: setting(
    'HERALD_KAFKA_PARTITIONS',
    integer(1, 1000),
    '12',
    'Partitions of a topic that Herald makes: at most so many matchers share the work.',
  ),
  replication: optional(
    'HERALD_KAFKA_REPLICATION',
    integer(1, 9),
    'Replicas of each partition of a topic that Herald makes.',
    "the broker's default",
  ),
  group: setting('HERALD_KAFKA_GROUP', name, 'herald-matcher', 'Consumer group of the matchers.'),
  includeResource: setting(
    'HERALD_KAFKA_RESOURCE',
    flag,
    'false',
    'Events carry the resource itself (secrets masked), unless it is too large. Whoever may read the topic then reads every resource.',
  ),
  relayIntervalMs: setting(
    'HERALD_RELAY_INTERVAL',
    duration(5, 10 * SECOND),
    '50ms',
    'How often the relay looks for events that other processes have written; after a few of them every 10 ms for a second.',
  ),
  relayBatch: setting(
    'HERALD_RELAY_BATCH',
    integer(1, 5000),
    '500',
    'Events published, and held in memory, at a time.',
  ),
  tls: setting('HERALD_KAFKA_TLS', flag, 'false', 'Connections to the brokers are encrypted.'),
  tlsCa: optional(
    'HERALD_KAFKA_TLS_CA',
    pemFile,
    "Certificates of the authorities that the brokers' certificates must come from.",
    "Node's own list",
  ),
  tlsCert: optional('HERALD_KAFKA_TLS_CERT', pemFile, 'Our certificate, where brokers ask for one (mTLS).'),
  tlsKey: optional('HERALD_KAFKA_TLS_KEY', pemFile, 'Its private key.'),
  tlsPassphrase: optional('HERALD_KAFKA_TLS_PASSPHRASE', text, 'Passphrase of that key, if it has one.'),
  sasl: optional(
    'HERALD_KAFKA_SASL',
    choice('plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'),
    'How we prove who we are. `plain` and `oauthbearer` send what others could reuse: only with TLS, or on this machine.',
    'none',
  ),
  username: optional('HERALD_KAFKA_USERNAME', text, 'For `plain` and `scram-…`.'),
  password: optional('HERALD_KAFKA_PASSWORD', text, 'For `plain` and `scram-…`.'),
  oauthUrl: optional(
    'HERALD_KAFKA_OAUTH_URL',
    url('https', 'http'),
    'Token endpoint for `oauthbearer` (client credentials, RFC 6749 section 4.4). Plain http on this machine only.',
  ),
  oauthClientId: optional('HERALD_KAFKA_OAUTH_CLIENT_ID', text, 'Our name there.'),
  oauthClientSecret: optional('HERALD_KAFKA_OAUTH_CLIENT_SECRET', text, 'Our secret there.'),
  oauthScope: optional('HERALD_KAFKA_OAUTH_SCOPE', text, 'Scope to ask for, if any.'),
};

type Values = ValuesOf<typeof kafka>;

/** The bus's slice of the configuration; undefined without brokers. */
export function kafkaConfigOf(values: Values): KafkaConfig | undefined {
  const { brokers, topic, createTopic, partitions, replication, group, includeResource } = values;
  if (brokers === undefined || brokers.length === 0) return undefined;
  const { tlsCa: ca, tlsCert: cert, tlsKey: key, tlsPassphrase: passphrase } = values;
  return {
    brokers,
    topic,
    createTopic,
    partitions,
    replication,
    group,
    includeResource,
    relayIntervalMs: values.relayIntervalMs,
    relayBatch: values.relayBatch,
    tls: values.tls ? { ca, cert, key, passphrase } : undefined,
    sasl: saslOf(values),
  };
}

function saslOf(values: Values): KafkaSasl | undefined {
  const { sasl: mechanism, username = '', password = '' } = values;
  if (mechanism === undefined) return undefined;
  if (mechanism !== 'oauthbearer') return { mechanism, username, password };
  const { oauthUrl: tokenUrl = '', oauthClientId: clientId = '', oauthClientSecret: clientSecret = '' } = values;
  return { mechanism, tokenUrl, clientId, clientSecret, scope: values.oauthScope };
}

/** What is wrong with these settings together: each a sentence that names the variable and what to do. */
export function kafkaConflicts(values: Values): string[] {
  const { tls, tlsCa, tlsCert, tlsKey, tlsPassphrase, sasl, username, password } = values;
  const { brokers = [], oauthUrl, oauthClientId, oauthClientSecret } = values;
  const isPassword = sasl !== undefined && sasl !== 'oauthbearer';
  const isRemote = !brokers.every((broker) => isOnThisMachine(broker.slice(0, broker.lastIndexOf(':'))));
  const oauth = [oauthUrl, oauthClientId, oauthClientSecret];
  const checks: [boolean, string][] = [
    [
      !tls && [tlsCa, tlsCert, tlsKey, tlsPassphrase].some((given) => given !== undefined),
      'HERALD_KAFKA_TLS_CA, _CERT, _KEY and _PASSPHRASE do nothing without HERALD_KAFKA_TLS=true: set it, or unset them.',
    ],
    [
      (tlsCert === undefined) !== (tlsKey === undefined),
      'HERALD_KAFKA_TLS_CERT and HERALD_KAFKA_TLS_KEY belong together: set both or neither.',
    ],
    [
      isPassword && (username === undefined || password === undefined),
      `HERALD_KAFKA_SASL=${sasl} needs HERALD_KAFKA_USERNAME and HERALD_KAFKA_PASSWORD.`,
    ],
    [
      !isPassword && (username !== undefined || password !== undefined),
      'HERALD_KAFKA_USERNAME and HERALD_KAFKA_PASSWORD are for HERALD_KAFKA_SASL=plain, scram-sha-256 or scram-sha-512: set that, or unset them.',
    ],
    [
      sasl === 'oauthbearer' && oauth.includes(undefined),
      'HERALD_KAFKA_SASL=oauthbearer needs HERALD_KAFKA_OAUTH_URL, HERALD_KAFKA_OAUTH_CLIENT_ID and HERALD_KAFKA_OAUTH_CLIENT_SECRET.',
    ],
    [
      sasl !== 'oauthbearer' && oauth.some((given) => given !== undefined),
      'HERALD_KAFKA_OAUTH_URL, _CLIENT_ID and _CLIENT_SECRET are for HERALD_KAFKA_SASL=oauthbearer: set that, or unset them.',
    ],
    [
      (sasl === 'plain' || sasl === 'oauthbearer') && !tls && isRemote,
      `HERALD_KAFKA_SASL=${sasl} would send its secret readable over the network: set HERALD_KAFKA_TLS=true, or use scram-sha-512.`,
    ],
    [
      oauthUrl !== undefined && isPlainElsewhere(oauthUrl),
      'HERALD_KAFKA_OAUTH_URL must begin with https:// unless it is on this machine: the client secret goes there.',
    ],
  ];
  return checks.filter(([isWrong]) => isWrong).map(([, problem]) => problem);
}

function isPlainElsewhere(given: string): boolean {
  const { protocol, hostname } = new URL(given);
  return protocol === 'http:' && !isOnThisMachine(hostname);
}

function isOnThisMachine(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || (net.isIPv4(bare) && bare.startsWith('127.'));
}
