// The door of the store: resource versions, written with their events, read, searched.
export {
  versionName,
  type StoredInteraction,
  type StoredVersion,
  type StoreOperation,
  type VersionKey,
  type WriteContext,
  type WriteResult,
} from './resource-version';
export { RECENT_VERSIONS_MAX, STORE_SESSION_SETTINGS } from './limits';
export { CustomParameters } from './custom/custom-parameters';
export { CustomParametersWorker } from './custom/custom-parameters.worker';
export { CustomParameterParticipant, type CustomUsers } from './custom/custom-participant';
export type { AsOfKey, HistoryPage } from './read';
export { Reindex, type ReindexDeps } from './reindex';
export { reindexJobs, requestReindex, type ReindexJob } from './reindex-jobs';
export { ResourceStore, type ResourceStoreDeps } from './resource-store';
export type { SearchPage } from './search-page';
export { refusedOperation } from './refused-operation';
export type { Revision } from './transaction-plan';
export type { ResourceChange, WriteParticipant } from './write-participant.contract';
