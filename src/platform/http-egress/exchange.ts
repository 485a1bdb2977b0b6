// One request and its answer on one connection: reads the status line, then the body up to the cap, then hangs up.
import type { Dispatcher } from 'undici';
import type { Connection } from './connection-pool';

export interface Outgoing {
  readonly method: string;
  readonly path: string;
  /** Names and values in turn, as they go on the wire. */
  readonly headers: string[];
  readonly body?: Buffer;
  readonly responseBytesMax: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly bodyCut: boolean;
}

/** What came of it: an answer, or an error with what is known about the socket. */
export interface Exchanged {
  readonly answer?: Answer;
  readonly error?: unknown;
  /** The request was written (at least in part). */
  readonly isConnected: boolean;
  /** No byte came back. */
  readonly beforeResponse: boolean;
  readonly reusedSocket: boolean;
  readonly remoteAddress?: string;
}

type Headers = Record<string, string | string[] | undefined>;

/** undici's handler for one exchange; calls `finish` exactly once. */
export class Exchange implements Dispatcher.DispatchHandler {
  private controller?: Dispatcher.DispatchController;
  private stopped?: Error;
  private status = 0;
  private headers: Headers = {};
  private readonly chunks: Buffer[] = [];
  private bytes = 0;
  private bytesBefore = 0;
  private reusedSocket = false;
  private isFinished = false;
  private remoteAddress?: string;
  private socket?: Connection['socket'];

  constructor(
    private readonly connection: Connection,
    private readonly outgoing: Outgoing,
    private readonly finish: (result: Exchanged) => void,
  ) {}

  /** Puts the request on the connection. */
  start(): void {
    const { method, path, headers, body } = this.outgoing;
    try {
      const { client } = this.connection;
      client.dispatch({ path, method: method, headers, body: body ?? null }, this);
    } catch (error) {
      // Expected: nothing, the request was checked; undici's own refusal of one must still not reach the caller as a throw.
      this.end({ error });
    }
  }

  /** Ends the exchange now: an answer whose status is known counts, its body is cut. */
  stop(reason: Error): void {
    this.stopped = reason;
    this.controller?.abort(reason);
    this.end(this.status > 0 ? { answer: this.answer(true) } : { error: reason });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.stopped) return controller.abort(this.stopped);
    const { connection } = this;
    this.socket = connection.socket;
    this.reusedSocket = connection.served > 0;
    connection.served += 1;
    this.bytesBefore = connection.socket?.bytesRead ?? 0;
    this.remoteAddress = connection.socket?.remoteAddress;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    // 1xx is not the answer yet.
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = this.outgoing.responseBytesMax - this.bytes;
    this.chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    this.bytes += Math.min(chunk.length, room);
    if (chunk.length <= room) return;
    this.end({ answer: this.answer(true) });
    controller.abort(new Error('The answer is longer than the cap'));
  }

  onResponseEnd(): void {
    this.end({ answer: this.answer(false) });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    // A status line that arrived decides, whatever happened to the body after it.
    this.end(this.status > 0 ? { answer: this.answer(true) } : { error });
  }

  private answer(bodyCut: boolean): Answer {
    const headers: Record<string, string> = Object.create(null) as Record<string, string>;
    for (const [name, value] of Object.entries(this.headers)) {
      if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
    }
    return { status: this.status, headers, body: Buffer.concat(this.chunks), bodyCut };
  }

  private end(result: { answer?: Answer; error?: unknown }): void {
    if (this.isFinished) return;
    this.isFinished = true;
    this.finish({
      ...result,
      isConnected: this.controller !== undefined,
      beforeResponse: this.status === 0 && (this.socket?.bytesRead ?? 0) === this.bytesBefore,
      reusedSocket: this.reusedSocket,
      remoteAddress: this.remoteAddress ?? addressOf(result.error),
    });
  }
}

function addressOf(error: unknown): string | undefined {
  const { address } = (error ?? {}) as { address?: unknown };
  return typeof address === 'string' ? address : undefined;
}
