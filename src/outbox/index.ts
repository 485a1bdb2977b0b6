// The door of the outbox: the table of committed events.
export { appendEvents, appendOutboxSql, drawSeqs, type AppendFields, type NewEvent } from './append';
export { claimEvents, markMatched, unmatchedRoots, unmatchedStats } from './claim';
export { OutboxDoorbell } from './outbox-doorbell';
export { ensurePartitions } from './partitions';
export { OutboxPartitionsWorker } from './partitions.worker';
export type { EventInteraction, EventLabel, ResourceEvent } from './resource-event';
export { snapshotsWithoutWaiting } from './snapshots';
