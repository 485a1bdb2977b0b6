// What a Subscription says about its deliveries, resolved: its own extensions where it has them, the server's defaults of the day
// elsewhere. Stored with the incarnation, so that every process reads the same, and a changed default moves nothing half-way.
import type { CanonicalSubscription, ChannelSettings } from '../fhir';
import type { DeliveryDefaults, OrderingKeyName } from '../platform';
import { resolveBodyLimit, type BodyLimitConfig } from './body-limit';

/** Times in milliseconds. */
export interface SubscriptionConfig {
  readonly endpoint: string;
  readonly payload?: 'application/fhir+json';
  /** In the order of the resource; the values are secrets and stand elsewhere. */
  readonly headerNames: readonly string[];
  readonly mode: 'update' | 'webhook';
  readonly sendDeletes: boolean;
  /** Events written before this instant do not match; absent: every one since the activation may. */
  readonly startsAt?: string;
  readonly orderingKey: OrderingKeyName;
  readonly cap: number;
  /** Requests per second; absent: as many as it can. */
  readonly ratePerSecond?: number;
  /** Absent: a body is sent whatever its size. */
  readonly bodyLimit?: BodyLimitConfig;
  readonly deadlineMs: number;
  readonly retryBaseMs: number;
  readonly retryForMs: number;
  readonly errorAfterMs: number;
  readonly errorAfterAttempts: number;
  readonly poisonAfterAttempts: number;
  readonly poisonAfterMs: number;
  readonly poisonPolicy: 'skip' | 'block' | 'error';
}

export interface SubscriptionDefaults {
  readonly orderingKey: OrderingKeyName;
  readonly deliveries: DeliveryDefaults;
}

/** The settings every delivery of this Subscription goes by. */
export function resolveConfig(
  subscription: CanonicalSubscription,
  headerNames: readonly string[],
  settings: Partial<ChannelSettings>,
  defaults: SubscriptionDefaults,
): SubscriptionConfig {
  const { deliveries } = defaults;
  const bodyLimit = resolveBodyLimit(settings, deliveries);
  return {
    endpoint: subscription.channel.endpoint ?? '',
    ...(subscription.channel.payload !== undefined && { payload: 'application/fhir+json' as const }),
    headerNames: [...headerNames],
    mode: settings.deliveryMode ?? 'update',
    sendDeletes: settings.sendDeletes ?? false,
    ...(settings.startsAt !== undefined && { startsAt: settings.startsAt }),
    orderingKey: settings.orderingKey ?? defaults.orderingKey,
    cap: settings.cap ?? deliveries.cap,
    ...rateOf(settings.ratePerSecond ?? deliveries.ratePerSecond),
    ...(bodyLimit && { bodyLimit }),
    deadlineMs: settings.deadlineMs ?? deliveries.deadlineMs,
    retryBaseMs: settings.retryDelayMs ?? deliveries.retryBaseMs,
    retryForMs: settings.retryForMs ?? deliveries.retryForMs,
    errorAfterMs: settings.errorAfterMs ?? deliveries.errorAfterMs,
    errorAfterAttempts: settings.errorAfterAttempts ?? deliveries.errorAfterAttempts,
    poisonAfterAttempts: settings.poisonAfterAttempts ?? deliveries.poisonAfterAttempts,
    poisonAfterMs: settings.poisonAfterMs ?? deliveries.poisonAfterMs,
    poisonPolicy: settings.poisonPolicy ?? defaultPoisonPolicy(settings.orderingKey ?? defaults.orderingKey),
  };
}

/** Where everything waits for everything, nothing is left out without somebody's decision; elsewhere one message must not stop its key. */
export function defaultPoisonPolicy(orderingKey: OrderingKeyName): SubscriptionConfig['poisonPolicy'] {
  return orderingKey === 'subscription' ? 'block' : 'skip';
}

/** 0 in the configuration means: no rate. */
function rateOf(ratePerSecond: number | undefined): Pick<SubscriptionConfig, 'ratePerSecond'> {
  return ratePerSecond === undefined || ratePerSecond === 0 ? {} : { ratePerSecond };
}

/** Equal settings, whatever the order of their members. */
export function isSameConfig(a: SubscriptionConfig, b: SubscriptionConfig): boolean {
  const flat = (config: SubscriptionConfig): string =>
    JSON.stringify(Object.entries(config).sort(([one], [other]) => (one < other ? -1 : 1)));
  return flat(a) === flat(b);
}

const numberNames = [
  'cap',
  'deadlineMs',
  'retryBaseMs',
  'retryForMs',
  'errorAfterMs',
  'errorAfterAttempts',
  'poisonAfterAttempts',
  'poisonAfterMs',
] as const;

/** Stands in for settings that cannot be read: nothing is ever sent by them. */
export const UNREADABLE_CONFIG: SubscriptionConfig = Object.freeze({
  endpoint: '',
  headerNames: [],
  mode: 'update',
  sendDeletes: false,
  orderingKey: 'patient',
  cap: 1,
  deadlineMs: 10_000,
  retryBaseMs: 60_000,
  retryForMs: Number.MAX_SAFE_INTEGER,
  errorAfterMs: 0,
  errorAfterAttempts: 1,
  poisonAfterAttempts: Number.MAX_SAFE_INTEGER,
  poisonAfterMs: Number.MAX_SAFE_INTEGER,
  poisonPolicy: 'block',
});

/** Whether stored settings have what deliveries go by. False only for a row that was changed by hand, or by another version of Herald. */
export function isReadableConfig(config: unknown): config is SubscriptionConfig {
  if (typeof config !== 'object' || config === null) return false;
  const { endpoint, headerNames, mode, orderingKey, poisonPolicy, ...rest } = config as Record<string, unknown>;
  const texts = [endpoint, mode, orderingKey, poisonPolicy];
  const areNames = Array.isArray(headerNames) && headerNames.every((name) => typeof name === 'string');
  return (
    areNames &&
    texts.every((text) => typeof text === 'string') &&
    numberNames.every((name) => Number.isFinite(rest[name]) && (rest[name] as number) >= 0)
  );
}
