// R4 Subscription ⇄ canonical subscription: http://hl7.org/fhir/R4/subscription.html
import {
  SUBSCRIPTION_STATUSES,
  type CanonicalChannel,
  type CanonicalSubscription,
  type SubscriptionCodec,
  type SubscriptionPaths,
  type SubscriptionRewrite,
  type SubscriptionStatus,
} from '../../canonical-subscription';
import { errorIssue, type Issue } from '../../outcome/outcome';
import type { FhirResource } from '../../resource';
import { topicSignOf } from './subscription-family';

const paths: SubscriptionPaths = {
  status: 'Subscription.status',
  criteria: 'Subscription.criteria',
  end: 'Subscription.end',
  error: 'Subscription.error',
  channel: 'Subscription.channel',
  type: 'Subscription.channel.type',
  endpoint: 'Subscription.channel.endpoint',
  payload: 'Subscription.channel.payload',
  header: 'Subscription.channel.header',
};

type Json = Record<string, unknown>;

/** The text of an element that must be a string; a wrong or missing one becomes an issue. */
function textOf(owner: Json, name: string, path: string, issues: Issue[], isRequired = false): string | undefined {
  const value = owner[name];
  if (value === undefined || value === null) {
    if (isRequired) issues.push(errorIssue('required', `A Subscription needs ${path}; add it.`, path));
    return undefined;
  }
  if (typeof value === 'string' && value !== '') return value;
  issues.push(errorIssue('value', `${path} must be a string with something in it.`, path));
  return undefined;
}

function headersOf(channel: Json, issues: Issue[]): string[] {
  const value = channel['header'];
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((line) => typeof line === 'string')) return value;
  const example = 'for example ["Authorization: Bearer abc"]';
  issues.push(errorIssue('structure', `${paths.header} must be a list of strings, ${example}.`, paths.header));
  return [];
}

function statusOf(resource: FhirResource, issues: Issue[]): SubscriptionStatus {
  const status = textOf(resource, 'status', paths.status, issues, true);
  if (status === undefined) return 'requested';
  const known = SUBSCRIPTION_STATUSES.find((code) => code === status);
  if (known !== undefined) return known;
  const choice = SUBSCRIPTION_STATUSES.join(', ');
  issues.push(
    errorIssue('code-invalid', `"${status}" is no status of a Subscription; use one of ${choice}.`, paths.status),
  );
  return 'requested';
}

function channelOf(resource: FhirResource, issues: Issue[]): CanonicalChannel {
  const channel = resource['channel'];
  if (channel === undefined || channel === null || typeof channel !== 'object' || Array.isArray(channel)) {
    issues.push(errorIssue('required', 'A Subscription needs one channel: say where to notify.', paths.channel));
    return { type: '', headers: [], extensions: [] };
  }
  const json = channel as Json;
  const extensions = json['extension'];
  return {
    type: textOf(json, 'type', paths.type, issues, true) ?? '',
    endpoint: textOf(json, 'endpoint', paths.endpoint, issues),
    payload: textOf(json, 'payload', paths.payload, issues),
    headers: headersOf(json, issues),
    extensions: Array.isArray(extensions) ? (extensions as unknown[]) : [],
  };
}

function decode(resource: FhirResource): { subscription?: CanonicalSubscription; issues: readonly Issue[] } {
  const issues: Issue[] = [];
  const topicSign = topicSignOf(resource);
  const subscription: CanonicalSubscription = {
    family: topicSign === undefined ? 'criteria' : 'topic',
    topicSign,
    status: statusOf(resource, issues),
    criteria: textOf(resource, 'criteria', paths.criteria, issues, true) ?? '',
    end: textOf(resource, 'end', paths.end, issues),
    error: textOf(resource, 'error', paths.error, issues),
    channel: channelOf(resource, issues),
  };
  return issues.length > 0 ? { issues } : { subscription, issues };
}

function rewrite(resource: FhirResource, change: SubscriptionRewrite): FhirResource {
  const copy: FhirResource = { ...resource };
  if (change.status !== undefined) copy['status'] = change.status;
  if (change.error === null) delete copy['error'];
  else if (change.error !== undefined) copy['error'] = change.error;
  if (change.headers !== undefined) copy['channel'] = { ...(copy['channel'] as Json), header: [...change.headers] };
  return copy;
}

export const subscriptionR4: SubscriptionCodec = { paths, decode, rewrite };
