// The limit of a notification's body: what the Subscription says, completed by the server's defaults, and what cannot be meant. Pure.
import {
  errorIssue,
  HERALD_EXTENSION,
  type CanonicalSubscription,
  type ChannelSettings,
  type Issue,
  type SubscriptionPaths,
} from '../fhir';
import type { DeliveryDefaults } from '../platform';

export interface BodyLimitConfig {
  readonly bytes: number;
  readonly beyond: 'park' | 'by-reference';
}

const LIMIT = 'body-limit';
const BEYOND = 'body-over-limit';

type Settings = Pick<Partial<ChannelSettings>, 'bodyLimitBytes' | 'bodyOverLimit' | 'deliveryMode'>;
type Defaults = Pick<DeliveryDefaults, 'bodyLimitBytes' | 'bodyOverLimit'>;

/** Absent: bodies are sent whatever their size. */
export function resolveBodyLimit(settings: Settings, defaults: Defaults): BodyLimitConfig | undefined {
  const { bytes, beyond } = resolved(settings, defaults);
  return bytes === 0 || beyond === 'send' ? undefined : { bytes, beyond };
}

/** A setting without effect is a promise broken later; and a PUT without a body is one that receivers refuse. */
export function bodyLimitIssues(
  { channel }: CanonicalSubscription,
  settings: Settings,
  defaults: Defaults,
  paths: Pick<SubscriptionPaths, 'channel'>,
): Issue[] {
  const { bytes, beyond } = resolved(settings, defaults);
  const issue = (name: string, text: string): Issue[] => [
    errorIssue('extension', `${HERALD_EXTENSION}${name} ${text}`, pathOf(channel.extensions, name, paths.channel)),
  ];
  if (settings.bodyLimitBytes !== undefined && beyond === 'send' && settings.bodyOverLimit === undefined)
    return issue(LIMIT, `has no effect alone: add ${HERALD_EXTENSION}${BEYOND} with park or by-reference.`);
  if (settings.bodyOverLimit === undefined || settings.bodyOverLimit === 'send') return [];
  if (bytes === 0)
    return issue(BEYOND, `${beyond} needs a limit: add ${HERALD_EXTENSION}${LIMIT} with a number of bytes.`);
  if (beyond === 'by-reference' && (settings.deliveryMode ?? 'update') === 'update') {
    const why = 'a PUT without the resource is no update, and receivers refuse it';
    return issue(BEYOND, `by-reference is for delivery-mode webhook: ${why}. Use park, or that mode.`);
  }
  return [];
}

function resolved(
  settings: Settings,
  defaults: Defaults,
): { bytes: number; beyond: 'send' | BodyLimitConfig['beyond'] } {
  return {
    bytes: settings.bodyLimitBytes ?? defaults.bodyLimitBytes ?? 0,
    beyond: settings.bodyOverLimit ?? defaults.bodyOverLimit ?? 'send',
  };
}

function pathOf(extensions: readonly unknown[], name: string, channelPath: string): string {
  const url = `${HERALD_EXTENSION}${name}`;
  const index = extensions.findIndex((one) => (one as { url?: unknown } | null)?.url === url);
  return `${channelPath}.extension[${index}]`;
}
