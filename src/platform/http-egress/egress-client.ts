// The only way out: every HTTP request that Herald makes goes through here. Guards addresses, never follows redirects, keeps one
// deadline, reads a bounded answer, and never throws: what happened is a value.
import { EGRESS_RETRIES_MAX } from '../limits';
import { AddressPolicy } from './address-policy';
import { ConnectionPool, type Connection } from './connection-pool';
import { Exchange, type Exchanged, type Outgoing } from './exchange';
import { describeFailure, type FailurePhase } from './failure';
import { guardedConnector, systemResolver, type Resolver } from './guarded-connector';
import { refusedHeaders } from './header-policy';
import { judgeUrl, type UrlRules } from './url-policy';

export interface EgressOptions {
  /** CIDR blocks, addresses, host names or `*.domain` that may be private. Metadata addresses never are. */
  readonly allowPrivate: readonly string[];
  /** Host names (or `*`) that may be reached by plain http. */
  readonly allowHttp: readonly string[];
  /** Name resolution, TCP and TLS together. */
  readonly connectTimeoutMs: number;
  readonly connectionsPerOrigin: number;
  /** More of an answer's body is not read. */
  readonly responseBytesMax: number;
  /** Our own origins; deliveries to ourselves are refused. */
  readonly ownOrigins?: readonly string[];
  /** For tests; default the system's. */
  readonly resolver?: Resolver;
}

export interface EgressRequest {
  method: string;
  url: string;
  /** Sent in this order and spelling. */
  headers: readonly (readonly [string, string])[];
  body?: Buffer;
  /** From the call to the last byte read, everything included. */
  deadlineMs: number;
  signal?: AbortSignal;
}

export type EgressResult =
  | {
      kind: 'answered';
      status: number;
      headers: Readonly<Record<string, string>>;
      body: Buffer;
      bodyCut: boolean;
      remoteAddress?: string;
      durationMs: number;
    }
  | {
      kind: 'failed';
      phase: FailurePhase;
      reason: string;
      beforeResponse: boolean;
      reusedSocket: boolean;
      remoteAddress?: string;
      durationMs: number;
    };

/** Ends whatever an attempt is doing right now. */
interface Attempt {
  stop(reason: Error): void;
}

class Stopped extends Error {
  constructor(
    readonly phase: 'timeout' | 'aborted',
    message: string,
  ) {
    super(message);
  }
}

/** One per process; thousands of requests at once are fine. */
export class EgressClient {
  private readonly rules: UrlRules;
  private readonly pool: ConnectionPool;

  constructor(private readonly options: EgressOptions) {
    const addresses = new AddressPolicy(options.allowPrivate);
    const allowHttp = options.allowHttp.map((host) => host.toLowerCase());
    this.rules = { addresses, allowHttp, ownOrigins: options.ownOrigins ?? [] };
    const resolver = options.resolver ?? systemResolver;
    this.pool = new ConnectionPool(
      guardedConnector(addresses, options.connectTimeoutMs, resolver),
      options.connectionsPerOrigin,
    );
  }

  /** Why this URL could never be delivered to, by its text alone (nothing is resolved); undefined when it may be tried. */
  refuses(url: string): string | undefined {
    const verdict = judgeUrl(url, this.rules);
    return verdict.ok ? undefined : verdict.reason;
  }

  /**
   * Sends one request and reads the answer up to the cap. Redirects are answers. A reused connection that is reset before any byte
   * came back is re-tried once on a new one, at once and uncounted. Never throws.
   */
  async request(request: EgressRequest): Promise<EgressResult> {
    const startedMs = performance.now();
    const verdict = judgeUrl(request.url, this.rules);
    if (!verdict.ok) return refused(verdict.phase, verdict.reason, startedMs);
    const badHeader = refusedHeaders(request.headers);
    if (badHeader !== undefined) return refused('policy', badHeader, startedMs);
    const { origin, pathname, search } = verdict.url;
    const outgoing: Outgoing = {
      method: request.method,
      path: pathname + search,
      headers: [...request.headers.flat(), 'Accept-Encoding', 'identity'],
      body: request.body,
      responseBytesMax: this.options.responseBytesMax,
    };
    const exchanged = await this.withDeadline(request, (attempt) => this.exchange(origin, outgoing, attempt));
    return resultOf(exchanged, performance.now() - startedMs);
  }

  /** Closes idle connections; requests still running fail or finish by themselves. */
  async close(): Promise<void> {
    await this.pool.close();
  }

  /** Runs an exchange under one timer and the caller's signal. */
  private async withDeadline(
    request: EgressRequest,
    run: (holder: { current?: Attempt; stopped?: Stopped }) => Promise<Exchanged>,
  ): Promise<Exchanged> {
    const holder: { current?: Attempt; stopped?: Stopped } = {};
    const stop = (reason: Stopped): void => {
      holder.stopped ??= reason;
      holder.current?.stop(reason);
    };
    const onAbort = (): void => stop(new Stopped('aborted', 'The attempt was given up by this server'));
    const timer = setTimeout(
      () => stop(new Stopped('timeout', `No complete answer within ${request.deadlineMs} ms`)),
      request.deadlineMs,
    );
    if (request.signal?.aborted) onAbort();
    request.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await run(holder);
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', onAbort);
    }
  }

  private async exchange(
    origin: string,
    outgoing: Outgoing,
    holder: { current?: Attempt; stopped?: Stopped },
  ): Promise<Exchanged> {
    let result = await this.once(origin, outgoing, holder, (lend) => this.pool.borrow(origin, lend));
    for (let retry = 0; retry < EGRESS_RETRIES_MAX && !holder.stopped && isStaleSocket(result); retry += 1) {
      result = await this.once(origin, outgoing, holder, (lend) => {
        lend(this.pool.fresh(origin));
        return { cancel: () => undefined };
      });
    }
    return result;
  }

  private once(
    origin: string,
    outgoing: Outgoing,
    holder: { current?: Attempt; stopped?: Stopped },
    borrow: (lend: (connection: Connection) => void) => { cancel(): void },
  ): Promise<Exchanged> {
    return new Promise((resolve) => {
      if (holder.stopped) return resolve(unsent(holder.stopped));
      holder.current = {
        stop: (reason) => {
          line.cancel();
          resolve(unsent(reason));
        },
      };
      const line = borrow((connection) => {
        const exchange = new Exchange(connection, outgoing, (result) => {
          // In a turn of its own: undici first finishes with the socket that this answer came on.
          setImmediate(() => this.pool.giveBack(connection));
          resolve(result);
        });
        holder.current = exchange;
        exchange.start();
      });
    });
  }
}

function isStaleSocket(result: Exchanged): boolean {
  if (result.answer || !result.reusedSocket || !result.beforeResponse) return false;
  return describeFailure(result.error, true).phase === 'reset';
}

function unsent(error: Error): Exchanged {
  return { error, isConnected: false, beforeResponse: true, reusedSocket: false };
}

function refused(phase: 'url' | 'policy', reason: string, startedMs: number): EgressResult {
  const durationMs = performance.now() - startedMs;
  return { kind: 'failed', phase, reason, beforeResponse: true, reusedSocket: false, durationMs };
}

function resultOf(exchanged: Exchanged, durationMs: number): EgressResult {
  const { answer, error, isConnected, beforeResponse, reusedSocket, remoteAddress } = exchanged;
  if (answer) return { kind: 'answered', ...answer, remoteAddress, durationMs };
  const { phase, reason } =
    error instanceof Stopped ? { phase: error.phase, reason: error.message } : describeFailure(error, isConnected);
  return { kind: 'failed', phase, reason, beforeResponse, reusedSocket, remoteAddress, durationMs };
}
