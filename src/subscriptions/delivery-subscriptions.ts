// What the delivery workers need to know of a Subscription, secrets included. Never logged, never cached beyond a config version.
import type { Tx } from '../platform';
import type { SubscriptionStatus } from '../fhir';
import { INCARNATION_COLUMNS, incarnationFrom, type IncarnationRow } from './incarnation';
import { SecretError, type SecretBox } from './secret-box';
import { isReadableConfig, UNREADABLE_CONFIG, type SubscriptionConfig } from './subscription-config';

/** Times in milliseconds. */
export interface DeliverySubscription extends Omit<SubscriptionConfig, 'headerNames'> {
  readonly subscriptionKey: number;
  readonly tenant: string;
  readonly id: string;
  readonly configVersion: number;
  readonly family: 'criteria';
  readonly status: SubscriptionStatus;
  /** Set when nothing may be sent: why the header values are not to be had. */
  readonly unusable?: string;
  /** Opened; in the order of the resource. */
  readonly headers: readonly (readonly [string, string])[];
  readonly endsAt?: Date;
  /** `Subscription/id` */
  readonly url: string;
}

interface DeliveryRow extends IncarnationRow {
  /** Base64 by lower-case name. */
  secrets: Record<string, string> | null;
}

/**
 * In: keys. Out: the living ones among them. One statement, so names and values belong together. A Subscription whose header values do
 * not open, or whose settings cannot be read, has `unusable` set and no headers: nothing may be sent for it; the others are not affected.
 */
export async function readDeliverySubscriptions(
  tx: Tx,
  keys: readonly number[],
  secrets: SecretBox,
): Promise<Map<number, DeliverySubscription>> {
  if (keys.length === 0) return new Map();
  const { rows } = await tx.query<DeliveryRow>({
    name: 'subscription_delivery_view',
    // Counts on both primary keys.
    text: `select ${INCARNATION_COLUMNS}, (select jsonb_object_agg(s.name, encode(s.ciphertext, 'base64'))
          from subscription_secret s where s.subscription_key = i.subscription_key) as secrets
      from subscription_incarnation i where subscription_key = any($1::bigint[]) and alive`,
    values: [keys],
  });
  return new Map(rows.map((row) => [row.subscription_key, deliveryView(row, secrets)]));
}

function deliveryView(row: DeliveryRow, box: SecretBox): DeliverySubscription {
  const incarnation = incarnationFrom(row);
  const isReadable = isReadableConfig(incarnation.config);
  const { headerNames, ...config } = isReadable ? incarnation.config : UNREADABLE_CONFIG;
  const { subscriptionKey, tenant, id, configVersion, status, endsAt } = incarnation;
  return {
    ...config,
    subscriptionKey,
    tenant,
    id,
    configVersion,
    family: 'criteria',
    status,
    ...openHeaders(subscriptionKey, headerNames, row.secrets ?? {}, box),
    ...(!isReadable && { unusable: 'The stored settings of the Subscription cannot be read; write it again' }),
    ...(endsAt && { endsAt }),
    url: `Subscription/${id}`,
  };
}

function openHeaders(
  subscriptionKey: number,
  names: readonly string[],
  sealed: Record<string, string>,
  box: SecretBox,
): Pick<DeliverySubscription, 'headers' | 'unusable'> {
  try {
    const headers = names.map((name): readonly [string, string] => {
      const value = sealed[name.toLowerCase()];
      if (value === undefined) throw new SecretError(`The header ${name} has no stored value`);
      return [name, box.open(subscriptionKey, name, Buffer.from(value, 'base64'))];
    });
    return { headers };
  } catch (error) {
    // Expected: a value written under another key, or changed in the database.
    if (!(error instanceof SecretError)) throw error;
    return { headers: [], unusable: error.message };
  }
}
