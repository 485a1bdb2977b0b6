// A real Apache Kafka broker in KRaft mode on 127.0.0.1: one node that is broker and controller, with a data folder of its own.
// No mock: what is proven against it holds for the program that hospitals run.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../free-port.mjs';
import { LOG_TAIL, ServerProcess } from '../server-process.mjs';
import { installKafka, KafkaUnavailableError, KAFKA_VERSION_DEFAULT } from './install.mjs';

const KAFKA = {
  name: 'Kafka',
  logFile: 'broker.log',
  readyWords: 'Kafka Server started',
  readyMsMax: 120_000,
  stopMsMax: 60_000,
  pollMs: 50,
};
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

export class Broker extends ServerProcess {
  constructor(dataDir, library, ports) {
    super(dataDir, KAFKA);
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

  command() {
    const quiet = '-Dorg.slf4j.simpleLogger.showDateTime=true';
    return ['java', [...JAVA, quiet, '-cp', `${this.library}/*`, 'kafka.Kafka', this.file('server.properties')]];
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
}

/** 16 bytes, as Kafka writes them; never with a hyphen in front, which its storage tool would take for an option. */
export function clusterId() {
  return randomBytes(16).toString('base64url').replace(/^-/, 'A');
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
