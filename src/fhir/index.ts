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
export { readChannelSettings, type SettingLimits } from './channel-settings';
export { channelSettingsPage } from './channel-settings-page';
export { isJsonObject, parseResource, resourceFromValue, type ParsedResource } from './text/parse-resource';
export { joinBody, spliceIdentity, type SplicedBody } from './text/identity';
export { readBundle, type BundleEntry, type BundleMethod, type ReadBundle } from './text/bundle';
export { rewriteReferences } from './text/references';
