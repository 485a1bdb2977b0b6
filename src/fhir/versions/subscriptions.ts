// Which codec reads the Subscriptions of a FHIR version: one line per version.
import type { SubscriptionCodec } from '../canonical-subscription';
import { subscriptionR4 } from './r4/subscription';

const codecs: Record<'R4', SubscriptionCodec> = { R4: subscriptionR4 };

/** The codec of a FHIR version's Subscription resource. */
export function subscriptionCodecFor(version: 'R4'): SubscriptionCodec {
  return codecs[version];
}
