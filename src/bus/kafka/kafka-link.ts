// The way to the brokers: one client, our settings for producer and consumer, and who of us reaches them at this moment.
import {
  Kafka,
  logLevel,
  Partitioners,
  type Admin,
  type Consumer,
  type KafkaConfig as ClientConfig,
  type Producer,
} from 'kafkajs';
import { describeError, type Clock, type KafkaConfig, type Log } from '../../platform';
import {
  CLIENT_RETRIES_MAX,
  CLIENT_RETRY_MS_MAX,
  CONNECT_MS_MAX,
  DISCONNECT_MS_MAX,
  FETCH_BYTES_MAX,
  FETCH_PARTITION_BYTES_MAX,
  FETCH_WAIT_MS,
  HEARTBEAT_MS,
  REBALANCE_MS,
  REQUEST_MS_MAX,
  SESSION_MS,
} from '../limits';
import { OauthToken } from './oauth-token';
import { SocketGate } from './socket-gate';

/** Who of this process uses the bus. */
export type BusUser = 'relay' | 'matcher';

export interface BusHealth {
  /** `kafka-relay`, `kafka-matcher`. */
  readonly name: string;
  /** `unknown`: has not tried yet, or does not lead. */
  readonly status: 'up' | 'down' | 'unknown';
  readonly since: Date;
}

/** A client and its sockets. `cut` ends it at once; `KafkaLink.close` says goodbye first. */
export interface Line<C> {
  readonly client: C;
  cut(): void;
}

export interface KafkaLinkDeps {
  readonly settings: KafkaConfig;
  readonly clock: Clock;
  readonly log: Log;
}

const RETRY = { retries: CLIENT_RETRIES_MAX, initialRetryTime: 100, maxRetryTime: CLIENT_RETRY_MS_MAX };

export class KafkaLink {
  readonly settings: KafkaConfig;
  private readonly config: ClientConfig;
  private readonly states = new Map<BusUser, BusHealth>();

  constructor(private readonly deps: KafkaLinkDeps) {
    this.settings = deps.settings;
    this.config = clientConfig(deps);
  }

  /** Ordered per key: one request at a time, acknowledged by all replicas, each record stored once however often the client sends it. */
  producer(): Line<Producer> {
    return this.line((kafka) =>
      kafka.producer({
        createPartitioner: Partitioners.DefaultPartitioner,
        allowAutoTopicCreation: false,
        idempotent: true,
        maxInFlightRequests: 1,
        retry: RETRY,
      }),
    );
  }

  /** A member of the matchers' group. Restarting it is our business: `restartOnFailure` hands every crash over. */
  consumer(): Line<Consumer> {
    return this.line((kafka) =>
      kafka.consumer({
        groupId: this.settings.group,
        allowAutoTopicCreation: false,
        sessionTimeout: SESSION_MS,
        heartbeatInterval: HEARTBEAT_MS,
        rebalanceTimeout: REBALANCE_MS,
        maxWaitTimeInMs: FETCH_WAIT_MS,
        maxBytes: FETCH_BYTES_MAX,
        maxBytesPerPartition: FETCH_PARTITION_BYTES_MAX,
        maxInFlightRequests: 1,
        retry: { ...RETRY, restartOnFailure: async () => false },
      }),
    );
  }

  admin(): Line<Admin> {
    return this.line((kafka) => kafka.admin({ retry: RETRY }));
  }

  private line<C>(make: (kafka: Kafka) => C): Line<C> {
    const gate = new SocketGate();
    return { client: make(new Kafka({ ...this.config, socketFactory: gate.factory })), cut: () => gate.cut() };
  }

  /** Told by whoever just reached the brokers. */
  up(user: BusUser): void {
    if (this.change(user, 'up') !== 'up') this.deps.log.info({ user }, 'bus.kafka-reached');
  }

  /** Told by whoever did not, and why. One line when it begins. */
  down(user: BusUser, error: unknown): void {
    const isNew = this.change(user, 'down') !== 'down';
    this.deps.log[isNew ? 'warn' : 'debug']({ user, reason: describeError(error) }, 'bus.kafka-away');
  }

  /** Told by a user that has nothing to do with the brokers for now. */
  idle(user: BusUser): void {
    this.change(user, 'unknown');
  }

  /** Without addresses and reasons: those are in the log. */
  health(): BusHealth[] {
    return [...this.states.values()];
  }

  private change(user: BusUser, status: BusHealth['status']): BusHealth['status'] | undefined {
    const before = this.states.get(user)?.status;
    if (before !== status) this.states.set(user, { name: `kafka-${user}`, status, since: this.deps.clock.now() });
    return before;
  }

  /** Closes a client, with bounded patience: what it still wanted to say is said again by the next one. Never throws. */
  async close(line: Line<{ disconnect(): Promise<void> }>): Promise<void> {
    const patience = new AbortController();
    // Expected: brokers that are away cannot be said goodbye to.
    const closed = line.client.disconnect().catch(() => undefined);
    await Promise.race([closed, this.deps.clock.sleep(DISCONNECT_MS_MAX, patience.signal)]);
    patience.abort();
    line.cut();
  }
}

function clientConfig({ settings, clock, log }: KafkaLinkDeps): ClientConfig {
  const { brokers, tls } = settings;
  return {
    clientId: 'herald',
    brokers: [...brokers],
    connectionTimeout: CONNECT_MS_MAX,
    authenticationTimeout: CONNECT_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    enforceRequestTimeout: true,
    retry: RETRY,
    ssl: tls && { ca: tls.ca, cert: tls.cert, key: tls.key, passphrase: tls.passphrase },
    sasl: saslOf(settings, clock),
    logLevel: logLevel.WARN,
    // What the client says of its troubles, sentence only: the fields beside it may hold what we do not log. What they mean we say ourselves.
    logCreator:
      () =>
      ({ namespace, log: said }) =>
        log.debug({ namespace, said: said.message }, 'bus.kafka-said'),
  };
}

function saslOf({ sasl }: KafkaConfig, clock: Clock): ClientConfig['sasl'] {
  if (sasl === undefined) return undefined;
  if (sasl.mechanism === 'oauthbearer') {
    const token = new OauthToken(sasl, clock);
    return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await token.value() }) };
  }
  const { mechanism, username, password } = sasl;
  switch (mechanism) {
    case 'plain':
      return { mechanism, username, password };
    case 'scram-sha-256':
      return { mechanism, username, password };
    case 'scram-sha-512':
      return { mechanism, username, password };
  }
}
