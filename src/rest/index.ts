// The door of rest: HTTP ⇄ FHIR interactions.
export type { RestDeps } from './exchange';
export type { HttpDeps } from './request-life';
export { httpAdapter, OutcomeModule, RestModule } from './rest.module';
