// The door of rest: HTTP ⇄ FHIR interactions.
export { ownBaseUrl } from './base-url';
export type { RestDeps } from './exchange';
export type { FhirOperation, OperationAnswer, OperationCall } from './operation.contract';
export { BacklogWatch, type BacklogMeasure } from './backlog-watch';
export { WriteGate } from './write-gate';
export type { WriteNote } from './write-note';
export type { HttpDeps } from './request-life';
export { httpAdapter, OutcomeModule, RestModule } from './rest.module';
