// Once per test run: one Postgres, one migrated template database.
import { SERVER_URL_VARIABLE, startTestServer, type TestServer } from './test-server';

declare global {
  var heraldTestServer: TestServer | undefined;
}

export default async function setUp(): Promise<void> {
  const server = await startTestServer();
  globalThis.heraldTestServer = server;
  process.env[SERVER_URL_VARIABLE] = server.url;
}
