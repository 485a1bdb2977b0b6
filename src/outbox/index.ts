// The door of the outbox: the table of committed events.
export { appendEvents, appendOutboxSql, drawSeqs, type AppendFields, type NewEvent } from './append';
export { claimEvents, drawnSeq, lowestUnmatched, markMatched, unmatchedRoots, unmatchedStats } from './claim';
export { findEvent, type EventWanted, type FoundEvent } from './find-event';
export { OutboxDoorbell } from './outbox-doorbell';
export { countUnmatched, overdueEvents, type OverdueEvents } from './overdue';
export { ensurePartitions } from './partitions';
export { OutboxPartitionsWorker } from './partitions.worker';
export type { EventInteraction, EventLabel, ResourceEvent } from './resource-event';
export {
  beginPublishing,
  endPublishing,
  isPublishing,
  markPublished,
  readUnpublished,
  unpublishedStats,
} from './publishing';
export { restampWaiting } from './restamp';
export { dropMatchedDays, type OutboxRetention } from './retention';
export { snapshotsWithoutWaiting } from './snapshots';
