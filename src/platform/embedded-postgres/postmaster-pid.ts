// postmaster.pid: who serves a cluster. After `kill -9` of Herald its Postgres lives on and must be stopped before the next start.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ORPHAN_FAST_STOP_MS, ORPHAN_POLL_MS, ORPHAN_STOP_MS_MAX } from '../limits';
import type { Log } from '../log/log';
import { isAlive } from '../data-folder/process-identity';
import { sleepReal } from '../clock/clock';
import { EmbeddedPostgresError } from './embedded-postgres-error';

/** The pid in the cluster's postmaster.pid, if there is such a file. */
export function readPostmasterPid(cluster: string): number | undefined {
  try {
    const pid = Number(fs.readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0]);
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    // Expected: a cluster that is not running.
    return undefined;
  }
}

/**
 * Stops a Postgres that a killed Herald left on this cluster. A postmaster.pid whose pid now belongs to another program (reboot, container) is
 * removed, because Postgres itself would refuse to start. Throws EmbeddedPostgresError when the orphan does not stop.
 */
export async function stopOrphan(cluster: string, log: Log): Promise<void> {
  const pid = readPostmasterPid(cluster);
  if (pid === undefined) return;
  if (!isAlive(pid)) return;
  if (!servesCluster(pid, cluster)) {
    log.warn({ pid }, 'postgres.stale-pid-file-removed');
    fs.rmSync(path.join(cluster, 'postmaster.pid'), { force: true });
    return;
  }
  log.warn({ pid }, 'postgres.orphan-stopped');
  const started = performance.now();
  let signal: NodeJS.Signals | undefined = 'SIGINT';
  while (isAlive(pid)) {
    const waitedMs = performance.now() - started;
    if (signal) process.kill(pid, signal);
    signal = undefined;
    if (waitedMs > ORPHAN_STOP_MS_MAX) {
      throw new EmbeddedPostgresError(
        `A Postgres from an earlier run (pid ${pid}) serves ${cluster} and does not stop: stop it by hand.`,
      );
    }
    // SIGQUIT: an immediate stop, the same as a crash, which Postgres survives by replaying its log.
    if (waitedMs > ORPHAN_FAST_STOP_MS && waitedMs < ORPHAN_FAST_STOP_MS + 2 * ORPHAN_POLL_MS) signal = 'SIGQUIT';
    await sleepReal(ORPHAN_POLL_MS);
  }
}

/** Whether this live process is the Postgres of this cluster: a postmaster works in its data directory. */
function servesCluster(pid: number, cluster: string): boolean {
  try {
    if (fs.existsSync(`/proc/${pid}/cwd`)) return fs.readlinkSync(`/proc/${pid}/cwd`) === fs.realpathSync(cluster);
  } catch {
    // Expected: a process of another user, whose folder we may not see: certainly not our Postgres.
    return false;
  }
  const { stdout } = spawnSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' });
  return (stdout ?? '').includes(cluster);
}
