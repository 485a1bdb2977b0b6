// Everything a Subscription must satisfy before it is stored. One answer with all that is wrong, each issue naming its element: what
// cannot be executed exactly is refused, never stored and ignored. http://hl7.org/fhir/R4/subscription.html
import {
  canonicalQuery,
  errorIssue,
  FhirError,
  parseCriteria,
  parseInstant,
  readChannelSettings,
  searchLimits,
  type CanonicalSubscription,
  type ChannelSettings,
  type FhirDefinitions,
  type Issue,
  type SubscriptionPaths,
  type TermsOf,
} from '../fhir';
import type { ChannelCatalogue } from './channel-catalogue';
import { readHeaderLines, type HeaderLine } from './header-lines';

const PAYLOAD = 'application/fhir+json';

export interface CheckContext {
  readonly definitions: FhirDefinitions;
  readonly catalogue: ChannelCatalogue;
  readonly paths: SubscriptionPaths;
  readonly baseUrl: string;
  /** Answers what the criteria ask of terminology; absent where they ask nothing. */
  readonly termsOf?: TermsOf | undefined;
  readonly deadlineMsMax: number;
}

export interface CheckedSubscription {
  readonly settings: Partial<ChannelSettings>;
  readonly headers: readonly HeaderLine[];
  readonly end?: Date;
  readonly issues: readonly Issue[];
}

/** Checks all but the status. Topic subscriptions are refused as such, without going on. */
export function checkSubscription(subscription: CanonicalSubscription, context: CheckContext): CheckedSubscription {
  const { paths } = context;
  if (subscription.family === 'topic') {
    return { settings: {}, headers: [], issues: [topicRefusal(subscription, paths.criteria)] };
  }
  const { settings, issues } = readChannelSettings(subscription.channel.extensions, paths.channel, context);
  const lines = readHeaderLines(subscription.channel.headers, paths.header);
  const end = readEnd(subscription.end);
  issues.push(
    ...criteriaIssues(subscription.criteria, context),
    ...channelIssues(subscription, context),
    ...lines.issues,
  );
  if (end === 'invalid') {
    const text = `"${subscription.end}" is no instant; write date, time to the second and zone: 2031-01-01T00:00:00Z.`;
    issues.push(errorIssue('value', text, paths.end));
  }
  if (end instanceof Date && settings.startsAt !== undefined && new Date(settings.startsAt) >= end) {
    const text = 'The Subscription would end before it starts (urn:herald:start), so that nothing were ever told.';
    issues.push(errorIssue('business-rule', text, paths.end));
  }
  return { settings, headers: lines.headers, ...(end instanceof Date && { end }), issues };
}

function topicRefusal(subscription: CanonicalSubscription, path: string): Issue {
  const text =
    `This is a topic subscription (${subscription.topicSign}), which this server does not serve yet. ` +
    'Use a search string as criteria, for example "Patient?active=true", without the profile and extensions of the Backport guide.';
  return errorIssue('not-supported', text, path);
}

/** Issues of the criteria, [] when it can be evaluated exactly. */
export function criteriaIssues(criteria: string, context: CheckContext): readonly Issue[] {
  try {
    const canonical = canonicalQuery(parseCriteria(context.definitions, criteria, context));
    // A registry keeps that form, and reads it again: one that is too long to be read could not even be removed.
    if (context.termsOf === undefined && canonical.length > searchLimits.criteriaCharactersMax)
      return [tooLong(canonical)];
    matchedCriteria(criteria, context);
    return [];
  } catch (error) {
    // Expected: criteria that cannot be evaluated exactly. Anything else is a bug and goes on.
    if (error instanceof FhirError) return error.issues;
    throw error;
  }
}

/**
 * In: criteria that can be evaluated exactly. Out: what is matched by: the criteria as they stand, or, where they name value sets, with the codes in
 * their place. Throws FhirError 422 when these are too many.
 */
export function matchedCriteria(
  criteria: string,
  { definitions, baseUrl, termsOf }: Pick<CheckContext, 'definitions' | 'baseUrl' | 'termsOf'>,
): string {
  if (termsOf === undefined) return criteria;
  const resolved = canonicalQuery(parseCriteria(definitions, criteria, { baseUrl, termsOf }));
  try {
    parseCriteria(definitions, resolved, { baseUrl });
    return resolved;
  } catch (error) {
    const isSize = error instanceof FhirError && error.issues.every(({ code }) => code.startsWith('too-'));
    // Expected besides: a chain whose types read their codes differently, which has no text without the value set.
    if (!isSize) throw error;
    const text = `With the codes of their value sets the criteria are too large: at most ${searchLimits.valuesMax} codes and ${searchLimits.criteriaCharactersMax} characters. Use a smaller value set.`;
    throw new FhirError(422, errorIssue('too-costly', text, 'Subscription.criteria'));
  }
}

function tooLong({ length }: string): Issue {
  const text = `With their special characters encoded the criteria have ${length} characters; at most ${searchLimits.criteriaCharactersMax} are taken.`;
  return errorIssue('too-long', text, 'Subscription.criteria');
}

function channelIssues(subscription: CanonicalSubscription, context: CheckContext): Issue[] {
  const { channel } = subscription;
  const { paths } = context;
  if (channel.type !== 'rest-hook') {
    const text = `Channel type "${channel.type}" is not served; use rest-hook.`;
    return [errorIssue('not-supported', text, paths.type)];
  }
  const issues: Issue[] = [];
  if (channel.endpoint === undefined) {
    issues.push(errorIssue('required', 'A rest-hook needs an endpoint: the URL to notify.', paths.endpoint));
  } else issues.push(...context.catalogue.check(channel));
  if (channel.payload !== undefined && channel.payload !== PAYLOAD) {
    const text = `Payload "${channel.payload}" is not served${isXml(channel.payload) ? ' yet' : ''}; use ${PAYLOAD}, or leave it out for empty notifications.`;
    issues.push(errorIssue('not-supported', text, paths.payload));
  }
  return issues;
}

function isXml(payload: string): boolean {
  return /\bxml\b/i.test(payload);
}

/** Undefined without an end; `invalid` when it is no instant of the calendar. */
export function readEnd(end: string | undefined): Date | 'invalid' | undefined {
  return end === undefined ? undefined : (parseInstant(end) ?? 'invalid');
}
