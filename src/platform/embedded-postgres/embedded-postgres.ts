// A real PostgreSQL started from npm binaries, so that `npm start` needs nothing but Node. Loopback only, password by SCRAM.
import { spawn, type ChildProcess } from 'node:child_process';
import net from 'node:net';
import { sleepReal } from '../clock/clock';
import {
  EMBEDDED_CONNECTIONS_MAX,
  EMBEDDED_PORT_TRIES_MAX,
  EMBEDDED_READY_MS_MAX,
  EMBEDDED_RESTART_MS_MAX,
  EMBEDDED_RESTART_MS_MIN,
  EMBEDDED_STOP_MS_MAX,
} from '../limits';
import type { Log } from '../log/log';
import { program } from './binaries';
import { CLUSTER_DATABASE, CLUSTER_USER, clusterFolder, prepareCluster } from './cluster';
import { EmbeddedPostgresError } from './embedded-postgres-error';
import { preparePlace, type Place } from './place';
import { stopOrphan } from './postmaster-pid';

export interface EmbeddedPostgresOptions {
  /** Herald's data folder; the database goes into its `database` folder, or (root, unreachable folder) under /var/lib/herald. */
  dataDir: string;
  log: Log;
  /** False only in tests: no sync to disk, a crash of the machine may lose everything. */
  durable?: boolean;
}

const READY = 'database system is ready to accept connections';
const PORT_TAKEN = 'could not bind';

/** The running server. A server that dies by itself is started again on the same port until `stop`. */
export class EmbeddedPostgres {
  private stopping = false;
  private child!: ChildProcess;

  private constructor(
    private readonly place: Place,
    private readonly port: number,
    /** Connection URL, password included. */
    readonly url: string,
    private readonly options: EmbeddedPostgresOptions,
  ) {}

  /** Makes the cluster on the first start, stops an orphan of an earlier run, starts the server and waits until it answers. */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const place = preparePlace(options.dataDir, options.log);
    await stopOrphan(clusterFolder(place), options.log);
    const password = prepareCluster(place, options.durable ?? true);
    for (let tries = 1; ; tries += 1) {
      const port = await freePort();
      const url = `postgres://${CLUSTER_USER}:${password}@127.0.0.1:${port}/${CLUSTER_DATABASE}`;
      const server = new EmbeddedPostgres(place, port, url, options);
      try {
        await server.launch();
        return server;
      } catch (error) {
        // Expected: another program took the port between the look and the start.
        if (tries >= EMBEDDED_PORT_TRIES_MAX || !String(error).includes(PORT_TAKEN)) throw error;
      }
    }
  }

  /** The folder that holds the data. */
  get folder(): string {
    return clusterFolder(this.place);
  }

  /** The folder that was asked for, when the data could not go there because Postgres's user cannot reach it. */
  get unreachableFolder(): string | undefined {
    return this.place.unreachable;
  }

  /** Stops the server (open sessions are ended) and waits for it. Repeatable. */
  async stop(): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(process.platform === 'win32' ? 'SIGTERM' : 'SIGINT');
    const patience = new AbortController();
    await Promise.race([ended, sleepReal(EMBEDDED_STOP_MS_MAX, patience.signal).then(() => child.kill('SIGQUIT'))]);
    patience.abort();
    await ended;
  }

  private async launch(): Promise<void> {
    const child = spawn(program(this.place.native, 'postgres'), this.args(), {
      ...this.place.identity,
      cwd: this.place.home,
      stdio: ['ignore', 'ignore', 'pipe'],
      // A session of its own: Ctrl-C in the terminal must reach Herald only, which stops Postgres after draining.
      detached: process.platform !== 'win32',
    });
    this.child = child;
    await this.untilReady(child);
    child.once('exit', (code, signal) => {
      if (!this.stopping) void this.relaunch(code ?? signal);
    });
  }

  private untilReady(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      let said = '';
      const fail = (reason: string): void => {
        clearTimeout(deadline);
        reject(new EmbeddedPostgresError(`Postgres did not start: ${reason}\n${said.trim()}`));
      };
      const deadline = setTimeout(() => {
        child.kill('SIGQUIT');
        fail(`not ready after ${EMBEDDED_READY_MS_MAX / 1000} s`);
      }, EMBEDDED_READY_MS_MAX);
      const onExit = (code: number | null, signal: string | null): void => fail(`it ended (${code ?? signal})`);
      child.once('error', (error) => fail(error.message));
      child.once('exit', onExit);
      child.stderr!.setEncoding('utf8').on('data', (text: string) => {
        this.report(text);
        if (deadline.hasRef()) said = (said + text).slice(-4000);
        if (!said.includes(READY)) return;
        clearTimeout(deadline);
        child.off('exit', onExit);
        said = '';
        resolve();
      });
    });
  }

  private report(text: string): void {
    for (const line of text.split('\n')) {
      if (/ (PANIC|FATAL): /.test(line) && !this.stopping) this.options.log.warn({ line }, 'postgres.said');
      else if (line.trim() !== '') this.options.log.trace({ line }, 'postgres.said');
    }
  }

  private async relaunch(reason: string | number | null): Promise<void> {
    this.options.log.error({ reason }, 'postgres.ended-unexpectedly');
    for (
      let delayMs = EMBEDDED_RESTART_MS_MIN;
      !this.stopping;
      delayMs = Math.min(delayMs * 2, EMBEDDED_RESTART_MS_MAX)
    ) {
      try {
        await this.launch();
        this.options.log.warn('postgres.started-again');
        return;
      } catch (error) {
        // Expected: backends of the dead server still hold its memory, or the port is taken for a moment.
        this.options.log.error({ error, againInMs: delayMs }, 'postgres.start-failed');
        await sleepReal(delayMs);
      }
    }
  }

  private args(): string[] {
    const settings: Record<string, string> = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: String(EMBEDDED_CONNECTIONS_MAX),
      log_destination: 'stderr',
      logging_collector: 'off',
      lc_messages: 'C',
      max_wal_size: '2GB',
      wal_compression: 'on',
    };
    if (this.options.durable === false) {
      Object.assign(settings, { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' });
    }
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    return ['-D', this.folder, '-p', String(this.port), ...flags];
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as net.AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
