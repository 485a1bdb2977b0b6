// What tests see of the broker's launcher.
export interface BrokerOptions {
  dataDir: string;
  port?: number;
  version?: string;
  /** Security protocols to listen with besides PLAINTEXT. */
  listeners?: string[];
  /** More lines for server.properties. */
  properties?: Record<string, string | number | boolean>;
  /** More arguments for the storage tool, for example `--add-scram`. */
  format?: string[];
}

export class Broker {
  readonly dataDir: string;
  readonly port: number;
  readonly address: string;
  readonly library: string;
  addressOf(protocol: string): string;
  readonly pid: number | undefined;
  readonly exited: Promise<number | null>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  run(): Promise<void>;
  format(more?: string[]): Promise<void>;
}

export function startBroker(options: BrokerOptions): Promise<Broker>;
/** A random id of a cluster, 22 characters of base64url. */
export function clusterId(): string;
