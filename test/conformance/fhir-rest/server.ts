// The server under test, seen only from outside: its FHIR base over HTTP.
import { definitionsFor } from '../../../src/fhir';
import { OutboxDoorbell } from '../../../src/outbox';
import { Metrics, SystemClock } from '../../../src/platform';
import { ResourceStore } from '../../../src/store';
import type { FhirClient } from '../../support/fhir-client';
import { createTestDatabase } from '../../support/database';
import { silentLog } from '../../support/silent-log';
import { startRestApp } from '../../component/rest/rest-app';

export interface FhirServer {
  readonly client: FhirClient;
  stop(): Promise<void>;
}

export async function startFhirServer(): Promise<FhirServer> {
  const test = await createTestDatabase();
  const store = new ResourceStore({
    database: test.database,
    clock: new SystemClock(),
    definitions: definitionsFor('R4'),
    doorbell: new OutboxDoorbell(),
    log: silentLog,
    metrics: new Metrics(),
  });
  const app = await startRestApp({ store, http: { bodyBytesMax: 16 * 1024 * 1024 } });
  return {
    client: app.client,
    stop: async () => {
      await app.stop();
      await test.drop();
    },
  };
}
