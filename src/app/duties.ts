// What one process at a time does for all: the audit every minute, the retention every hour. Here the rooms' parts become one duty each.
import {
  Audit,
  dropOldAttempts,
  ledgerChecks,
  removeOldDeliveries,
  removeTombstones,
  type AuditCheck,
} from '../deliveries';
import type { DeliveryDoorbell } from '../deliveries';
import { dropMatchedDays, overdueEvents, type OutboxDoorbell } from '../outbox';
import { DutyWorker, longTransactions, type Clock, type DutyTurn } from '../platform';
import { Reindex, type CustomParameters } from '../store';
import { removeOldChanges } from '../subscriptions';
import type { Ground } from './ground';
import { LONG_READ_MS, LONG_WRITE_MS, REINDEX_LOOK_MS, RETENTION_FIRST_AFTER_MS, UNMATCHED_ALARM_MS } from './limits';

export interface DutyDoorbells {
  readonly outbox: OutboxDoorbell;
  readonly deliveries: DeliveryDoorbell;
}

/** Everything that is audited, in the order in which it is looked at. */
export function auditChecks(ground: Pick<Ground, 'config' | 'databases'>, doorbells: DutyDoorbells): AuditCheck[] {
  const database = ground.databases.api;
  const { leaseMs } = ground.config.deliveries;
  const unmatched: AuditCheck = {
    name: 'unmatched',
    look: async (now) => {
      const overdue = await overdueEvents(database, new Date(now.getTime() - UNMATCHED_ALARM_MS));
      doorbells.outbox.ring(overdue.rootHashes);
      const { count, oldestWrittenAt } = overdue;
      const oldestAgeMs = oldestWrittenAt && now.getTime() - oldestWrittenAt.getTime();
      return [{ kind: 'unmatched-event', action: 'alarm', count, detail: { oldestAgeMs } }];
    },
  };
  const transactions: AuditCheck = {
    name: 'transactions',
    look: async (now) => {
      const found = await longTransactions(database, now, { writesMs: LONG_WRITE_MS, readsMs: LONG_READ_MS });
      return (['writes', 'reads'] as const).map((kind) => {
        const those = found.filter((one) => one.kind === kind);
        return { kind: `long-${kind}`, action: 'alarm', count: those.length, detail: { found: those } };
      });
    },
  };
  return [...ledgerChecks({ database, doorbell: doorbells.deliveries, leaseMs }), unmatched, transactions];
}

export function auditDuty(ground: Ground, doorbells: DutyDoorbells): DutyWorker {
  const { config, clock, log, metrics, holder } = ground;
  const database = ground.databases.api;
  const audit = new Audit({ database, clock, log, metrics, checks: auditChecks(ground, doorbells) });
  const work = async (turn: DutyTurn): Promise<void> => {
    await audit.round(turn);
  };
  const { auditIntervalMs: intervalMs } = config.upkeep;
  // What waited while nobody was at work is no alarm: the first look comes when it had time to go.
  return new DutyWorker({ duty: 'audit', database, clock, log, holder, intervalMs, firstAfterMs: intervalMs, work });
}

/** One round of the retention: each room removes what is older than configured. Out: what is gone, by kind. */
export async function retain(
  ground: Pick<Ground, 'config' | 'databases'> & { readonly clock: Clock },
  mayGoOn: () => Promise<boolean>,
): Promise<Record<string, number | readonly string[]>> {
  const { config, clock } = ground;
  const database = ground.databases.api;
  const now = clock.now();
  const before = (keepMs: number): Date => new Date(now.getTime() - keepMs);
  const { keepEventsMs, keepAttemptsMs, keepDeliveriesMs, keepSubscriptionsMs } = config.upkeep;
  const events = await dropMatchedDays(database, before(keepEventsMs), mayGoOn);
  const attempts = await dropOldAttempts(database, before(keepAttemptsMs), mayGoOn);
  const deliveries = await removeOldDeliveries(database, now, before(keepDeliveriesMs), mayGoOn);
  const ledgerTombstones = await removeTombstones(database, before(keepSubscriptionsMs), mayGoOn);
  const registry = await removeOldChanges(database, before(keepSubscriptionsMs), mayGoOn);
  return {
    eventDays: events.dropped,
    eventDaysKept: events.kept,
    events: events.deletedRows,
    attemptDays: attempts.dropped,
    attempts: attempts.deletedRows,
    deliveries,
    ledgerTombstones,
    ...registry,
  };
}

export function retentionDuty(ground: Ground): DutyWorker {
  const { config, clock, log, metrics, holder } = ground;
  const removed = metrics.counter('herald_retention_removed_total', 'What the retention removed', ['kind']);
  const work = async (turn: DutyTurn): Promise<void> => {
    const gone = await retain(ground, turn.mayGoOn);
    for (const [kind, what] of Object.entries(gone)) {
      if (kind !== 'eventDaysKept') removed.inc({ kind }, typeof what === 'number' ? what : what.length);
    }
    const isSomething = Object.values(gone).some((what) => (typeof what === 'number' ? what : what.length) > 0);
    log[isSomething ? 'info' : 'debug'](gone, 'retention.done');
  };
  const { retentionIntervalMs: intervalMs } = config.upkeep;
  const firstAfterMs = Math.min(intervalMs, RETENTION_FIRST_AFTER_MS);
  const database = ground.databases.api;
  return new DutyWorker({ duty: 'retention', database, clock, log, holder, intervalMs, firstAfterMs, work });
}

/** What operators asked to be indexed anew. */
export function reindexDuty(ground: Ground, custom: CustomParameters): DutyWorker {
  const { clock, log, holder } = ground;
  const database = ground.databases.api;
  const reindex = new Reindex({ database, custom, clock, log });
  const times = { intervalMs: REINDEX_LOOK_MS, firstAfterMs: REINDEX_LOOK_MS };
  return new DutyWorker({
    duty: 'reindex',
    database,
    clock,
    log,
    holder,
    ...times,
    work: (turn) => reindex.work(turn),
  });
}
