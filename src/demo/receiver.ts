// The demo's receiver: keeps what arrives, and can be broken and mended.
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Arrival {
  readonly subscription: string;
  readonly eventNumber: number;
  /** `Type/id`. */
  readonly resource: string;
  readonly version: number;
  readonly attempt: number;
  readonly status: number;
}

export class Receiver {
  readonly arrivals: Arrival[] = [];
  isBroken = false;

  private constructor(
    private readonly server: http.Server,
    readonly url: string,
  ) {}

  /** Listens on 127.0.0.1; tells about every request as it comes. */
  static async start(tell: (arrival: Arrival) => void): Promise<Receiver> {
    const server = http.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const receiver = new Receiver(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
      const arrival = arrivalOf(request, receiver.isBroken ? 503 : 200);
      receiver.arrivals.push(arrival);
      tell(arrival);
      request.resume();
      request.once('end', () => response.writeHead(arrival.status).end());
    });
    return receiver;
  }

  /** What it took, in arrival order. */
  get taken(): Arrival[] {
    return this.arrivals.filter((arrival) => arrival.status === 200);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

function arrivalOf(request: http.IncomingMessage, status: number): Arrival {
  const header = (name: string): string => String(request.headers[name] ?? '');
  return {
    subscription: header('herald-subscription'),
    eventNumber: Number(header('herald-event-number')),
    resource: (request.url ?? '').split('/').slice(-2).join('/'),
    version: Number(header('herald-version')),
    attempt: Number(header('herald-attempt')),
    status,
  };
}
