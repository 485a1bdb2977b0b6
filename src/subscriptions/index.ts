// The door of subscriptions: what writes, workers, matching and delivering need of them.
export type { ChannelCatalogue } from './channel-catalogue';
export { SubscriptionParticipant, type SubscriptionParticipantDeps } from './subscription-participant';
export { SubscriptionDoorbell } from './subscription-doorbell';
export { SubscriptionStatusWriter, type SubscriptionStatusWriterDeps } from './status-writer';
export { ActivationWorker, type ActivationWorkerDeps } from './activation.worker';
export { ExpiryWorker, type ExpiryWorkerDeps } from './expiry.worker';
export { SecretBox, SecretError } from './secret-box';
export { verifySecretKey } from './secrets';
export { incarnationByKey, incarnationOf } from './incarnations';
export { listIncarnations, type IncarnationPage } from './list-incarnations';
export type { Incarnation } from './incarnation';
export type { SubscriptionConfig } from './subscription-config';
export { readDeliverySubscriptions, type DeliverySubscription } from './delivery-subscriptions';
export { SubscriptionRegistry, type BrokenSubscription } from './registry';
export type { RegistryEntry, RegistryGroup, RegistryInterval, RegistryMember } from './registry-groups';
export { isInside, isVisible, parseSnapshot, safeXid, type Snapshot, type SnapshotInterval } from './snapshot';
export { clearSnapshots } from './change-log';
export { clearForeignSnapshots } from './foreign-snapshots';
