// A socket to Postgres that hands the kernel at once what was written in one turn of the event loop.
import net from 'node:net';

/**
 * A socket for one connection. What is written before the event loop goes on leaves in one system call, in order: statements that travel together are
 * written one by one, and each write by itself would be a system call that wakes the server for a piece of what it needs.
 */
export function gatheringSocket(): net.Socket {
  const socket = new net.Socket();
  // Not a class with a `write` of its own: a socket takes the standard one back when it begins to connect.
  socket.once('connect', () => gatherWrites(socket));
  return socket;
}

function gatherWrites(socket: net.Socket): void {
  const write = socket.write.bind(socket);
  let isGathering = false;
  const gather = (...args: Parameters<typeof write>): boolean => {
    if (!isGathering) {
      isGathering = true;
      socket.cork();
      process.nextTick(() => {
        isGathering = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
  socket.write = gather as typeof socket.write;
}
