// The sockets of one Kafka client, and the end of them all at once. The client library connects again by itself when a send is retried, even
// after it was told to disconnect: only a gate at the sockets makes sure that nothing of an old try leaves any more.
import net from 'node:net';
import tls from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

const KEEP_ALIVE_MS = 60_000;

export class SocketGate {
  private readonly open = new Set<net.Socket>();
  private isCut = false;

  /** For the client's configuration. */
  readonly factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    if (this.isCut) throw new Error('This client was given up');
    const name = net.isIP(host) ? {} : { servername: host };
    const socket = ssl
      ? tls.connect({ host, port, ...name, ...ssl }, onConnect)
      : net.connect({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    return socket;
  };

  /** No byte leaves after this. Repeatable. */
  cut(): void {
    this.isCut = true;
    for (const socket of this.open) socket.destroy();
  }
}
