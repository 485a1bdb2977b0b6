// The rest-hook channel against a real HTTP receiver.
import { channelCatalogue } from '../../src/channels';
import type { CanonicalChannel } from '../../src/fhir';
import { EgressClient, SystemClock } from '../../src/platform';
import { SubscriberStub, type AnswerFunction } from '../support/subscriber-stub';
import { itIsAChannel, type Behaviour, type ChannelUnderTest } from './channel';

const answers: Readonly<Record<Behaviour, AnswerFunction>> = {
  accept: () => ({ status: 204 }),
  fail: () => ({ status: 503, body: 'down for maintenance' }),
  'refuse-message': () => ({ status: 422, body: 'no such code' }),
  gone: () => ({ status: 410 }),
  hang: () => ({ hang: true }),
  'cut-line': () => ({ reset: 'before' }),
  'endless-answer': () => ({ status: 500, body: 'x'.repeat(5_000_000) }),
  'reflect-headers': (request) => ({ status: 500, body: JSON.stringify(request.headers) }),
};

const good: CanonicalChannel = {
  type: 'rest-hook',
  endpoint: 'https://receiver.example.org/fhir',
  headers: [],
  extensions: [],
};

function catalogue() {
  const egress = new EgressClient({
    allowPrivate: ['127.0.0.0/8'],
    allowHttp: ['127.0.0.1'],
    connectTimeoutMs: 30_000,
    connectionsPerOrigin: 8,
    responseBytesMax: 65_536,
  });
  return { egress, channels: channelCatalogue({ egress, clock: new SystemClock(), excerptBytesMax: 2_048 }) };
}

async function make(): Promise<ChannelUnderTest> {
  const stub = await SubscriberStub.start();
  const { egress, channels } = catalogue();
  const notification = (url: string, headers: readonly (readonly [string, string])[] = []) => ({
    method: 'PUT' as const,
    url,
    headers: [...headers, ['Content-Type', 'application/fhir+json'] as const],
    body: Buffer.from('{}'),
    isDoneWhenAbsent: false,
  });
  return {
    channel: channels.channel('rest-hook')!,
    good,
    bad: { ...good, endpoint: 'http://receiver.example.org/fhir' },
    notification: (headers) => notification(`${stub.url}/Patient/p1`, headers),
    forbidden: () => notification('https://169.254.169.254/Patient/p1'),
    behave: (how) => stub.answer(answers[how]),
    arrived: () => stub.requests.length,
    close: async () => {
      await egress.close();
      await stub.stop();
    },
  };
}

describe('rest-hook', () => itIsAChannel(make));

describe('what a rest-hook sends and refuses', () => {
  let stub: SubscriberStub;
  const { egress, channels } = catalogue();
  beforeAll(async () => {
    stub = await SubscriberStub.start();
  });
  afterAll(async () => {
    await egress.close();
    await stub.stop();
  });
  const send = (method: 'POST' | 'PUT' | 'DELETE', headers: [string, string][], body?: Buffer) =>
    channels
      .channel('rest-hook')!
      .send(
        { method, url: `${stub.url}/hook`, headers, body, isDoneWhenAbsent: method === 'DELETE' },
        { deadlineMs: 2_000 },
      );

  it('S2.1: an empty notice has no body, Content-Length 0 and no Content-Type', async () => {
    stub.answer(() => ({ status: 201 }));
    await send('POST', [['x-api-key', '9876543210']]);
    const request = stub.requests.at(-1)!;
    expect(request.headers).toMatchObject({ 'content-length': '0', 'x-api-key': '9876543210' });
    expect(request.headers).not.toHaveProperty('content-type');
    expect(request.body).toHaveLength(0);
  });

  it('S2.3: headers arrive as given: names, values, order', async () => {
    await send(
      'PUT',
      [
        ['X-Zebra', '1'],
        ['authorization', 'Bearer a:b'],
        ['X-apple', 'two words'],
      ],
      Buffer.from('{}'),
    );
    const raw = stub.requests.at(-1)!.rawHeaders;
    const own = raw.filter(
      (_, index) => index % 2 === 0 && ['x-zebra', 'authorization', 'x-apple'].includes(raw[index]!.toLowerCase()),
    );
    expect(own).toEqual(['X-Zebra', 'authorization', 'X-apple']);
    expect(stub.requests.at(-1)!.headers['authorization']).toBe('Bearer a:b');
  });

  it.each([404, 410])('a DELETE answered %i is delivered', async (status) => {
    stub.answer(() => ({ status }));
    expect(await send('DELETE', [])).toMatchObject({ class: 'S' });
  });

  it('follows no redirect', async () => {
    stub.answer(() => ({ status: 307, headers: { location: `${stub.url}/elsewhere` } }));
    const before = stub.requests.length;
    expect(await send('POST', [])).toMatchObject({ class: 'E', reason: '307' });
    expect(stub.requests.length).toBe(before + 1);
  });

  it('S1.14: passes the wish of Retry-After on', async () => {
    stub.answer(() => ({ status: 429, headers: { 'retry-after': '7' } }));
    expect(await send('POST', [])).toMatchObject({ class: 'E', retryAfterMs: 7_000 });
  });

  it.each([
    'http://example.org/hook',
    'ftp://example.org/hook',
    'https://user:pw@example.org/hook',
    'https://169.254.169.254/hook',
    'https://10.0.0.1/hook',
    'https://167772161/hook',
    `https://example.org/${'a'.repeat(2_100)}`,
    'not a url',
  ])('S2.18: refuses %s when a Subscription is saved', (endpoint) => {
    expect(channels.check({ ...good, endpoint })).toMatchObject([
      { severity: 'error', expression: 'Subscription.channel.endpoint' },
    ]);
  });

  it('S4.2: refuses a channel type that it does not have, naming it', () => {
    expect(channels.check({ ...good, type: 'sms' })).toMatchObject([
      { code: 'not-supported', expression: 'Subscription.channel.type' },
    ]);
  });
});
