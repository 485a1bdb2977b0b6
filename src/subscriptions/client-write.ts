// A client's write of a Subscription: everything is checked at once, then status, error and headers become what may be stored. Pure.
import {
  FhirError,
  type CanonicalSubscription,
  type Issue,
  type SubscriptionPaths,
  type SubscriptionRewrite,
} from '../fhir';
import { bodyLimitIssues } from './body-limit';
import { checkSubscription, matchedCriteria, readEnd, type CheckContext } from './check-subscription';
import { splitSecrets, type StoredSecrets } from './header-secrets';
import type { Incarnation } from './incarnation';
import { effectiveEnd, pastEndIssue, type PastEnd, type PreparedWrite } from './prepared-write';
import { statusFromClient } from './status-machine';
import { resolveConfig, type SubscriptionDefaults } from './subscription-config';

export interface ClientWriteInput {
  readonly sent: CanonicalSubscription;
  /** The living incarnation and the version stored for it; absent at create and revive. */
  readonly before?: Incarnation;
  readonly stored?: CanonicalSubscription;
  /** Lower-case names of headers with a stored value. */
  readonly storedSecrets: ReadonlySet<string>;
  readonly now: Date;
}

export interface ClientWriteContext extends CheckContext {
  readonly pastEnd: PastEnd;
  readonly defaults: SubscriptionDefaults;
}

export interface AcceptedWrite {
  readonly prepared: PreparedWrite;
  /** What the stored body must say differently from the one sent. */
  readonly rewrite: SubscriptionRewrite;
  readonly warnings: readonly Issue[];
}

/** Throws FhirError 422 with every issue found. */
export function acceptClientWrite(input: ClientWriteInput, context: ClientWriteContext): AcceptedWrite {
  const { sent, before, stored } = input;
  const checked = checkSubscription(sent, context);
  const headers = splitSecrets(checked.headers, storedSecretsOf(input), context.paths.header);
  const status = statusFromClient(sent.status, before?.status, context.paths.status);
  const end = endOf(input, checked.end, context);
  const limit = bodyLimitIssues(sent, checked.settings, context.defaults.deliveries, context.paths);
  const refused = [
    ...checked.issues,
    ...limit,
    ...headers.issues,
    ...end.issues.filter((issue) => issue.severity === 'error'),
  ];
  if (typeof status !== 'string') refused.push(status);
  if (typeof status !== 'string' || refused.length > 0) throw new FhirError(422, refused);

  const subscription: CanonicalSubscription = { ...sent, status };
  const config = resolveConfig(subscription, headers.names, checked.settings, context.defaults);
  const ownError = status === 'error' ? stored?.error : undefined;
  const error = errorRewrite(sent.error, ownError, context.paths);
  return {
    prepared: {
      subscription,
      criteria: matchedCriteria(sent.criteria, context),
      config,
      ...(before && { before }),
      ...(end.endsAt && { endsAt: end.endsAt }),
      secrets: headers.values,
      baseUrl: context.baseUrl,
    },
    rewrite: {
      ...(status !== sent.status && { status }),
      ...error.rewrite,
      ...(headers.masked.length > 0 && { headers: headers.masked }),
    },
    warnings: [...end.issues, ...error.warnings],
  };
}

function storedSecretsOf({ sent, stored, storedSecrets }: ClientWriteInput): StoredSecrets {
  const isEndpointElsewhere = originOf(stored?.channel.endpoint) !== originOf(sent.channel.endpoint);
  return { names: storedSecrets, isEndpointElsewhere: storedSecrets.size > 0 && isEndpointElsewhere };
}

/** Undefined where there is no URL to speak of; the channel's own check says so. */
function originOf(endpoint: string | undefined): string | undefined {
  return endpoint !== undefined && URL.canParse(endpoint) ? new URL(endpoint).origin : undefined;
}

function endOf(
  input: ClientWriteInput,
  end: Date | undefined,
  context: ClientWriteContext,
): { endsAt?: Date; issues: Issue[] } {
  const { before, stored } = input;
  const storedEnd = readEnd(stored?.end);
  const known = before && {
    isOff: before.status === 'off',
    ...(storedEnd instanceof Date && { end: storedEnd }),
    ...(before.endsAt && { endsAt: before.endsAt }),
  };
  const { endsAt, isPast } = effectiveEnd(end, known, input.now);
  return { ...(endsAt && { endsAt }), issues: isPast ? [pastEndIssue(context.pastEnd, context.paths.end)] : [] };
}

/** `error` is the server's element: what a client sends there is replaced by what is true, and only a real difference is mentioned. */
function errorRewrite(
  sent: string | undefined,
  own: string | undefined,
  paths: SubscriptionPaths,
): { rewrite: SubscriptionRewrite; warnings: Issue[] } {
  if (sent === own) return { rewrite: {}, warnings: [] };
  if (own !== undefined) return { rewrite: { error: own }, warnings: [] };
  const text = 'Subscription.error is written by the server; what was sent there is not kept.';
  return {
    rewrite: { error: null },
    warnings: [{ severity: 'information', code: 'informational', text, expression: paths.error }],
  };
}
