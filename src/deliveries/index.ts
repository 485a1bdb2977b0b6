// The door of the deliveries room: when, in which order, how often, and what happened.
export type { AttemptDeps } from './attempt';
export type { ReadVersions } from './body-loader';
export { DeliveryDoorbell } from './delivery.doorbell';
export { openWakeUpQueue } from './queue/open-queue';
export { WakeUpQueue, type QueueDeps, type QueueHealth } from './queue/wake-up-queue.contract';
export { DeliveryParticipant, type DeliveryParticipantDeps } from './delivery.participant';
export { DeliveryWorker, type DeliveryWorkerDeps } from './delivery.worker';
export type { StatusWriter } from './health-keeper';
export { DeliveryHousekeepingWorker, type HousekeepingDeps } from './housekeeping.worker';
export { Audit, type AuditCheck, type AuditDeps, type AuditNote } from './audit';
export { ledgerChecks, type LedgerCheckDeps } from './audit-checks';
export { readAuditResult, type AuditResult, type StandingAudit } from './ledger/audit-result';
export { countFailing, countWaiting, oldestWaiting } from './ledger/backlog';
export { dropOldAttempts, removeOldDeliveries, removeTombstones } from './ledger/retention';
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
export { latencyOf, type LatencyView } from './ledger/latency';
export { subscriptionRuntime, type BreakerView, type SubscriptionRuntime } from './ledger/read-models';
export { scheduleDeliveries, type MatchedDelivery, type MatchedEvent } from './ledger/schedule';
export { DELIVERER_SESSION_SETTINGS } from './session-settings';
export type { ReadSubscriptions } from './subscription-cache';
export {
  countAllDeadLetters,
  countDeadLetters,
  listDeadLetters,
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterReason,
} from './verbs/dead-letters';
export { DeliveryVerbs, type DeliveryVerbsDeps } from './verbs/delivery-verbs';
export { operatorFigures, type OperatorFigures } from './verbs/figures';
export type { Unblocking } from './verbs/heads';
export { listOperatorLog, type OperatorLogEntry, type Order } from './verbs/operator-log';
export type { ResendFilter } from './verbs/resend';
export type { ResumeFrom } from './verbs/resume';
export { requestSummary } from './verbs/test-notification';
