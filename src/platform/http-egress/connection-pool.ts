// Connections by origin, one request on each at a time. Ours and not undici's Pool, because a delivery attempt must know its
// socket: was it used before, how old is its address check, and where did it lead.
import type { Socket } from 'node:net';
import { Client, type buildConnector } from 'undici';
import { EGRESS_IDLE_MS_MAX, EGRESS_SOCKET_AGE_MS_MAX } from '../limits';

/** One connection slot. `socket` is absent until connected, and after the server hung up. */
export interface Connection {
  readonly origin: string;
  readonly client: Client;
  socket?: Socket;
  connectedMs: number;
  /** Requests that were written to the current socket. */
  served: number;
}

type Waiter = (connection: Connection) => void;

interface Origin {
  readonly idle: Connection[];
  readonly waiting: Waiter[];
  open: number;
}

/** Lends connections: the most recently used idle one first, a new one up to the limit, else the borrower waits in line. */
export class ConnectionPool {
  private readonly origins = new Map<string, Origin>();
  private isClosed = false;

  constructor(
    private readonly connect: buildConnector.connector,
    private readonly perOriginMax: number,
  ) {}

  /** Lends a connection at once or later; `cancel` leaves the line. */
  borrow(origin: string, lend: Waiter): { cancel(): void } {
    const state = this.stateOf(origin);
    const connection = this.takeIdle(state) ?? (state.open < this.perOriginMax ? this.open(origin, state) : undefined);
    if (connection) {
      lend(connection);
      return { cancel: () => undefined };
    }
    state.waiting.push(lend);
    return {
      cancel: () => {
        const place = state.waiting.indexOf(lend);
        if (place >= 0) state.waiting.splice(place, 1);
      },
    };
  }

  /** A connection outside the limit that has never been used: for the one re-try after a reused socket failed. */
  fresh(origin: string): Connection {
    return this.open(origin, this.stateOf(origin));
  }

  /** Takes a connection back: lends it on, keeps it idle, or lets it go when its socket is gone. */
  giveBack(connection: Connection): void {
    const state = this.stateOf(connection.origin);
    const isUsable = !this.isClosed && isFit(connection) && state.open <= this.perOriginMax;
    if (!isUsable) this.discard(connection, state);
    const next = state.waiting.shift();
    if (next) next(isUsable ? connection : this.open(connection.origin, state));
    else if (isUsable) state.idle.push(connection);
    else this.forget(connection.origin, state);
  }

  /** Destroys idle connections; a borrowed one is destroyed when it is given back. */
  async close(): Promise<void> {
    this.isClosed = true;
    const idle = [...this.origins.values()].flatMap((state) => state.idle.splice(0));
    this.origins.clear();
    await Promise.all(idle.map((connection) => connection.client.destroy()));
  }

  private stateOf(origin: string): Origin {
    let state = this.origins.get(origin);
    if (!state) this.origins.set(origin, (state = { idle: [], waiting: [], open: 0 }));
    return state;
  }

  private takeIdle(state: Origin): Connection | undefined {
    for (;;) {
      const connection = state.idle.pop();
      if (!connection) return undefined;
      if (isFit(connection)) return connection;
      this.discard(connection, state);
    }
  }

  private open(origin: string, state: Origin): Connection {
    state.open += 1;
    const connect: buildConnector.connector = (options, callback) => {
      this.connect(options, (...[error, socket]) => {
        if (error) return callback(error, null);
        Object.assign(connection, { socket, connectedMs: performance.now(), served: 0 });
        callback(null, socket);
      });
    };
    const client = new Client(origin, {
      connect,
      pipelining: 1,
      keepAliveTimeout: EGRESS_IDLE_MS_MAX,
      keepAliveMaxTimeout: EGRESS_IDLE_MS_MAX,
      // The one deadline of an attempt is the caller's; per-chunk time-outs are no deadline.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const connection: Connection = { origin, client, connectedMs: 0, served: 0 };
    client.on('disconnect', () => this.hungUp(connection));
    return connection;
  }

  private hungUp(connection: Connection): void {
    connection.socket = undefined;
    const state = this.origins.get(connection.origin);
    const place = state?.idle.indexOf(connection) ?? -1;
    if (!state || place < 0) return;
    state.idle.splice(place, 1);
    this.discard(connection, state);
    this.forget(connection.origin, state);
  }

  private discard(connection: Connection, state: Origin): void {
    state.open -= 1;
    void connection.client.destroy();
  }

  private forget(origin: string, state: Origin): void {
    if (state.open === 0 && state.waiting.length === 0 && this.origins.get(origin) === state)
      this.origins.delete(origin);
  }
}

/** Connected, not hung up, and young enough for the check of its address still to count. */
function isFit(connection: Connection): boolean {
  if (!connection.socket || connection.socket.destroyed) return false;
  return performance.now() - connection.connectedMs <= EGRESS_SOCKET_AGE_MS_MAX;
}
