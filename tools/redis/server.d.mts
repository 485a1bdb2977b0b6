// What tests see of the server's launcher.
export class RedisUnavailableError extends Error {}
export function whyNoRedis(): string | undefined;

export interface RedisServerOptions {
  dataDir: string;
  port?: number;
  password?: string;
}

export class RedisServer {
  readonly dataDir: string;
  readonly port: number;
  readonly url: string;
  readonly pid: number | undefined;
  readonly exited: Promise<number | null>;
  run(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  freeze(): void;
  resume(): void;
}

export function startRedis(options: RedisServerOptions): Promise<RedisServer>;
