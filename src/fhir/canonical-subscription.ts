// A Subscription of any FHIR version, as the rest of Herald sees it. The codecs under versions/ translate; nobody else knows the
// shape of the resource. R4: http://hl7.org/fhir/R4/subscription.html
import type { Issue } from './outcome/outcome';
import type { FhirResource } from './resource';

/** Spelled as http://hl7.org/fhir/R4/valueset-subscription-status.html spells it. */
export const SUBSCRIPTION_STATUSES = ['requested', 'active', 'error', 'off'] as const;
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number];

/** `criteria`: a search string (STU3, R4, R4B). `topic`: R5 and the Backport guide; the two never mix in one Subscription. */
export type SubscriptionFamily = 'criteria' | 'topic';

export interface CanonicalChannel {
  /** FHIR code: `rest-hook`, `email`, … */
  readonly type: string;
  readonly endpoint?: string;
  /** MIME type; absent means a notification without content. */
  readonly payload?: string;
  /** As given, `Name: value` each; in stored versions the value is the mask. */
  readonly headers: readonly string[];
  /** Extensions of the channel as they stand in the resource; `readChannelSettings` gives them meaning. */
  readonly extensions: readonly unknown[];
}

export interface CanonicalSubscription {
  readonly family: SubscriptionFamily;
  /** Why it counts as a topic subscription, in words; undefined for the criteria family. */
  readonly topicSign?: string;
  readonly status: SubscriptionStatus;
  readonly criteria: string;
  /** Instant, as given. */
  readonly end?: string;
  readonly error?: string;
  readonly channel: CanonicalChannel;
}

/** What the server itself writes into a Subscription; an absent member stays as it is, `error: null` removes the element. */
export interface SubscriptionRewrite {
  readonly status?: SubscriptionStatus;
  readonly error?: string | null;
  readonly headers?: readonly string[];
}

/** FHIRPath of each element in this version's resource, for issues. */
export interface SubscriptionPaths {
  readonly status: string;
  readonly criteria: string;
  readonly end: string;
  readonly error: string;
  readonly channel: string;
  readonly type: string;
  readonly endpoint: string;
  readonly payload: string;
  readonly header: string;
}

/** Translates between one version's resource and the canonical form. */
export interface SubscriptionCodec {
  readonly paths: SubscriptionPaths;
  /** Issues, each naming its element, when the shape is too far off to be read; then there is no subscription. Never throws. */
  decode(resource: FhirResource): { subscription?: CanonicalSubscription; issues: readonly Issue[] };
  /** A copy with the server's elements rewritten; every other element keeps its value and its place. */
  rewrite(resource: FhirResource, rewrite: SubscriptionRewrite): FhirResource;
}
