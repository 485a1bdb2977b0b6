// Once per test run, at its end: the servers of the profile and the Postgres stop and its folder goes, unless the databases are to be kept.
import './global-setup';

export default async function tearDown(): Promise<void> {
  await globalThis.heraldProfileServers?.stop();
  const server = globalThis.heraldTestServer;
  if (!server) return;
  if (process.env['HERALD_KEEP_DATABASES'] === '1') {
    console.info(`Postgres left running at ${server.url} until the next test run`);
    return;
  }
  await server.stop();
}
