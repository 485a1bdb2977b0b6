// Herald's own extensions, all on Subscription.channel. One table says what each is called, takes, means and falls back to; reading,
// checking and the documentation page come from it. Extensions in general: http://hl7.org/fhir/R4/extensibility.html

/** Every extension of ours begins so. */
export const HERALD_EXTENSION = 'urn:herald:';
/** HAPI FHIR's way to ask for deletes, understood as `urn:herald:send-deletes`. */
export const HAPI_SEND_DELETES = 'http://hapifhir.io/fhir/StructureDefinition/subscription-send-delete-messages';

export const ORDERING_KEYS = ['none', 'focus', 'patient', 'subscription'] as const;
export const DELIVERY_MODES = ['update', 'webhook'] as const;
export const BODY_OVER_LIMITS = ['send', 'park', 'by-reference'] as const;
export const POISON_POLICIES = ['skip', 'block', 'error'] as const;

/** What a Subscription may set for itself. Times in milliseconds. */
export interface ChannelSettings {
  orderingKey: (typeof ORDERING_KEYS)[number];
  deliveryMode: (typeof DELIVERY_MODES)[number];
  sendDeletes: boolean;
  /** An instant in UTC. */
  startsAt: string;
  bodyLimitBytes: number;
  bodyOverLimit: (typeof BODY_OVER_LIMITS)[number];
  poisonPolicy: (typeof POISON_POLICIES)[number];
  cap: number;
  ratePerSecond: number;
  deadlineMs: number;
  retryDelayMs: number;
  retryForMs: number;
  errorAfterMs: number;
  errorAfterAttempts: number;
  poisonAfterMs: number;
  poisonAfterAttempts: number;
}

/** What the value of a setting may be: the FHIR type it stands in, and its bounds (durations in milliseconds). */
export type SettingValue =
  | { readonly type: 'valueCode'; readonly codes: readonly string[] }
  | { readonly type: 'valueBoolean' }
  | { readonly type: 'valueInstant' }
  | { readonly type: 'valueDecimal'; readonly min: number; readonly max: number }
  | { readonly type: 'valuePositiveInt'; readonly min: number; readonly max: number }
  | { readonly type: 'valueDuration'; readonly min: number; readonly max: number; readonly maxNote?: string };

export interface ChannelSetting {
  /** The part of the URL after `urn:herald:`. */
  readonly name: string;
  readonly setting: keyof ChannelSettings;
  readonly value: SettingValue;
  /** Where the value comes from when the extension is absent, for the documentation. */
  readonly fallback: string;
  readonly meaning: string;
}

export const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export const CHANNEL_SETTINGS: readonly ChannelSetting[] = [
  {
    name: 'ordering-key',
    setting: 'orderingKey',
    value: { type: 'valueCode', codes: ORDERING_KEYS },
    fallback: 'the server’s ordering key, `focus` unless configured otherwise',
    meaning:
      'Deliveries that share this key leave one after another: `none` (no order), `focus` (the resource), `patient` (the patient compartment), `subscription` (everything).',
  },
  {
    name: 'delivery-mode',
    setting: 'deliveryMode',
    value: { type: 'valueCode', codes: DELIVERY_MODES },
    fallback: '`update`',
    meaning:
      '`update`: `PUT {endpoint}/{Type}/{id}`, as FHIR says. `webhook`: `POST` of the resource to the endpoint as it stands.',
  },
  {
    name: 'send-deletes',
    setting: 'sendDeletes',
    value: { type: 'valueBoolean' },
    fallback: '`false`',
    meaning:
      'Deletes of resources whose last version matched are told too. HAPI FHIR’s `subscription-send-delete-messages` means the same.',
  },
  {
    name: 'start',
    setting: 'startsAt',
    value: { type: 'valueInstant' },
    fallback: 'the Subscription’s activation',
    meaning:
      'Changes written before this time are not told. The Subscription is active before it; with `Subscription.end` the two are a window.',
  },
  {
    name: 'body-limit',
    setting: 'bodyLimitBytes',
    value: { type: 'valuePositiveInt', min: 1, max: 1024 ** 3 },
    fallback: 'the server’s limit, none unless configured',
    meaning:
      'The largest body, in bytes, that the receiver takes; `body-over-limit` says what happens to a larger one.',
  },
  {
    name: 'body-over-limit',
    setting: 'bodyOverLimit',
    value: { type: 'valueCode', codes: BODY_OVER_LIMITS },
    fallback: 'the server’s choice, `send` unless configured',
    meaning:
      'A body beyond `body-limit`: `send` sends it all the same; `park` makes no request and gives the delivery up as a dead letter (`too-large`), to be redriven once the limit was raised; `by-reference` sends the `POST` without a body, with `Herald-Focus: Type/id/_history/version` (only with delivery mode `webhook`).',
  },
  {
    name: 'poison-policy',
    setting: 'poisonPolicy',
    value: { type: 'valueCode', codes: POISON_POLICIES },
    fallback: '`skip`; `block` when the ordering key is `subscription`',
    meaning:
      'What happens to a message that the receiver will never take: `skip` gives it up as a dead letter and goes on with the next one of its key; `block` keeps it, its key waits until somebody decides, and the Subscription is set to `error`; `error` is another word for `block`.',
  },
  {
    name: 'cap',
    setting: 'cap',
    value: { type: 'valuePositiveInt', min: 1, max: 64 },
    fallback: 'the server’s cap',
    meaning: 'Requests of this Subscription in flight at the same time, at most.',
  },
  {
    name: 'rate',
    setting: 'ratePerSecond',
    value: { type: 'valueDecimal', min: 0.01, max: 1_000 },
    fallback: 'the server’s rate, none unless configured',
    meaning: 'Requests of this Subscription per second, at most; evenly spaced. 0.1 means one in ten seconds.',
  },
  {
    name: 'deadline',
    setting: 'deadlineMs',
    value: { type: 'valueDuration', min: 100, max: HOUR_MS, maxNote: 'the server’s lease less 15 s' },
    fallback: 'the server’s deadline',
    meaning: 'How long one request may take in all, connecting and reading the answer included.',
  },
  {
    name: 'retry-delay',
    setting: 'retryDelayMs',
    value: { type: 'valueDuration', min: 10, max: HOUR_MS },
    fallback: 'the server’s first retry delay',
    meaning:
      'Pause before the first repetition of a failed delivery; each further one is longer, up to the server’s maximum.',
  },
  {
    name: 'retry-for',
    setting: 'retryForMs',
    value: { type: 'valueDuration', min: SECOND_MS, max: 30 * DAY_MS },
    fallback: 'the server’s retry period',
    meaning: 'A delivery that still fails this long after its event is given up as a dead letter.',
  },
  {
    name: 'error-after',
    setting: 'errorAfterMs',
    value: { type: 'valueDuration', min: 0, max: 30 * DAY_MS },
    fallback: 'the server’s period',
    meaning:
      'After failing this long without a success, and `error-after-attempts` times, the Subscription’s status becomes `error`.',
  },
  {
    name: 'error-after-attempts',
    setting: 'errorAfterAttempts',
    value: { type: 'valuePositiveInt', min: 1, max: 1_000 },
    fallback: 'the server’s number',
    meaning: 'Failed attempts in a row before the status may become `error`; see `error-after`.',
  },
  {
    name: 'poison-after',
    setting: 'poisonAfterMs',
    value: { type: 'valueDuration', min: 0, max: 30 * DAY_MS },
    fallback: 'the server’s period',
    meaning:
      'A message the receiver refuses as such (400, 422, …) is repeated at least this long, and `poison-after-attempts` times, before the poison policy applies.',
  },
  {
    name: 'poison-after-attempts',
    setting: 'poisonAfterAttempts',
    value: { type: 'valuePositiveInt', min: 1, max: 1_000 },
    fallback: 'the server’s number',
    meaning: 'Refused attempts of one message before the poison policy may apply; see `poison-after`.',
  },
];
