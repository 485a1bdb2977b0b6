// The line between Herald and Postgres: a plain TCP relay whose connections can be cut, or held up for a while.
import net from 'node:net';

export class DatabaseLine {
  private readonly pairs = new Set<readonly [net.Socket, net.Socket]>();
  private isHeld = false;

  private constructor(
    private readonly server: net.Server,
    /** The database's URL, through this line. */
    readonly url: string,
  ) {}

  static async open(databaseUrl: string): Promise<DatabaseLine> {
    const target = new URL(databaseUrl);
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const through = new URL(databaseUrl);
    through.port = String((server.address() as net.AddressInfo).port);
    const line = new DatabaseLine(server, through.href);
    server.on('connection', (near) => line.relay(near, Number(target.port)));
    return line;
  }

  /** Resets every connection, in both directions. Answers how many there were. */
  cut(): number {
    const { size } = this.pairs;
    for (const pair of this.pairs) for (const socket of pair) socket.resetAndDestroy();
    return size;
  }

  /** Nothing gets through any more, and nobody is told. */
  hold(): void {
    this.isHeld = true;
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
  }

  release(): void {
    this.isHeld = false;
    for (const pair of this.pairs) for (const socket of pair) socket.resume();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private relay(near: net.Socket, port: number): void {
    const far = net.connect(port, '127.0.0.1');
    const pair = [near, far] as const;
    this.pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.setNoDelay(true);
      from.pipe(to);
      // Expected: resets, by us or by a server that crashed. The other side is told in the same way.
      from.on('error', () => to.resetAndDestroy());
      from.on('close', () => {
        this.pairs.delete(pair);
        to.destroySoon();
      });
    }
    if (this.isHeld) this.hold();
  }
}
