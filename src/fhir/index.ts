// The door of the FHIR language room. Each part adds its own lines; nothing outside may import past this file.
export type { FhirResource } from './resource';
export { ISSUE_CODES, type IssueCode, type IssueSeverity } from './outcome/codes';
export { errorIssue, FhirError, operationOutcome, statusForIssues, type Issue } from './outcome/outcome';
export type {
  CompartmentName,
  CustomSearchParameters,
  ElementDefinition,
  FhirDefinitions,
  SearchParameterComponent,
  SearchParameterDefinition,
  SearchParameterType,
  TypeDefinition,
  TypeKind,
} from './definitions';
export { definitionsFor } from './versions/versions';
export {
  SUBSCRIPTION_STATUSES,
  type CanonicalChannel,
  type CanonicalSubscription,
  type SubscriptionCodec,
  type SubscriptionFamily,
  type SubscriptionPaths,
  type SubscriptionRewrite,
  type SubscriptionStatus,
} from './canonical-subscription';
export { subscriptionCodecFor } from './versions/subscriptions';
export { CHANNEL_SETTINGS, HERALD_EXTENSION, type ChannelSetting, type ChannelSettings } from './extensions';
export { parseInstant } from './instant';
export { readChannelSettings, type SettingLimits } from './channel-settings';
export { channelSettingsPage } from './channel-settings-page';
export { isJsonObject, parseResource, resourceFromValue, type ParsedResource } from './text/parse-resource';
export { joinBody, spliceIdentity, type SplicedBody } from './text/identity';
export { readBundle, type BundleEntry, type BundleMethod, type ReadBundle } from './text/bundle';
export { rewriteReferences } from './text/references';
export { orderingRoot, patientOf } from './compartment';
export { canonicalClauses, canonicalQuery, type CanonicalClause } from './search/canonical-query';
export { explainQuery, type ExplainedClause, type Explanation } from './search/explain-query';
export {
  chainedParameter,
  chainPathOf,
  followedChain,
  isChained,
  unreadTargets,
  type AskedEnd,
  type ChainedParameter,
  type ChainPath,
  type FollowedChain,
} from './search/chain';
export { doubleAfter, doubleBefore } from './search/decimal';
export { foldText } from './search/fold';
export { indexEntries, type IndexEntries } from './search/index-entries';
export {
  CustomDefinitions,
  isSameMeaning,
  type CustomKnowledge,
  type CustomMeaning,
  type CustomParameter,
  type CustomState,
} from './search/custom-definitions';
export { customUses, type CustomUse } from './search/custom-uses';
export { readSearchParameter, type ReadSearchParameter } from './search/read-search-parameter';
export { indexedParameters, type IndexedParameter, type ParameterEntries } from './search/indexed-parameters';
export { searchLimits } from './search/limits';
export {
  compileClause,
  matchesQuery,
  matchesSubject,
  satisfiesClause,
  type CompiledClause,
} from './search/matches-query';
export { SearchSubject, type OwnReference, type ReferencedSubjects } from './search/search-subject';
export { parseCriteria } from './search/parse-criteria';
export { parseSearch, parseSystemSearch, type SearchContext, type SearchParameterText } from './search/parse-search';
export { COMPARTMENTS, isCompartment } from './search/compartment-clause';
export { referenceParameters } from './search/includes';
export { subsetText, type SubsetWish } from './text/subset';
export { comparedRange } from './search/quantity';
export { stringParts } from './search/string';
export { searchLanguagePage } from './search/search-language-page';
export { isResultParameter, PAGE_PARAMETER } from './search/result-parameters';
export type {
  CompositeEntry,
  DateEntry,
  NumberEntry,
  QuantityEntry,
  ReferenceEntry,
  ReferenceIdentifierEntry,
  SearchEntry,
  StringEntry,
  TokenEntry,
  TokenTextEntry,
  TypedIdentifierEntry,
  UriEntry,
} from './search/search-entry';
export type {
  ChainLink,
  ClauseLink,
  CompositeValue,
  DateValue,
  Hierarchy,
  MissingValue,
  NumberValue,
  QuantityValue,
  ReferenceIdentifierValue,
  ReferenceValue,
  ReverseLink,
  SearchClause,
  SearchPrefix,
  SearchQuery,
  SearchInclude,
  SearchSort,
  SearchSummary,
  SearchValue,
  StringValue,
  TokenTextValue,
  TokenValue,
  TypedIdentifierValue,
  UriValue,
} from './search/search-query';
export { validateResource } from './validation/validate-resource';
export {
  termsFor,
  withTerms,
  type LoadTerms,
  type TermAnswer,
  type TermCode,
  type TermQuestion,
  type TermsOf,
} from './terms/terms';
export { answerTerms, type FindTerms } from './terms/value-set';
