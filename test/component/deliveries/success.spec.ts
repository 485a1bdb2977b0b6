// Success needs a 2xx status line and nothing else: receivers that answer text, no headers, nonsense or far too much have taken the message all the same.
import net from 'node:net';
import { attemptsOf } from '../../../src/deliveries';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { eventually } from '../../support/deadline';
import { Delivering, emptyLedger, event } from './delivering';

const capBytes = 65_536;

let db: TestDatabase;
let herald: Delivering;
let server: net.Server;
const sockets = new Set<net.Socket>();
let play: (socket: net.Socket) => void;
let requests: number;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => db.drop());
beforeEach(async () => {
  herald = new Delivering(db.database);
  requests = 0;
  server = net.createServer((socket) => {
    sockets.add(socket);
    // Expected: the sender closes a connection whose answer it does not want to read to its end.
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      if (!bytes.toString('latin1').startsWith('PUT ')) return;
      requests += 1;
      play(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await herald.stop();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await emptyLedger(db.database);
});

/** One delivery, answered by hand; out: its only attempt, once it is delivered. */
async function deliver(answer: (socket: net.Socket) => void) {
  play = answer;
  await herald.subscribe(1, `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`, {
    retryBaseMs: 3_600_000,
  });
  herald.run(herald.worker());
  await herald.schedule([1], [event('a')]);
  await eventually(async () => (await herald.states())['delivered'] === 1, { what: 'a delivery' });
  const attempts = await attemptsOf(db.database, [{ subscriptionKey: 1, eventNumber: 1 }]);
  expect([attempts.length, requests]).toEqual([1, 1]);
  return attempts[0]!;
}

const head = (status: string, ...lines: string[]): string => [`HTTP/1.1 ${status}`, ...lines, '', ''].join('\r\n');
const withBody = (text: string, ...lines: string[]): string =>
  head('200 OK', `Content-Length: ${Buffer.byteLength(text)}`, ...lines) + text;

it.each<[string, number, string]>([
  ['a text', 200, withBody('OK', 'Content-Type: text/plain; charset=utf-8', 'ETag: W/"2-nOO9QiTIwXgNtWtBJezz8kv3SLc"')],
  ['no header at all, not even a length', 204, head('204')],
  ['no Location, no ETag, no Content-Type', 201, head('201 Created', 'Content-Length: 0')],
  ['a status nobody knows', 299, head('299 Whatever', 'Content-Length: 0')],
  ['HTML', 200, withBody('<html>an error page with the wrong status</html>', 'Content-Type: text/html')],
  ['JSON that is none', 200, withBody('{"resourceType":', 'Content-Type: application/fhir+json')],
  [
    'an outcome that reads like a failure',
    200,
    withBody(
      '{"resourceType":"OperationOutcome","issue":[{"severity":"error"}]}',
      'Content-Type: application/fhir+json',
    ),
  ],
  ['a body that is not packed as it says', 200, withBody('not gzip', 'Content-Encoding: gzip')],
  ['an ETag and a Location of somewhere else', 200, withBody('OK', 'ETag: "x', 'Location: http://[nowhere')],
  [
    'another resource than the one sent',
    200,
    withBody('{"resourceType":"Patient","id":"other"}', 'Content-Type: application/fhir+json'),
  ],
])('S2.8: %s is success', async (_, status, answer) => {
  expect(await deliver((socket) => socket.write(answer))).toMatchObject({ class: 'S', status, sent: true });
});

it('S2.8: an answer larger than the cap is read to the cap, thrown away, and its connection closed', async () => {
  let written = 0;
  let closed!: () => void;
  const gone = new Promise<void>((resolve) => (closed = resolve));
  const endless = (socket: net.Socket): void => {
    const piece = Buffer.alloc(16_384, 'x');
    socket.once('close', closed);
    const more = (): void => {
      do written += piece.length;
      while (!socket.destroyed && socket.write(piece));
      socket.once('drain', more);
    };
    socket.write(head('200 OK', 'Content-Length: 1000000000'));
    more();
  };
  const attempt = await deliver(endless);
  await gone;
  expect(attempt).toMatchObject({ class: 'S', status: 200 });
  expect(attempt).not.toHaveProperty('excerpt', expect.any(String));
  expect(written).toBeGreaterThan(capBytes);
  expect(written).toBeLessThan(1_000_000_000);
});

it('S2.8: a body that breaks off after the status line is success', async () => {
  const answer = head('200 OK', 'Content-Length: 500') + 'only this';
  expect(await deliver((socket) => socket.end(answer))).toMatchObject({ class: 'S', status: 200 });
});
