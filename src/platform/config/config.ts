// The whole configuration as one frozen, typed object. Rooms get their slice of it.
import type { ArmedFailpoint } from '../failpoint/failpoint';

export type Role = 'api' | 'relay' | 'matcher' | 'deliverer';
export type OrderingKeyName = 'none' | 'focus' | 'patient' | 'subscription';

export interface HeraldConfig {
  readonly host: string;
  readonly port: number;
  /** Absolute path of the data folder. */
  readonly dataDir: string;
  readonly databaseUrl?: string;
  /** The event bus on Kafka; absent without brokers: events stay in the database. */
  readonly kafka?: KafkaConfig;
  /** Wake-ups between processes; absent without REDIS_URL: each process hears itself, and the sweep finds the rest. */
  readonly redis?: RedisConfig;
  readonly roles: ReadonlySet<Role>;
  readonly logLevel: string;
  readonly profile: 'embedded' | 'cluster';
  readonly tokens: readonly { readonly name: string; readonly token: string }[];
  readonly allowUnauthenticated: boolean;
  readonly http: {
    readonly bodyBytesMax: number;
    readonly corsOrigins: readonly string[];
    readonly publicBaseUrl?: string;
  };
  readonly egress: EgressConfig;
  readonly subscriptions: {
    readonly pastEnd: 'accept' | 'refuse';
    readonly secretKey?: string;
    readonly orderingKeyDefault: OrderingKeyName;
    readonly expiryIntervalMs: number;
    readonly createReturnsSecrets: boolean;
  };
  readonly deliveries: DeliveryDefaults;
  readonly database: {
    readonly poolApi: number;
    readonly poolMatcher: number;
    readonly poolDeliverer: number;
    readonly statementTimeoutMs: number;
  };
  readonly matching: { readonly sweepIntervalMs: number; readonly claimMax: number };
  readonly upkeep: {
    readonly keepEventsMs: number;
    readonly keepAttemptsMs: number;
    readonly keepDeliveriesMs: number;
    readonly keepSubscriptionsMs: number;
    readonly retentionIntervalMs: number;
    readonly auditIntervalMs: number;
  };
  readonly backpressure: {
    readonly unmatchedMax: number;
    readonly waitingMax: number;
    readonly writesMax: number;
    readonly writesQueueMax: number;
    readonly writeBytesMax: number;
  };
  /** Off in every start that is not a test of Herald itself. */
  readonly testing: { readonly isTestMode: boolean; readonly failpoints: readonly ArmedFailpoint[] };
}

export interface RedisConfig {
  /** With user, password and database number, if any: never for the log. */
  readonly url: string;
  readonly prefix: string;
}

export interface KafkaConfig {
  /** host:port of some brokers. */
  readonly brokers: readonly string[];
  readonly topic: string;
  /** The relay makes a topic that is missing. */
  readonly createTopic: boolean;
  readonly partitions: number;
  /** Absent: the broker's default. */
  readonly replication?: number;
  /** Consumer group of the matchers. */
  readonly group: string;
  readonly includeResource: boolean;
  readonly relayIntervalMs: number;
  readonly relayBatch: number;
  /** Absent: connections are not encrypted. The texts of PEM files. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly passphrase?: string };
  readonly sasl?: KafkaSasl;
}

export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly mechanism: 'oauthbearer';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope?: string;
    };

export interface EgressConfig {
  /** CIDR blocks or host names that may be private addresses; the embedded profile allows loopback. */
  readonly allowPrivate: readonly string[];
  /** Host names that may be reached by plain http; `*` for all. */
  readonly allowHttp: readonly string[];
  readonly connectTimeoutMs: number;
  readonly connectionsPerOrigin: number;
}

/** The numbers of deliveries.md section 4; units in the names. */
export interface DeliveryDefaults {
  readonly cap: number;
  /** Requests of one Subscription per second; 0 or absent: no limit. */
  readonly ratePerSecond?: number;
  /** Of a notification's body; 0 or absent: no limit. */
  readonly bodyLimitBytes?: number;
  /** What becomes of a larger one; absent: `send`. */
  readonly bodyOverLimit?: 'send' | 'park';
  readonly connectTimeoutMs: number;
  readonly deadlineMs: number;
  readonly leaseMs: number;
  readonly retryBaseMs: number;
  readonly retryFactor: number;
  readonly retryMaxMs: number;
  readonly retryJitter: number;
  readonly retryForMs: number;
  readonly poisonAfterAttempts: number;
  readonly poisonAfterMs: number;
  readonly inFlightMax: number;
  readonly errorAfterMs: number;
  readonly errorAfterAttempts: number;
  readonly windowRows: number;
  readonly busyRows: number;
  readonly finishBatchMax: number;
  readonly finishDelayMs: number;
  readonly responseBytesMax: number;
  readonly excerptBytesMax: number;
  readonly sweepIntervalMs: number;
  readonly renewIntervalMs: number;
}
