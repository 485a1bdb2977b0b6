// The door of admin: the operator's HTTP API, health and metrics.
export type { AdminDeps } from './admin-reads';
export { AdminModule } from './admin.module';
export type { HintServer } from './readiness';
