// The door of rest: HTTP ⇄ FHIR interactions.
export { BacklogWatch, type BacklogMeasure } from './backlog-watch';
export { WriteGate } from './write-gate';
export type { RestDeps } from './exchange';
export type { HttpDeps } from './request-life';
export { httpAdapter, OutcomeModule, RestModule } from './rest.module';
