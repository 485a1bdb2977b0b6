// One incarnation of a Subscription: what stands between its create (or revive) and its delete. A deleted and re-created
// Subscription is another incarnation and starts clean.
import type { SubscriptionStatus } from '../fhir';
import type { SubscriptionConfig } from './subscription-config';

export interface Incarnation {
  readonly subscriptionKey: number;
  readonly tenant: string;
  /** FHIR id of the Subscription. */
  readonly id: string;
  readonly alive: boolean;
  readonly status: SubscriptionStatus;
  /** Events are matched and numbered: from activation until `off` or delete, also in `error` and while requested again. */
  readonly isMatching: boolean;
  /** Newest version of the resource. */
  readonly version: number;
  /** The version that last changed anything but status and error. */
  readonly configVersion: number;
  readonly criteria: string;
  readonly baseUrl: string;
  /** When it is to be turned off; absent also for an `end` that was past when it was written. */
  readonly endsAt?: Date;
  readonly config: SubscriptionConfig;
}

/** The row as the statements of this room return it. */
export interface IncarnationRow {
  subscription_key: number;
  tenant: string;
  id: string;
  alive: boolean;
  status: SubscriptionStatus;
  is_matching: boolean;
  version: number;
  config_version: number;
  criteria: string;
  base_url: string;
  ends_at: Date | null;
  config: SubscriptionConfig;
}

export const INCARNATION_COLUMNS =
  'subscription_key, tenant, id, alive, status, is_matching, version, config_version, criteria, base_url, ends_at, config';

export function incarnationFrom(row: IncarnationRow): Incarnation {
  return {
    subscriptionKey: row.subscription_key,
    tenant: row.tenant,
    id: row.id,
    alive: row.alive,
    status: row.status,
    isMatching: row.is_matching,
    version: row.version,
    configVersion: row.config_version,
    criteria: row.criteria,
    baseUrl: row.base_url,
    ...(row.ends_at !== null && { endsAt: row.ends_at }),
    config: row.config,
  };
}
