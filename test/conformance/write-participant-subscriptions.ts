// A Subscription and the parts its participant needs, for the conformance specs of write participants.
import { resourceFromValue, type ParsedResource } from '../../src/fhir';
import { SystemClock } from '../../src/platform';
import { SecretBox, SubscriptionDoorbell, type SubscriptionParticipantDeps } from '../../src/subscriptions';
import { definitions } from '../component/store/store-fixture';
import { secretKey, settings } from '../component/subscriptions/world';
import { silentLog } from '../support/silent-log';

export const subscriptionDeps: SubscriptionParticipantDeps = {
  definitions,
  catalogue: { check: () => [] },
  secrets: new SecretBox(secretKey),
  clock: new SystemClock(),
  log: silentLog,
  doorbell: new SubscriptionDoorbell(),
  config: settings,
  // No value set is stored here.
  terms: () => Promise.resolve([]),
};

export function subscriptionResource(note: string, changes: Record<string, unknown> = {}): ParsedResource {
  return resourceFromValue({
    resourceType: 'Subscription',
    status: 'requested',
    reason: `a test ${note}`,
    criteria: 'Patient?gender=female',
    channel: { type: 'rest-hook', endpoint: 'http://127.0.0.1:9/', header: ['Authorization: Bearer secret'] },
    ...changes,
  });
}
