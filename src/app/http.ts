// The HTTP server of the process: Nest carries it, rest and admin answer on it. A process without the role `api` has health and metrics only.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module, type DynamicModule, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AdminModule } from '../admin';
import { operationList, writeNoteList } from '../operations';
import type { Clock, Log } from '../platform';
import { httpAdapter, OutcomeModule, ownBaseUrl, RestModule } from '../rest';
import type { Parts } from './compose';
import { HTTP_CLOSE_MS_MAX, HTTP_CLOSE_POLL_MS } from './limits';

export interface HttpService {
  /** The address it really listens on; the port is known even when 0 was asked for. */
  readonly address: { readonly host: string; readonly port: number };
  /** Takes no new connections, answers what is being answered (not longer than `HTTP_CLOSE_MS_MAX`), closes. */
  close(): Promise<void>;
}

/** Below the admin API, and like it behind the tokens. */
const BOARD_PATH = '/admin/queues';

@Module({})
class HeraldModule {}

/** Listens. Throws when the address is taken or not this machine's. */
export async function startHttp(parts: Parts): Promise<HttpService> {
  const { config, log } = parts;
  const imports: DynamicModule[] = [OutcomeModule.register(parts)];
  const { definitions: asked, store, verbs, custom } = parts;
  const definitions = custom.definitions.stored;
  const deps = { database: parts.databases.api, definitions, asked, store, verbs };
  const plugged = { operations: operationList(deps), writeNotes: writeNoteList(deps) };
  if (config.roles.has('api')) imports.push(RestModule.register({ ...parts, ...plugged }));
  const baseUrlOf = (host: string | undefined): string => ownBaseUrl(config, host);
  imports.push(AdminModule.register({ ...parts, definitions, baseUrlOf, database: parts.databases.api }));
  const adapter = httpAdapter(parts);
  const board = config.roles.has('api') ? parts.doorbells.queue.board(BOARD_PATH) : undefined;
  if (board) await adapter.register(board as Parameters<typeof adapter.register>[0], { prefix: BOARD_PATH });
  const nest = await NestFactory.create({ module: HeraldModule, imports }, adapter, {
    bodyParser: false,
    logger: nestLogger(log),
    abortOnError: false,
  });
  await nest.listen(config.port, config.host);
  const server = nest.getHttpServer() as Server;
  const { address, port } = server.address() as AddressInfo;
  return { address: { host: address, port }, close: () => closeHttp(nest, server, parts.clock) };
}

/**
 * The framework closes the connections that are idle now. One whose last answer goes out a moment later would live on for its keep-alive time, and
 * the process with it: so idle ones are closed until none is left.
 */
async function closeHttp(nest: { close(): Promise<void> }, server: Server, clock: Clock): Promise<void> {
  const done = new AbortController();
  const closing = nest.close().finally(() => done.abort());
  const untilMs = clock.monotonicMs() + HTTP_CLOSE_MS_MAX;
  while (!done.signal.aborted) {
    if (clock.monotonicMs() < untilMs) server.closeIdleConnections();
    else server.closeAllConnections();
    await clock.sleep(HTTP_CLOSE_POLL_MS, done.signal);
  }
  await closing;
}

/** What the framework says about itself, as lines of our log. */
function nestLogger(log: Log): LoggerService {
  const line =
    (level: 'debug' | 'warn' | 'error') =>
    (message: unknown): void =>
      log[level]({ said: String(message) }, 'nest.said');
  return {
    log: line('debug'),
    debug: line('debug'),
    verbose: line('debug'),
    warn: line('warn'),
    error: line('error'),
    fatal: line('error'),
  };
}
