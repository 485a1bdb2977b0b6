// The door of the FHIR language room. Each part adds its own lines; nothing outside may import past this file.
export type { FhirResource } from './resource';
export { ISSUE_CODES, type IssueCode, type IssueSeverity } from './outcome/codes';
export { errorIssue, FhirError, operationOutcome, statusForIssues, type Issue } from './outcome/outcome';
export type {
  CompartmentName,
  ElementDefinition,
  FhirDefinitions,
  SearchParameterComponent,
  SearchParameterDefinition,
  SearchParameterType,
  TypeDefinition,
  TypeKind,
} from './definitions';
export { definitionsFor } from './versions/versions';
