// Real servers that misbehave on demand, and the clients that are sent to them.
import http from 'node:http';
import net from 'node:net';
import { EgressClient, type EgressOptions, type EgressRequest, type EgressResult } from '../../../src/platform';

const LOOPBACK = ['127.0.0.0/8', '::1/128', 'localhost'];

type Closable = { close(done?: () => void): unknown };

const clients: EgressClient[] = [];
const servers: Closable[] = [];
const sockets = new Set<net.Socket>();
/** Closes every client and server of the test. Call it in afterEach. */
export async function closeAll(): Promise<void> {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise<void>((done) => server.close(() => done()))));
}

export const client = (options: Partial<EgressOptions> = {}): EgressClient => {
  const made = new EgressClient({
    allowPrivate: LOOPBACK,
    allowHttp: ['*'],
    connectTimeoutMs: 30_000,
    connectionsPerOrigin: 4,
    responseBytesMax: 1000,
    ...options,
  });
  clients.push(made);
  return made;
};

export const listen = (server: net.Server): Promise<number> => {
  servers.push(server);
  server.on('connection', (socket: net.Socket) => sockets.add(socket));
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port)),
  );
};
export const web = async (answer: http.RequestListener): Promise<string> =>
  `http://127.0.0.1:${await listen(http.createServer(answer))}/hook`;
/** A server that writes `bytes` when the head of a request has come, and does whatever `then` says. */
export const raw = async (bytes: string, then: (socket: net.Socket) => void = () => undefined): Promise<string> => {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(bytes, 'latin1', () => then(socket)));
  });
  return `http://127.0.0.1:${await listen(server)}/hook`;
};
export const get = (url: string, more: Partial<EgressRequest> = {}): EgressRequest => ({
  method: 'GET',
  url,
  headers: [],
  deadlineMs: 30_000,
  ...more,
});
export const failed = (result: EgressResult) => {
  if (result.kind !== 'failed') throw new Error(`answered ${result.status}`);
  return result;
};
export const answered = (result: EgressResult) => {
  if (result.kind !== 'answered') throw new Error(`failed: ${result.phase}: ${result.reason}`);
  return result;
};
