import net from 'node:net';
import { gatheringSocket } from '../../../src/platform/database/gathering-socket';

let server: net.Server;
let heard: string[];
let ended: Promise<void>;
beforeEach(async () => {
  heard = [];
  ended = new Promise((resolve) => {
    server = net.createServer((line) => {
      line.on('data', (bytes) => heard.push(bytes.toString()));
      line.on('end', () => {
        line.end();
        resolve();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

async function connected(): Promise<net.Socket> {
  const socket = gatheringSocket();
  const isConnected = new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  await isConnected;
  return socket;
}

it('what is written in one turn, promises that are kept in it included, leaves at once and in order', async () => {
  const socket = await connected();
  socket.write('a');
  socket.write('b');
  await Promise.resolve();
  socket.write('c');
  expect(socket.writableLength).toBe(3);
  await new Promise<void>((resolve) => setImmediate(resolve));
  await new Promise<void>((resolve) => socket.write('d', () => resolve()));
  socket.end('e');
  await ended;
  expect(heard[0]).toMatch(/^abc/);
  expect(heard.join('')).toBe('abcde');
});

it('what was written last leaves before the end, and before a farewell in the same turn', async () => {
  const socket = await connected();
  socket.write('x');
  socket.end();
  await ended;
  expect(heard.join('')).toBe('x');
});
