// One Herald: everything a process does, started in order and stopped in reverse. Used by main.ts, and by tests inside their own process.
import { recoverLeases } from '../deliveries';
import { restampWaiting } from '../outbox';
import { armFailpoints, describeError, type HeraldConfig, type Log } from '../platform';
import { clearForeignSnapshots, verifySecretKey } from '../subscriptions';
import { readyToPublish } from './compose-bus';
import { composeHerald, type Parts } from './compose';
import { openDoorbells } from './doorbells';
import { openGround } from './ground';
import { watchGround } from './ground-metrics';
import { startHttp, type HttpService } from './http';
import { DRAIN_RESERVE_MS } from './limits';
import { originOf } from './own-origins';

export interface Herald {
  readonly parts: Parts;
  readonly address: HttpService['address'];
  /** Scheme, host and port; the FHIR base is `/fhir` below it. */
  readonly url: string;
  /** Claims nothing more, drains, stops HTTP, closes the database. Repeatable. */
  stop(): Promise<void>;
}

/**
 * Starts in order: ground (lock, database, migrations), rooms, workers, HTTP. Throws what stands in the way, with nothing left running.
 * `signal` gives up a start that waits for its database.
 */
export async function startHerald(config: HeraldConfig, log: Log, signal?: AbortSignal): Promise<Herald> {
  enterTestMode(config, log);
  const ground = await openGround(config, log, signal);
  const parts = composeHerald(ground, await openDoorbells(ground));
  try {
    await makeReady(parts);
    parts.supervisor.start();
    const http = await startHttp(parts);
    const { host, port } = http.address;
    log.info({ host, port, profile: config.profile, roles: [...config.roles] }, 'herald.started');
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => (stopped ??= stopParts(parts, http));
    return { parts, address: http.address, url: originOf(host, port), stop };
  } catch (error) {
    // Expected: an address in use, a secret key that is not this database's. Told by the caller once all is closed.
    await stopParts(parts);
    throw error;
  }
}

/** Says so, since a server in test mode may fail on purpose. The configuration has refused it everywhere but on loopback. */
function enterTestMode({ testing }: HeraldConfig, log: Log): void {
  if (!testing.isTestMode) return;
  armFailpoints(testing.failpoints);
  log.warn({ failpoints: testing.failpoints.map(({ name, action }) => `${name}=${action.kind}`) }, 'herald.test-mode');
}

/** What must be true before the first request and the first claim. */
async function makeReady(parts: Parts): Promise<void> {
  const { databases, clock, log, secrets, isAlone, outboxPartitions, metrics } = parts;
  metrics.collectProcess();
  watchGround(parts);
  await verifySecretKey(databases.api, secrets);
  await clearForeignSnapshots(databases.api, log, restampWaiting);
  await outboxPartitions.look();
  await parts.custom.refresh(databases.api);
  await readyToPublish(parts);
  if (!isAlone) return;
  // Only who holds the lock file may say that nobody else holds a lease.
  const freed = await recoverLeases(databases.api, clock.now());
  if (freed > 0) log.info({ leases: freed }, 'deliveries.leases-freed');
}

async function stopParts(parts: Parts, http?: HttpService): Promise<void> {
  const { config, log, supervisor, egress } = parts;
  log.info('herald.stopping');
  await supervisor.stop(config.deliveries.deadlineMs + DRAIN_RESERVE_MS);
  const steps = [http && (() => http.close()), () => egress.close(), () => parts.close()];
  for (const step of steps) {
    try {
      await step?.();
    } catch (error) {
      // Expected: what is to be stopped has failed before. The rest is stopped all the same.
      log.warn({ reason: describeError(error) }, 'herald.stop-step-failed');
    }
  }
  log.info('herald.stopped');
}
