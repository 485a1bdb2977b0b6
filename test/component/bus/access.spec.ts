// Every way to prove who we are, against a real broker that checks it; and that no secret is logged, whether it was right or wrong.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { KafkaLink, setUpTopic } from '../../../src/bus';
import { createLog, loadConfig, randomId, SystemClock } from '../../../src/platform';
import { BROKER_START_MS_MAX, describeWithKafka, KafkaBroker } from '../../support/kafka-broker';
import { SubscriberStub } from '../../support/subscriber-stub';

jest.setTimeout(120_000);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'herald-kafka-access-'));
const file = (name: string): string => path.join(folder, name);
const PASSWORD = 'marker-s3cret';

/** An authority, and certificates of a broker and of us that it signed. */
function makeCertificates(): void {
  const openssl = (...parameters: string[]): unknown =>
    execFileSync('openssl', parameters, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout'];
  openssl('req', '-x509', ...key, 'ca.key', '-out', 'ca.pem', '-subj', '/CN=authority', '-days', '2');
  fs.writeFileSync(file('san'), 'subjectAltName=IP:127.0.0.1');
  for (const name of ['broker', 'herald']) {
    openssl('req', ...key, `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'san'];
    openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-out', `${name}.pem`);
  }
  const both = ['broker.key', 'broker.pem'].map((name) => fs.readFileSync(file(name), 'utf8'));
  fs.writeFileSync(file('broker-both.pem'), both.join(''));
}

const jaas = 'listener.name.sasl_plaintext';
const properties = (): Record<string, string> => ({
  'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
  [`${jaas}.plain.sasl.jaas.config`]: `org.apache.kafka.common.security.plain.PlainLoginModule required user_herald="${PASSWORD}";`,
  [`${jaas}.scram-sha-256.sasl.jaas.config`]: 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
  [`${jaas}.scram-sha-512.sasl.jaas.config`]: 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
  [`${jaas}.oauthbearer.sasl.jaas.config`]:
    'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
  'listener.name.ssl.ssl.keystore.type': 'PEM',
  'listener.name.ssl.ssl.keystore.location': file('broker-both.pem'),
  'listener.name.ssl.ssl.truststore.type': 'PEM',
  'listener.name.ssl.ssl.truststore.location': file('ca.pem'),
  'listener.name.ssl.ssl.client.auth': 'required',
});

describeWithKafka('access to brokers', () => {
  let broker: KafkaBroker;
  beforeAll(async () => {
    makeCertificates();
    const scram = ['256', '512'].flatMap((bits) => [
      '--add-scram',
      `SCRAM-SHA-${bits}=[name=herald,password=${PASSWORD}]`,
    ]);
    broker = await KafkaBroker.start({ listeners: ['SASL_PLAINTEXT', 'SSL'], properties: properties(), format: scram });
  }, BROKER_START_MS_MAX);
  afterAll(async () => {
    await broker?.remove();
    fs.rmSync(folder, { recursive: true });
  });

  /** Makes a topic as `env` says. Out: everything that was logged, and why it failed. */
  async function attempt(env: Record<string, string>): Promise<{ log: string; failure?: string }> {
    let log = '';
    const sink = createLog({ level: 'trace', destination: { write: (line: string) => void (log += line) } });
    const settings = loadConfig({ HERALD_KAFKA_TOPIC: randomId(), ...env }).kafka!;
    const link = new KafkaLink({ settings, clock: new SystemClock(), log: sink });
    try {
      await setUpTopic(link);
      return { log };
    } catch (error) {
      link.down('relay', error);
      return { log, failure: String(error) };
    }
  }
  const sasl = (mechanism: string, password = PASSWORD): Record<string, string> => ({
    KAFKA_BROKERS: broker.addressOf('SASL_PLAINTEXT'),
    HERALD_KAFKA_SASL: mechanism,
    HERALD_KAFKA_USERNAME: 'herald',
    HERALD_KAFKA_PASSWORD: password,
  });

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'])(
    '%s: the right password enters, a wrong one does not',
    async (mechanism) => {
      const entered = await attempt(sasl(mechanism));
      expect(entered.failure).toBeUndefined();
      const refused = await attempt(sasl(mechanism, 'marker-wrong'));
      expect(refused.failure).toMatch(/SASL|auth/i);
      expect(`${entered.log}${refused.log}${refused.failure}`).not.toContain('marker-');
    },
  );

  it('mTLS: our certificate enters, none does not, and another authority is not believed', async () => {
    const tls = { KAFKA_BROKERS: broker.addressOf('SSL'), HERALD_KAFKA_TLS: 'true' };
    const trusting = { ...tls, HERALD_KAFKA_TLS_CA: file('ca.pem') };
    const ours = { HERALD_KAFKA_TLS_CERT: file('herald.pem'), HERALD_KAFKA_TLS_KEY: file('herald.key') };
    expect((await attempt({ ...trusting, ...ours })).failure).toBeUndefined();
    expect((await attempt(trusting)).failure).toBeDefined();
    expect((await attempt({ ...tls, ...ours })).failure).toMatch(/certificate/);
  });

  it('oauthbearer: a token from the endpoint enters; what the endpoint refuses does not', async () => {
    const endpoint = await SubscriberStub.start();
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    // The broker's test mode takes unsigned tokens; it checks times and the subject.
    const seconds = Math.floor((performance.timeOrigin + performance.now()) / 1000);
    const token = `${part({ alg: 'none' })}.${part({ sub: 'herald', iat: seconds, exp: seconds + 600 })}.`;
    endpoint.answer(({ headers }) => {
      const isRight = headers['authorization'] === `Basic ${Buffer.from(`herald:${PASSWORD}`).toString('base64')}`;
      const body = JSON.stringify({ access_token: token, token_type: 'bearer', expires_in: 600 });
      return isRight ? { status: 200, body } : { status: 401, body: '{"error":"invalid_client"}' };
    });
    const oauth = (secret: string): Record<string, string> => ({
      KAFKA_BROKERS: broker.addressOf('SASL_PLAINTEXT'),
      HERALD_KAFKA_SASL: 'oauthbearer',
      HERALD_KAFKA_OAUTH_URL: `${endpoint.url}/token`,
      HERALD_KAFKA_OAUTH_CLIENT_ID: 'herald',
      HERALD_KAFKA_OAUTH_CLIENT_SECRET: secret,
      HERALD_KAFKA_OAUTH_SCOPE: 'kafka',
    });
    const entered = await attempt(oauth(PASSWORD));
    expect(entered.failure).toBeUndefined();
    expect(endpoint.requests[0]!.body.toString()).toBe('grant_type=client_credentials&scope=kafka');
    const refused = await attempt(oauth('marker-wrong'));
    expect(refused.failure).toContain('answered 401');
    const told = `${entered.log}${refused.log}${refused.failure}`;
    for (const secret of ['marker-', token]) expect(told).not.toContain(secret);
    await endpoint.stop();
  });
});
