// A real HTTP receiver for tests: it keeps what arrives, and answers, fails, hangs or cuts the line as told.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Deadline } from './deadline';

export interface ReceivedRequest {
  method: string;
  path: string;
  /** Lower-case names; repeated headers joined with a comma. */
  headers: Record<string, string>;
  rawHeaders: string[];
  body: Buffer;
  json(): any;
  /** Milliseconds of `performance.now()` when the body had arrived. */
  at: number;
  /** … when the answer was finished, or the line was cut. */
  endedAt?: number;
  /** True when the receiver kept it: answered 2xx, or cut the line only after having worked. */
  processed: boolean;
  /** The status answered, when one was. */
  status?: number;
}

export type StubAnswer =
  | { status: number; headers?: Record<string, string>; body?: string | Buffer; delayMs?: number }
  | { reset: 'before' | 'after' }
  | { hang: true }
  | { drip: true };

export type AnswerFunction = (request: ReceivedRequest, number: number) => StubAnswer | Promise<StubAnswer>;

export interface StubOptions {
  answer?: AnswerFunction;
  /** Closes keep-alive sockets that were idle this long, as many real servers do. */
  idleSocketMs?: number;
  port?: number;
}

const dripEveryMs = 100;

async function readBody(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function asReceived(request: http.IncomingMessage, body: Buffer): ReceivedRequest {
  const headers = Object.entries(request.headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')]);
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: Object.fromEntries(headers) as Record<string, string>,
    rawHeaders: request.rawHeaders,
    body,
    json: () => JSON.parse(body.toString('utf8')) as unknown,
    at: performance.now(),
    processed: false,
  };
}

export class SubscriberStub {
  readonly requests: ReceivedRequest[] = [];
  /** Requests being answered at this moment, and the most there ever were. */
  inFlight = 0;
  inFlightMax = 0;
  private readonly watchers = new Set<() => void>();
  private readonly timers = new Set<NodeJS.Timeout>();

  private constructor(
    private readonly server: http.Server,
    private respond: AnswerFunction,
    readonly url: string,
    readonly port: number,
  ) {}

  /** Listens on 127.0.0.1, port 0 unless told. Answers 200 to everything until told otherwise. */
  static async start(options: StubOptions = {}): Promise<SubscriberStub> {
    const server = http.createServer();
    server.keepAliveTimeout = options.idleSocketMs ?? 60_000;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const answer = options.answer ?? (() => ({ status: 200 }));
    const stub = new SubscriberStub(server, answer, `http://127.0.0.1:${port}`, port);
    server.on('request', (request, response) => {
      // An answer function that throws is a broken test: the sender sees a cut line, the test the reason.
      stub.receive(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    return stub;
  }

  /** Changes the answers from here on. */
  answer(respond: AnswerFunction): void {
    this.respond = respond;
  }

  /** What the receiver kept, in arrival order: answered 2xx, or cut off only after the work was done. */
  get processed(): ReceivedRequest[] {
    return this.requests.filter((request) => request.processed);
  }

  /** Resolves once `count` requests have been answered (or cut); rejects at the deadline, saying what did arrive. */
  async received(count: number, deadlineMs = 20_000): Promise<ReceivedRequest[]> {
    const ended = (): ReceivedRequest[] => this.requests.filter((request) => request.endedAt !== undefined);
    await this.waitFor(() => ended().length >= count, deadlineMs, `${count} requests`);
    return ended();
  }

  /** Resolves when the predicate holds; it is asked again after every change. */
  async waitFor(
    predicate: (stub: SubscriberStub) => boolean,
    deadlineMs = 20_000,
    what = 'the condition',
  ): Promise<void> {
    if (predicate(this)) return;
    const deadline = new Deadline(deadlineMs, () => `waited for ${what}, but only saw ${this.describe()}`);
    const changed = (): void => {
      if (predicate(this)) deadline.met();
    };
    this.watchers.add(changed);
    try {
      await deadline.outcome;
    } finally {
      this.watchers.delete(changed);
    }
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private describe(): string {
    const last = this.requests
      .slice(-5)
      .map((request) => `${request.method} ${request.path} → ${request.status ?? '-'}`);
    return `${this.requests.length} requests${last.length ? `, the last: ${last.join('; ')}` : ''}`;
  }

  private async receive(incoming: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let received: ReceivedRequest;
    try {
      received = asReceived(incoming, await readBody(incoming));
    } catch {
      return; // The sender gave up in the middle of its body: nothing was received.
    }
    this.requests.push(received);
    this.inFlight += 1;
    this.inFlightMax = Math.max(this.inFlightMax, this.inFlight);
    response.once('close', () => {
      this.inFlight -= 1;
      this.finish(received);
    });
    this.changed();
    await this.play(await this.respond(received, this.requests.length), received, response);
  }

  private async play(answer: StubAnswer, received: ReceivedRequest, response: http.ServerResponse): Promise<void> {
    if ('hang' in answer) return;
    if ('reset' in answer) {
      received.processed = answer.reset === 'after';
      response.socket?.resetAndDestroy();
      return;
    }
    if ('drip' in answer) {
      response.writeHead(200);
      this.timers.add(setInterval(() => response.write('.'), dripEveryMs));
      return;
    }
    if (answer.delayMs) await new Promise((resolve) => setTimeout(resolve, answer.delayMs));
    received.processed = answer.status >= 200 && answer.status < 300;
    received.status = answer.status;
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body, () => this.finish(received));
  }

  private finish(received: ReceivedRequest): void {
    received.endedAt ??= performance.now();
    this.changed();
  }

  private changed(): void {
    for (const watcher of this.watchers) watcher();
  }
}
