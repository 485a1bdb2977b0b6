// Wiring only. `httpAdapter` makes the server that carries FHIR and the admin API; `RestModule.register` puts FHIR on it.
import type { Socket } from 'node:net';
import { APP_FILTER } from '@nestjs/core';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { RestDeps } from './exchange';
import { FhirController } from './fhir.controller';
import { FhirEndpoint } from './fhir-endpoint';
import type { HttpReply, HttpRequest, HttpServer } from './http';
import { KEEP_ALIVE_MS, REQUEST_TIMEOUT_MS } from './limits';
import { answerError, OutcomeFilter } from './outcome.filter';
import { beginLife, prepareServer, writeAccessLine } from './request-life';
import type { HttpDeps } from './request-life';
import { answerUnreadable } from './unreadable';

/**
 * The HTTP server of the process: request ids, access log, CORS, tokens, bodies as bytes. Give it to
 * `NestFactory.create(module, httpAdapter(deps), { bodyParser: false })`.
 */
export function httpAdapter(deps: HttpDeps): FastifyAdapter {
  const unroutable = (error: Error, request: HttpRequest, reply: HttpReply): void => {
    beginLife(request, reply, deps.clock);
    answerError(error, request, reply, deps.log);
    writeAccessLine(deps, request, reply);
  };
  const adapter = new FastifyAdapter({
    logger: false,
    // No Nest middleware is used; without its bridge every request is cheaper.
    skipMiddie: true,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    clientErrorHandler: (error: Error, socket: Socket) => answerUnreadable(error, socket, deps.log),
    forceCloseConnections: 'idle',
    // A URL that cannot be decoded fails before any route or hook is found.
    frameworkErrors: (error: Error, request: unknown, reply: unknown) => {
      unroutable(error, request as HttpRequest, reply as HttpReply);
    },
  });
  const server: unknown = adapter.getInstance();
  prepareServer(server as HttpServer, deps);
  return adapter;
}

@Module({})
export class RestModule {
  static register(deps: RestDeps): DynamicModule {
    return {
      module: RestModule,
      controllers: [FhirController],
      providers: [{ provide: FhirEndpoint, useValue: new FhirEndpoint(deps) }],
    };
  }
}

@Module({})
export class OutcomeModule {
  /** Errors of every route and hook become answers; needed whether or not FHIR itself is served by this process. */
  static register(deps: HttpDeps): DynamicModule {
    return {
      module: OutcomeModule,
      providers: [{ provide: APP_FILTER, useValue: new OutcomeFilter(deps.log) }],
    };
  }
}
