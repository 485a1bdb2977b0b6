// Once per test run: one Postgres with one migrated template database, and on the cluster profile one Kafka broker and one Redis.
import { startProfileServers } from './profile-servers';
import { SERVER_URL_VARIABLE, startTestServer, type TestServer } from './test-server';

declare global {
  var heraldTestServer: TestServer | undefined;
  var heraldProfileServers: { stop(): Promise<void> } | undefined;
}

export default async function setUp(): Promise<void> {
  const server = await startTestServer();
  globalThis.heraldTestServer = server;
  process.env[SERVER_URL_VARIABLE] = server.url;
  try {
    globalThis.heraldProfileServers = { stop: await startProfileServers() };
  } catch (error) {
    // Expected: a server of the cluster profile is not to be had here. Nothing stays behind, since no teardown follows.
    await server.stop();
    throw error;
  }
}
