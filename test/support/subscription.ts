// Subscriptions as tests write them: a rest-hook, Herald's extensions by their short names, and "wait until it is active".
import { eventually } from './deadline';
import type { Answer, FhirClient } from './fhir-client';

export interface ChannelOptions {
  /** `null` leaves it out: the notification is then an empty POST. */
  payload?: string | null;
  header?: string[];
  end?: string;
  /** Short names of Herald's extensions, without the `urn:herald:`. A number is a count; a string ending in ms, s or min a duration. */
  settings?: Record<string, string | number | boolean>;
}

export interface SubscriptionResource {
  resourceType: 'Subscription';
  id?: string;
  status: string;
  reason: string;
  criteria: string;
  end?: string;
  channel: Record<string, unknown>;
  [element: string]: unknown;
}

function settingValue(value: string | number | boolean): Record<string, unknown> {
  if (typeof value === 'boolean') return { valueBoolean: value };
  if (typeof value === 'number') return { valuePositiveInt: value };
  const duration = /^(\d+(?:\.\d+)?)(ms|s|min|h|d)$/.exec(value);
  if (!duration) return { valueCode: value };
  return {
    valueDuration: {
      value: Number(duration[1]),
      unit: duration[2],
      system: 'http://unitsofmeasure.org',
      code: duration[2],
    },
  };
}

/** A requested R4 rest-hook Subscription; payload `application/fhir+json` unless told otherwise. */
export function restHook(criteria: string, endpoint: string, options: ChannelOptions = {}): SubscriptionResource {
  const { payload = 'application/fhir+json', header, end, settings } = options;
  const extension = Object.entries(settings ?? {}).map(([name, value]) => ({
    url: `urn:herald:${name}`,
    ...settingValue(value),
  }));
  return {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'a test',
    criteria,
    ...(end ? { end } : {}),
    channel: {
      ...(extension.length ? { extension } : {}),
      type: 'rest-hook',
      endpoint,
      ...(payload === null ? {} : { payload }),
      ...(header ? { header } : {}),
    },
  };
}

/** Retries within a second, so that a test about failing ends soon. */
export const hasty = { 'retry-delay': '20ms', 'error-after': '0s', 'error-after-attempts': 3 } as const;

/** Creates the Subscription and waits until the server says that it is active. Answers its id. */
export async function subscribe(herald: FhirClient, subscription: SubscriptionResource): Promise<string> {
  const created = await herald.post(subscription);
  if (created.status !== 201) throw new Error(`The Subscription was not created: ${created.status} ${created.text}`);
  const id = (created.body as { id: string }).id;
  await statusOf(herald, id, 'active');
  return id;
}

/** Waits until the Subscription has the status; answers the resource as read. */
export async function statusOf(
  herald: FhirClient,
  id: string,
  status: string,
  deadlineMs = 20_000,
): Promise<SubscriptionResource> {
  let last: Answer | undefined;
  await eventually(
    async () => {
      last = await herald.get(`Subscription/${id}`);
      return (last.body as SubscriptionResource | undefined)?.status === status;
    },
    { deadlineMs, what: `Subscription/${id} to be ${status}` },
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}; it reads ${last?.text}`);
  });
  return last!.body as SubscriptionResource;
}
