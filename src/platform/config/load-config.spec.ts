import fs from 'node:fs';
import path from 'node:path';
import { ConfigError, loadConfig } from './load-config';
import { SETTINGS_BY_GROUP } from './settings';
import { settingsPage } from './settings-page';
import { parseDuration, parseSize, writeDuration, writeSize } from './units';

const problemsOf = (env: Record<string, string>): string => {
  try {
    loadConfig(env);
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
};
const own = { DATABASE_URL: 'postgres://u@h/d', HERALD_SECRET_KEY: Buffer.alloc(32, 1).toString('base64') };

describe('configuration', () => {
  it('serves a newcomer without any setting', () => {
    const config = loadConfig({ PATH: '/bin' });
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      dataDir: path.resolve('.herald'),
      profile: 'embedded',
      tokens: [],
      http: { bodyBytesMax: 16 * 1024 * 1024, corsOrigins: [] },
      egress: { allowPrivate: ['127.0.0.0/8', '::1/128', 'localhost'], allowHttp: ['localhost', '127.0.0.1', '::1'] },
      subscriptions: { pastEnd: 'accept', orderingKeyDefault: 'focus', secretKey: undefined },
      deliveries: {
        cap: 8,
        deadlineMs: 10_000,
        leaseMs: 30_000,
        retryFactor: 3,
        retryForMs: 259_200_000,
        responseBytesMax: 65_536,
      },
    });
    expect([...config.roles]).toEqual(['api', 'relay', 'matcher', 'deliverer']);
    expect(
      Object.isFrozen(config) && Object.isFrozen(config.deliveries) && Object.isFrozen(config.egress.allowHttp),
    ).toBe(true);
  });

  it('takes failpoints and short leases in test mode on loopback only', () => {
    const armed = { HERALD_FAILPOINTS: 'match.after-mark=exit@3, send.before=delay(50ms)@1+' };
    const short = { HERALD_DELIVERY_DEADLINE: '1s', HERALD_DELIVERY_LEASE: '3s' };
    expect(problemsOf(armed)).toContain('HERALD_FAILPOINTS makes the server fail on purpose');
    expect(problemsOf({ ...armed, HERALD_TEST_MODE: 'false' })).toContain('HERALD_TEST_MODE=true');
    const tokens = { HERALD_TOKENS: 'alice:0123456789abcdef' };
    expect(problemsOf({ ...armed, ...tokens, HERALD_TEST_MODE: 'true', HOST: '0.0.0.0' })).toContain(
      'it cannot be on while HOST is 0.0.0.0',
    );
    expect(problemsOf({ HERALD_TEST_MODE: 'true', HERALD_FAILPOINTS: 'match.sometime=exit' })).toContain(
      '"match.sometime=exit" is not',
    );
    expect(problemsOf(short)).toContain('plus 15 s');
    expect(problemsOf({ ...short, HERALD_TEST_MODE: 'true', HERALD_DELIVERY_LEASE: '2s' })).toContain('plus 2 s');
    expect(loadConfig({ ...armed, ...short, HERALD_TEST_MODE: 'true' }).testing).toMatchObject({
      isTestMode: true,
      failpoints: [{ name: 'match.after-mark' }, { name: 'send.before' }],
    });
    expect(loadConfig({}).testing).toEqual({ isTestMode: false, failpoints: [] });
  });

  it('reads every kind', () => {
    const config = loadConfig({
      ...own,
      ROLES: 'matcher, deliverer',
      HERALD_TOKENS: 'alice:0123456789abcdef, bob:fedcba9876543210=',
      HOST: '0.0.0.0',
      HERALD_EGRESS_ALLOW_PRIVATE: '10.0.0.0/8,loopback,*.svc.example',
      HERALD_RETRY_FOR: '1.5h',
      HERALD_CREATE_RETURNS_SECRETS: 'true',
      HERALD_CORS_ORIGINS: 'https://a.example, https://b.example:8443',
      REDIS_URL: '',
    });
    expect([...config.roles]).toEqual(['matcher', 'deliverer']);
    expect(config.tokens).toEqual([
      { name: 'alice', token: '0123456789abcdef' },
      { name: 'bob', token: 'fedcba9876543210=' },
    ]);
    expect(config.egress.allowPrivate).toEqual(['10.0.0.0/8', '127.0.0.0/8', '::1/128', 'localhost', '*.svc.example']);
    expect(config.deliveries.retryForMs).toBe(5_400_000);
    expect(loadConfig({ ...own, HERALD_SECRET_KEY: 'ab'.repeat(32) }).subscriptions.secretKey).toBe(
      Buffer.alloc(32, 0xab).toString('base64'),
    );
    expect(loadConfig(own).egress.allowPrivate).toEqual([]);
  });

  it.each([
    ['PORT', 'eighty'],
    ['PORT', '65536'],
    ['PORT', '80.5'],
    ['LOG_LEVEL', 'loud'],
    ['ROLES', 'api,cook'],
    ['DATABASE_URL', 'mysql://h'],
    ['HERALD_DELIVERY_DEADLINE', '10'],
    ['HERALD_DELIVERY_DEADLINE', '10 s'],
    ['HERALD_DELIVERY_DEADLINE', '-1s'],
    ['HERALD_BODY_MAX', '16'],
    ['HERALD_BODY_MAX', '16Mb'],
    ['HERALD_PAST_END', 'ACCEPT'],
    ['HERALD_DELIVERY_CAP', '65'],
    ['HERALD_RETRY_JITTER', '0.6'],
    ['HERALD_EGRESS_ALLOW_PRIVATE', '10.0.0.0/33'],
    ['HERALD_EGRESS_ALLOW_PRIVATE', '*'],
    ['HERALD_CORS_ORIGINS', 'https://a.example/path'],
    ['HERALD_TOKENS', 'alice'],
    ['HERALD_TOKENS', 'alice:short'],
    ['HERALD_TOKENS', 'a:0123456789abcdef,a:fedcba9876543210'],
    ['HERALD_SECRET_KEY', 'short'],
    ['HERALD_ALLOW_UNAUTHENTICATED', 'yes'],
    ['HERALD_BASE_URL', 'fhir.example.org'],
  ])('refuses %s=%s and names it', (name, value) => expect(problemsOf({ [name]: value })).toContain(`${name} must be`));

  it('never repeats a secret in a complaint', () => {
    const text = problemsOf({ HERALD_TOKENS: 'alice:s3cret!', HERALD_SECRET_KEY: 'k3y' });
    expect(text).toContain('HERALD_TOKENS');
    expect(text).not.toMatch(/s3cret|k3y/);
  });

  it('refuses unknown names and suggests the right one; other programs may have theirs', () => {
    expect(problemsOf({ HERALD_TOKEN: 'x' })).toContain('Did you mean HERALD_TOKENS?');
    expect(problemsOf({ HERALD_NONSENSE: 'x' })).toContain('HERALD_NONSENSE is not a setting');
    expect(problemsOf({ NODE_ENV: 'x', PATHS: 'y' })).toBe('');
  });

  it('tells everything that is wrong at once', () => {
    const text = problemsOf({ PORT: 'x', HERALD_X: 'y', HOST: '0.0.0.0' });
    expect(text).toMatch(/PORT[\s\S]*HERALD_TOKENS|HERALD_X[\s\S]*PORT/);
    expect(text.split('\n')).toHaveLength(4);
  });

  it.each(['0.0.0.0', '192.168.1.5', '::', 'example.org', '169.254.169.254'])(
    'refuses HOST=%s without tokens',
    (host) => {
      expect(problemsOf({ HOST: host })).toContain('HERALD_TOKENS');
      expect(problemsOf({ HOST: host, HERALD_TOKENS: 'a:0123456789abcdef' })).toBe('');
      expect(problemsOf({ HOST: host, HERALD_ALLOW_UNAUTHENTICATED: 'true' })).toBe('');
    },
  );

  it.each(['127.0.0.1', '127.0.0.2', '::1', 'localhost'])('HOST=%s is loopback', (host) =>
    expect(problemsOf({ HOST: host })).toBe(''),
  );

  it('I26: the lease is at least the deadline plus 15 s', () => {
    expect(problemsOf({ HERALD_DELIVERY_LEASE: '24s' })).toContain('HERALD_DELIVERY_LEASE');
    expect(problemsOf({ HERALD_DELIVERY_LEASE: '25s' })).toBe('');
    expect(problemsOf({ HERALD_DELIVERY_DEADLINE: '16s' })).toContain('HERALD_DELIVERY_DEADLINE');
  });

  it('wants the key with a database of your own, and such a database with Redis', () => {
    expect(problemsOf({ DATABASE_URL: own.DATABASE_URL })).toContain('HERALD_SECRET_KEY');
    expect(problemsOf({ REDIS_URL: 'redis://a' })).toContain('set that too, or unset REDIS_URL');
  });

  it('is of the cluster profile with brokers, and says what is wrong with their settings', () => {
    const config = loadConfig({ KAFKA_BROKERS: 'a:9092', HERALD_KAFKA_TOPIC: 'ward.events' });
    expect(config).toMatchObject({ profile: 'cluster', kafka: { brokers: ['a:9092'], topic: 'ward.events' } });
    expect(problemsOf({ KAFKA_BROKERS: 'a:9092', HERALD_KAFKA_SASL: 'plain' })).toContain('HERALD_KAFKA_USERNAME');
  });

  it('every default is a value of its own kind', () => {
    for (const { settings } of SETTINGS_BY_GROUP) {
      for (const { kind, fallback } of settings)
        if (fallback !== undefined) expect(kind.read(fallback)).not.toHaveProperty('mustBe');
    }
  });

  it('docs/how-to/configuration.md is fresh (node tools/configuration-page.mjs)', () => {
    expect(fs.readFileSync(path.resolve(__dirname, '../../../docs/how-to/configuration.md'), 'utf8')).toBe(
      settingsPage(),
    );
  });

  it('writes durations and sizes as it reads them', () => {
    for (const written of ['1ms', '90s', '15m', '72h', '0ms'])
      expect(parseDuration(writeDuration(parseDuration(written)!))).toBe(parseDuration(written));
    expect(writeSize(parseSize('16MB')!)).toBe('16MB');
    expect(parseSize('1.5kB')).toBe(1536);
    expect(parseDuration('1x')).toBeUndefined();
  });
});
