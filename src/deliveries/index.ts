// The door of the deliveries room: when, in which order, how often, and what happened.
export type { AttemptDeps } from './attempt';
export type { ReadVersions } from './body-loader';
export { DeliveryDoorbell } from './delivery.doorbell';
export { DeliveryParticipant, type DeliveryParticipantDeps } from './delivery.participant';
export { DeliveryWorker, type DeliveryWorkerDeps } from './delivery.worker';
export type { StatusWriter } from './health-keeper';
export { DeliveryHousekeepingWorker, type HousekeepingDeps } from './housekeeping.worker';
export { auditLedger, type AuditFinding } from './ledger/audit';
export { recoverLeases } from './ledger/leases';
export {
  attemptsOf,
  listDeliveries,
  type DeliveryFilter,
  type DeliveryPosition,
  type DeliveryState,
  type ListedAttempt,
  type ListedDelivery,
} from './ledger/list-deliveries';
export { ensureAttemptPartitions } from './ledger/partitions';
export { subscriptionRuntime, type SubscriptionRuntime } from './ledger/read-models';
export { scheduleDeliveries, type MatchedDelivery, type MatchedEvent } from './ledger/schedule';
export type { ReadSubscriptions } from './subscription-cache';
