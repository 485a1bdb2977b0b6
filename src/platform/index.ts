// The door of platform: the ground every room stands on. Knows no FHIR.
export { Clock, SystemClock } from './clock/clock';
export { ConfigError, loadConfig } from './config/load-config';
export { settingsPage } from './config/settings-page';
export { DataFolderInUseError, LockFile } from './data-folder/lock-file';
export { keepSecretKey } from './data-folder/secret-key';
export type {
  DeliveryDefaults,
  EgressConfig,
  HeraldConfig,
  KafkaConfig,
  KafkaSasl,
  OrderingKeyName,
  RedisConfig,
  Role,
} from './config/config';
export { DatabaseClock, ClockWorker } from './clock/database-clock';
export { Database, type DatabaseOptions, type OpenTx, type Statement, type Tx } from './database/database';
export { brokenConstraint, describeError, isLockTimeout, isTransient } from './database/database-errors';
export { longTransactions, type LongTransaction } from './database/long-transactions';
export { dropPartition, partitionsBefore, type AgedPartition, type DropOptions } from './database/partitions';
export { migrate, migrateFiles, readMigrations, MigrationError, type MigrationFile } from './database/migrate';
export { EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres/embedded-postgres';
export { EmbeddedPostgresError } from './embedded-postgres/embedded-postgres-error';
export { EgressClient, type EgressOptions, type EgressRequest, type EgressResult } from './http-egress/egress-client';
export type { FailurePhase } from './http-egress/failure';
export {
  armFailpoints,
  failpoint,
  failpointVisits,
  FAILPOINTS,
  RELAY_FAILPOINTS,
  type ArmedFailpoint,
  type FailpointName,
} from './failpoint/failpoint';
export { hash53, randomId, uuidv7 } from './ids/ids';
export { holdDuty, releaseDuty } from './leader/leader';
export { createLog, type Log } from './log/log';
export { Metrics } from './metrics/metrics';
export { DutyWorker, type DutyTurn, type DutyWorkerDeps } from './workers/duty.worker';
export { Wake } from './workers/wake';
export { groupBy } from './collections/group-by';
export { Doorbell } from './workers/doorbell';
export { Supervisor, type Worker, type WorkerHealth } from './workers/supervisor';
