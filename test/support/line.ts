// A line to a server: a plain TCP relay whose connections can be cut, held up, slowed down, or left half-open, as
// behind a firewall that forgot them: both ends stand, and nothing gets through any more.
import net from 'node:net';
import { Transform } from 'node:stream';
import { SystemClock } from '../../src/platform';

const clock = new SystemClock();
/** After this long the far end hears from its own side that a half-open connection is gone, as by a server's keep-alive. The near end never does. */
const farSilenceMs = 15_000;

interface Pair {
  readonly near: net.Socket;
  readonly far: net.Socket;
  isHalfOpen: boolean;
}

export class Line {
  private readonly pairs = new Set<Pair>();
  private target = 0;
  private delayMs = 0;
  private held?: { readonly released: Promise<void>; readonly release: () => void };

  private constructor(private readonly server: net.Server) {
    server.on('connection', (near) => this.relay(near));
  }

  /** Listens on a free port; connections go nowhere until it is aimed. */
  static async open(): Promise<Line> {
    // Half-closed ones stay: whoever says goodbye on a half-open connection is not answered either.
    const server = net.createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Line(server);
  }

  /** Where Herald is sent to. */
  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  /** From now on the line leads to this port of loopback. */
  aim(port: number): void {
    this.target = port;
  }

  /** The URL of the server behind the line, through the line. */
  through(serverUrl: string): string {
    const url = new URL(serverUrl);
    url.port = String(this.port);
    return url.href;
  }

  /** Resets every connection, in both directions; one that is half-open hears nothing of it. Answers how many there were. */
  cut(): number {
    return this.reset([...this.pairs].filter(({ isHalfOpen }) => !isHalfOpen));
  }

  /** Nothing gets through any more, and nobody is told. */
  hold(): void {
    let release!: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    this.held ??= { released, release };
  }

  release(): void {
    this.held?.release();
    this.held = undefined;
  }

  /** Every piece of data takes so much longer, in each direction; 0 ends it. */
  slowDown(delayMs: number): void {
    this.delayMs = delayMs;
  }

  /** Swallows what these connections say from now on, and tells neither end. New connections are well. Answers how many there were. */
  forget(): number {
    const pairs = [...this.pairs].filter(({ isHalfOpen }) => !isHalfOpen);
    for (const pair of pairs) {
      pair.isHalfOpen = true;
      for (const socket of [pair.near, pair.far]) socket.unpipe().resume();
      setTimeout(() => pair.far.resetAndDestroy(), farSilenceMs).unref();
    }
    return pairs.length;
  }

  async close(): Promise<void> {
    this.release();
    this.reset([...this.pairs]);
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private reset(pairs: readonly Pair[]): number {
    for (const { near, far } of pairs) for (const socket of [near, far]) socket.resetAndDestroy();
    return pairs.length;
  }

  private relay(near: net.Socket): void {
    const far = net.connect({ port: this.target, host: '127.0.0.1', allowHalfOpen: true });
    const pair: Pair = { near, far, isHalfOpen: false };
    this.pairs.add(pair);
    for (const [from, to] of [[near, far] as const, [far, near] as const]) {
      from.setNoDelay(true);
      from.pipe(this.gate(pair)).pipe(to);
      // Expected: resets, by us or by a server that crashed. The other side is told in the same way.
      from.on('error', () => pair.isHalfOpen || to.resetAndDestroy());
      from.on('close', () => {
        if (pair.isHalfOpen && !(near.destroyed && far.destroyed)) return;
        this.pairs.delete(pair);
        to.destroySoon();
      });
    }
  }

  /** One direction of a connection; holds back one piece at most, so that whoever sends is slowed down, not our memory filled. */
  private gate(pair: Pair): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, pass) => {
        if (!this.held && this.delayMs === 0) return pass(null, chunk);
        void this.passage().then(() => (pair.isHalfOpen ? pass() : pass(null, chunk)));
      },
    });
  }

  private async passage(): Promise<void> {
    await clock.sleep(this.delayMs);
    while (this.held) await this.held.released;
  }
}
