// A real Apache Kafka broker in KRaft mode on 127.0.0.1: one node that is broker and controller, with a data folder of its own.
// No mock: what is proven against it holds for the program that hospitals run.
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { installKafka, KafkaUnavailableError, KAFKA_VERSION_DEFAULT } from './install.mjs';

const READY_MS_MAX = 120_000;
const STOP_MS_MAX = 60_000;
const POLL_MS = 50;
const LOG_TAIL = 3_000;
const JAVA = ['-Xms64m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/**
 * In: `dataDir` (made when missing; formatted once), `port` (free one when absent), `version`, `listeners` (security protocols to listen with
 * besides PLAINTEXT, each on a free port), `properties` (more lines for server.properties), `format` (more arguments for the storage tool). Out: a broker that takes connections. A folder that was used
 * before keeps its port, its topics and its offsets. Throws KafkaUnavailableError, or the tail of the broker's log.
 */
export async function startBroker(options) {
  const { dataDir, version = KAFKA_VERSION_DEFAULT } = options;
  const library = await installKafka(version);
  fs.mkdirSync(dataDir, { recursive: true });
  const ports = await portsOf(dataDir, options.port, options.listeners);
  const broker = new Broker(path.resolve(dataDir), library, ports);
  fs.writeFileSync(broker.file('server.properties'), broker.properties(options.properties));
  await broker.format(options.format);
  await broker.run();
  return broker;
}

export class Broker {
  #child;
  #exited;

  constructor(dataDir, library, ports) {
    this.dataDir = dataDir;
    this.library = library;
    this.port = ports.broker;
    this.controllerPort = ports.controller;
    this.more = ports.more ?? {};
    /** host:port, as KAFKA_BROKERS wants it. */
    this.address = `127.0.0.1:${ports.broker}`;
  }

  /** host:port of one of the other listeners. */
  addressOf(protocol) {
    return `127.0.0.1:${this.more[protocol]}`;
  }

  get pid() {
    return this.#child?.pid;
  }

  /** Resolves when the process has ended, by itself or not. */
  get exited() {
    return this.#exited;
  }

  file(name) {
    return path.join(this.dataDir, name);
  }

  /** SIGTERM: a controlled shutdown. Resolves when the process is gone. */
  async stop() {
    if (this.#child?.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS_MAX);
    await this.#exited;
    clearTimeout(patience);
  }

  /** kill -9. Resolves when the process is gone. */
  async kill() {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** Starts the process on the same port and data, and resolves once it is ready. */
  async run() {
    const log = fs.openSync(this.file('broker.log'), 'w');
    this.#child = this.#java(['kafka.Kafka', this.file('server.properties')], log);
    fs.closeSync(log);
    const child = this.#child;
    this.#exited = new Promise((resolve) => child.once('exit', resolve));
    const end = performance.now() + READY_MS_MAX;
    while (!this.#log().includes('Kafka Server started')) {
      const isGone = child.exitCode !== null || child.signalCode !== null;
      if (isGone || performance.now() > end) {
        child.kill('SIGKILL');
        throw new Error(`Kafka ${isGone ? 'ended at its start' : 'is not ready'}:\n${this.#log().slice(-LOG_TAIL)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Formats the storage once; a folder that is formatted stays as it is. */
  async format(more = []) {
    if (fs.existsSync(this.file('data/meta.properties'))) return;
    const tool = [
      'kafka.tools.StorageTool',
      'format',
      '-t',
      clusterId(),
      '-c',
      this.file('server.properties'),
      '--standalone',
    ];
    await promisify(execFile)('java', [...JAVA, '-cp', `${this.library}/*`, ...tool, ...more]).catch((error) => {
      throw new KafkaUnavailableError(
        `Kafka could not format ${this.dataDir}:\n${`${error.stdout}${error.stderr}`.slice(-LOG_TAIL)}`,
      );
    });
  }

  properties(more = {}) {
    const lines = {
      'process.roles': 'broker,controller',
      'node.id': 1,
      'controller.quorum.bootstrap.servers': `127.0.0.1:${this.controllerPort}`,
      listeners: Object.entries({ PLAINTEXT: this.port, CONTROLLER: this.controllerPort, ...this.more })
        .map(([name, port]) => `${name}://127.0.0.1:${port}`)
        .join(','),
      'controller.listener.names': 'CONTROLLER',
      'listener.security.protocol.map': [
        'CONTROLLER:PLAINTEXT',
        ...['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'].map((name) => `${name}:${name}`),
      ].join(','),
      'log.dirs': this.file('data'),
      'auto.create.topics.enable': false,
      'group.initial.rebalance.delay.ms': 0,
      // A broker that comes back after kill -9 is let in again only when its old session is over.
      'broker.session.timeout.ms': 3000,
      'broker.heartbeat.interval.ms': 500,
      'offsets.topic.replication.factor': 1,
      'offsets.topic.num.partitions': 4,
      'transaction.state.log.replication.factor': 1,
      'transaction.state.log.min.isr': 1,
      'transaction.state.log.num.partitions': 1,
      'share.coordinator.state.topic.replication.factor': 1,
      'share.coordinator.state.topic.min.isr': 1,
      'num.network.threads': 2,
      'num.io.threads': 2,
      ...more,
    };
    return Object.entries(lines)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('');
  }

  #java(parameters, output) {
    const quiet = '-Dorg.slf4j.simpleLogger.showDateTime=true';
    return spawn('java', [...JAVA, quiet, '-cp', `${this.library}/*`, ...parameters], {
      cwd: this.dataDir,
      // Ctrl-C in a terminal is for who started it, who stops it last.
      detached: true,
      stdio: ['ignore', output, output],
    });
  }

  #log() {
    return fs.readFileSync(this.file('broker.log'), 'utf8');
  }
}

function clusterId() {
  return randomBytes(16).toString('base64url');
}

/** The ports of a folder: those it had, else the one asked for and free ones. */
async function portsOf(dataDir, port, listeners = []) {
  const file = path.join(dataDir, 'ports.json');
  if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, 'utf8'));
  const more = {};
  for (const protocol of listeners) more[protocol] = await freePort();
  const ports = { broker: port || (await freePort()), controller: await freePort(), more };
  fs.writeFileSync(file, JSON.stringify(ports));
  return ports;
}

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
