// The operator's API by itself over a database whose rows the test writes.
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AdminModule, type AdminDeps } from '../../../src/admin';
import { definitionsFor } from '../../../src/fhir';
import { Metrics, type HeraldConfig, type Supervisor } from '../../../src/platform';
import { httpAdapter, OutcomeModule } from '../../../src/rest';
import type { ResourceStore } from '../../../src/store';
import { FakeClock } from '../../support/fake-clock';
import { FhirClient } from '../../support/fhir-client';
import { silentLog } from '../../support/silent-log';

@Module({})
class TestApp {}

export interface AdminApp {
  client: FhirClient;
  clock: FakeClock;
  stop(): Promise<void>;
}

export async function startAdminApp(
  database: AdminDeps['database'],
  supervisor: Pick<Supervisor, 'health'>,
  /** For pages that only read there is nothing to act with. */
  verbs = {} as AdminDeps['verbs'],
): Promise<AdminApp> {
  const clock = new FakeClock('2026-03-01T12:00:00.000Z');
  const metrics = new Metrics();
  const config = { tokens: [], http: { bodyBytesMax: 1000, corsOrigins: [] } } as unknown as HeraldConfig;
  const http = { config, clock, log: silentLog, metrics };
  // Tracing and reindexing have tests of their own, over a whole Herald.
  const store = {} as ResourceStore;
  const parts = { definitions: definitionsFor('R4'), store, baseUrlOf: () => 'http://here/fhir' };
  const admin = AdminModule.register({
    database,
    clock,
    metrics,
    supervisor: supervisor as Supervisor,
    verbs,
    ...parts,
  });
  const module = { module: TestApp, imports: [OutcomeModule.register(http), admin] };
  const app = await NestFactory.create<NestFastifyApplication>(module, httpAdapter(http), {
    bodyParser: false,
    logger: false,
    abortOnError: false,
  });
  await app.listen(0, '127.0.0.1');
  const client = new FhirClient(await app.getUrl());
  return {
    client,
    clock,
    stop: async () => {
      await client.close();
      await app.close();
    },
  };
}
