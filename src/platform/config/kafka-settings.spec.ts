import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { kafka, kafkaConfigOf, kafkaConflicts } from './kafka-settings';
import { Wrong } from './kinds';
import type { Setting, ValuesOf } from './setting';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'herald-kafka-settings-'));
const pem = path.join(folder, 'a.pem');
const PEM = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n';
fs.writeFileSync(pem, PEM);
fs.writeFileSync(path.join(folder, 'none.pem'), 'k3y');
afterAll(() => fs.rmSync(folder, { recursive: true }));

type Given = Partial<Record<string, string>>;
const BROKERS = { KAFKA_BROKERS: 'kafka-1.example:9092, kafka-2.example:9092' };

function read(env: Given): ValuesOf<typeof kafka> {
  const settings = Object.entries(kafka as Record<string, Setting<unknown>>);
  const values = settings.map(([key, { name, kind, fallback }]) => {
    const given = env[name] ?? fallback;
    return [key, given === undefined ? undefined : kind.read(given)];
  });
  return Object.fromEntries(values) as ValuesOf<typeof kafka>;
}
const conflictsOf = (env: Given): string => kafkaConflicts(read({ ...BROKERS, ...env })).join('\n');
const configOf = (env: Given): ReturnType<typeof kafkaConfigOf> => kafkaConfigOf(read({ ...BROKERS, ...env }));

it('is no bus without brokers, and one with a line', () => {
  expect(kafkaConfigOf(read({}))).toBeUndefined();
  expect(kafkaConfigOf(read({ KAFKA_BROKERS: ' ' }))).toBeUndefined();
  expect(configOf({})).toEqual({
    brokers: ['kafka-1.example:9092', 'kafka-2.example:9092'],
    topic: 'herald.events',
    createTopic: true,
    partitions: 12,
    replication: undefined,
    group: 'herald-matcher',
    includeResource: false,
    relayIntervalMs: 50,
    relayBatch: 500,
    tls: undefined,
    sasl: undefined,
  });
  expect(conflictsOf({})).toBe('');
});

const SCRAM = { HERALD_KAFKA_SASL: 'scram-sha-512', HERALD_KAFKA_USERNAME: 'herald', HERALD_KAFKA_PASSWORD: 's3cret' };
const OAUTH = {
  HERALD_KAFKA_SASL: 'oauthbearer',
  HERALD_KAFKA_OAUTH_URL: 'https://idp.example/token',
  HERALD_KAFKA_OAUTH_CLIENT_ID: 'herald',
  HERALD_KAFKA_OAUTH_CLIENT_SECRET: 's3cret',
};
const TLS = { HERALD_KAFKA_TLS: 'true' };

it('takes every way to prove who we are', () => {
  expect(configOf(SCRAM)?.sasl).toEqual({ mechanism: 'scram-sha-512', username: 'herald', password: 's3cret' });
  expect(configOf({ ...OAUTH, ...TLS, HERALD_KAFKA_OAUTH_SCOPE: 'kafka' })?.sasl).toEqual({
    mechanism: 'oauthbearer',
    tokenUrl: 'https://idp.example/token',
    clientId: 'herald',
    clientSecret: 's3cret',
    scope: 'kafka',
  });
  const mtls = { ...TLS, HERALD_KAFKA_TLS_CA: pem, HERALD_KAFKA_TLS_CERT: pem, HERALD_KAFKA_TLS_KEY: pem };
  expect(configOf(mtls)?.tls).toEqual({ ca: PEM, cert: PEM, key: PEM, passphrase: undefined });
  const PLAIN = { ...SCRAM, HERALD_KAFKA_SASL: 'plain' };
  for (const given of [SCRAM, { ...OAUTH, ...TLS }, mtls, { ...PLAIN, ...TLS }]) expect(conflictsOf(given)).toBe('');
  for (const broker of ['127.0.0.1:1', 'localhost:1', '[::1]:1']) {
    expect(conflictsOf({ ...PLAIN, KAFKA_BROKERS: broker })).toBe('');
  }
});

it.each<[string, Given]>([
  ['HERALD_KAFKA_TLS=true', { HERALD_KAFKA_TLS_CA: pem }],
  ['belong together', { ...TLS, HERALD_KAFKA_TLS_CERT: pem }],
  ['belong together', { ...TLS, HERALD_KAFKA_TLS_KEY: pem }],
  ['needs HERALD_KAFKA_USERNAME and HERALD_KAFKA_PASSWORD', { ...SCRAM, HERALD_KAFKA_PASSWORD: undefined }],
  ['HERALD_KAFKA_SASL=plain, scram', { HERALD_KAFKA_USERNAME: 'herald', HERALD_KAFKA_PASSWORD: 's3cret' }],
  ['needs HERALD_KAFKA_OAUTH_URL', { ...OAUTH, ...TLS, HERALD_KAFKA_OAUTH_CLIENT_SECRET: undefined }],
  ['are for HERALD_KAFKA_SASL=oauthbearer', { ...SCRAM, HERALD_KAFKA_OAUTH_CLIENT_ID: 'x' }],
  ['readable over the network', { ...SCRAM, HERALD_KAFKA_SASL: 'plain' }],
  ['readable over the network', OAUTH],
  ['must begin with https', { ...OAUTH, ...TLS, HERALD_KAFKA_OAUTH_URL: 'http://idp.example/token' }],
])('refuses with "%s"', (words, given) => {
  expect(conflictsOf(given)).toContain(words);
  expect(conflictsOf(given)).not.toContain('s3cret');
});

it.each<[keyof typeof kafka, string]>([
  ['brokers', 'kafka-1'],
  ['brokers', 'kafka-1:9092,http://x'],
  ['topic', 'two words'],
  ['topic', '..'],
  ['group', 'a/b'],
  ['partitions', '0'],
  ['sasl', 'gssapi'],
  ['tlsCa', path.join(folder, 'missing.pem')],
  ['tlsKey', path.join(folder, 'none.pem')],
])('%s is not %s', (key, given) => {
  const answer: unknown = kafka[key].kind.read(given);
  expect(answer).toBeInstanceOf(Wrong);
  expect((answer as Wrong).mustBe).not.toContain('k3y');
});
