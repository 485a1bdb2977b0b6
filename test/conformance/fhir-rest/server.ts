// The server under test: the whole app, seen only from outside, by its FHIR base over HTTP.
import type { FhirClient } from '../../support/fhir-client';
import { startHerald } from '../../support/herald';

export interface FhirServer {
  readonly client: FhirClient;
  /** The committed events of one type in the order of the outbox, as `interaction Type/id/version`. */
  events(type: string): Promise<string[]>;
  stop(): Promise<void>;
}

export async function startFhirServer(env: Record<string, string> = {}): Promise<FhirServer> {
  const herald = await startHerald({ env });
  const events = async (type: string): Promise<string[]> => {
    const { rows } = await herald.database.database.query<{ name: string }>({
      text: `select interaction || ' ' || type || '/' || id || '/' || version as name from outbox where type = $1 order by seq`,
      values: [type],
    });
    return rows.map(({ name }) => name);
  };
  return { client: herald, events, stop: () => herald.stop() };
}
