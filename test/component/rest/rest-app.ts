// The HTTP side of Herald by itself, on a port of its own: for tests of what happens around a store.
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { definitionsFor } from '../../../src/fhir';
import { Metrics, SystemClock, type HeraldConfig, type Log } from '../../../src/platform';
import { httpAdapter, OutcomeModule, RestModule, type RestDeps } from '../../../src/rest';
import { FhirClient } from '../../support/fhir-client';
import { silentLog } from '../../support/silent-log';

@Module({})
class TestApp {}

export interface RestAppOptions {
  store?: Partial<RestDeps['store']>;
  tokens?: HeraldConfig['tokens'];
  http?: Partial<HeraldConfig['http']>;
  log?: Log;
  writeGate?: RestDeps['writeGate'];
}

export interface RestApp {
  url: string;
  client: FhirClient;
  stop(): Promise<void>;
}

/** Starts it. A store method that a test does not give fails as "not a function", which shows as 500. */
export async function startRestApp(options: RestAppOptions = {}): Promise<RestApp> {
  const config = {
    host: '127.0.0.1',
    port: 0,
    tokens: options.tokens ?? [],
    http: { bodyBytesMax: 100_000, corsOrigins: [], ...options.http },
  } as unknown as HeraldConfig;
  const deps: RestDeps = {
    store: (options.store ?? {}) as RestDeps['store'],
    definitions: definitionsFor('R4'),
    config,
    clock: new SystemClock(),
    log: options.log ?? silentLog,
    metrics: new Metrics(),
    writeGate: options.writeGate,
  };
  const module = { module: TestApp, imports: [OutcomeModule.register(deps), RestModule.register(deps)] };
  const app = await NestFactory.create<NestFastifyApplication>(module, httpAdapter(deps), {
    bodyParser: false,
    logger: false,
    abortOnError: false,
  });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const client = new FhirClient(url);
  return {
    url,
    client,
    stop: async () => {
      await client.close();
      await app.close();
    },
  };
}
