// A test notification: one request like any other of its Subscription (endpoint, headers, deadline, guards), marked as a test, about a resource that
// does not exist. Nothing of it enters the ledger; its outcome is the answer. Also: what a delivery's request looks like, for those who look at one.
import type { AttemptOutcome, ChannelCatalogue } from '../../channels';
import { buildNotification, TEST_HEADER, type NotifiedDelivery, type OutboundNotification } from '../../notifications';
import { uuidv7, type Clock } from '../../platform';
import type { DeliverySubscription } from '../../subscriptions';
import { shownUrl } from '../error-text';

export interface TestDeps {
  readonly clock: Clock;
  readonly channels: ChannelCatalogue;
}

export interface TestOutcome {
  readonly request: { readonly method: string; readonly url: string };
  readonly class: AttemptOutcome['class'];
  readonly reason: string;
  readonly sent: boolean;
  readonly status?: number;
  readonly excerpt?: string;
  readonly remoteAddress?: string;
  readonly durationMs: number;
}

const CHANNEL_TYPE = 'rest-hook';
/** http://terminology.hl7.org/CodeSystem/v3-ActReason: test health data. */
const TEST_TAG = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'HTEST' };
const TEST_ID = 'herald-test';

/** Sends it. Never throws for what the endpoint does. */
export async function sendTest(
  deps: TestDeps,
  subscription: DeliverySubscription,
  requestId: string,
): Promise<TestOutcome> {
  const { clock, channels } = deps;
  const notification = testNotification(subscription, requestId, clock.now());
  const request = { method: notification.method, url: shownUrl(notification.url) };
  if (subscription.unusable !== undefined)
    return { request, class: 'P', reason: subscription.unusable, sent: false, durationMs: 0 };
  const channel = channels.channel(CHANNEL_TYPE);
  if (channel === undefined) throw new Error(`There is no ${CHANNEL_TYPE} channel in this build`);
  const startedMs = clock.monotonicMs();
  const outcome = await channel.send(notification, { deadlineMs: subscription.deadlineMs });
  return {
    request,
    class: outcome.class,
    reason: outcome.reason,
    sent: outcome.isSent,
    status: outcome.response?.status,
    excerpt: outcome.response?.excerpt,
    remoteAddress: outcome.remoteAddress,
    durationMs: Math.round(clock.monotonicMs() - startedMs),
  };
}

/** Marked by a header, and in its body by FHIR's own tag for test data. Event number 0: no event has it. */
function testNotification(subscription: DeliverySubscription, requestId: string, now: Date): OutboundNotification {
  const facts: NotifiedDelivery = {
    eventId: uuidv7(now),
    eventNumber: 0,
    type: 'Basic',
    id: TEST_ID,
    version: 1,
    interaction: 'update',
    requestId,
    keyHash: 0,
    attempt: 1,
  };
  const body = {
    resourceType: 'Basic',
    id: TEST_ID,
    meta: { versionId: '1', lastUpdated: now.toISOString(), tag: [TEST_TAG] },
    code: { text: 'A test notification of Herald' },
  };
  const built = buildNotification(facts, subscription, Buffer.from(JSON.stringify(body), 'utf8'));
  return { ...built, headers: [...built.headers, [TEST_HEADER, 'true']] };
}

/** Method and URL of a delivery's request as it would be made now; never a header value. Undefined when none can be made. */
export function requestSummary(
  delivery: { readonly type: string; readonly id: string; readonly interaction: NotifiedDelivery['interaction'] },
  target: { readonly endpoint: string; readonly payload?: string; readonly mode: 'update' | 'webhook' },
): { readonly method: string; readonly url: string } | undefined {
  const { type, id, interaction } = delivery;
  const facts = {
    eventId: '',
    eventNumber: 0,
    type,
    id,
    version: 0,
    interaction,
    requestId: '',
    keyHash: 0,
    attempt: 0,
  };
  try {
    const { method, url } = buildNotification(facts, { ...target, id: '', headers: [] }, Buffer.alloc(0));
    return { method, url: shownUrl(url) };
  } catch {
    // Expected: an id that no URL can carry. There is nothing to show then.
    return undefined;
  }
}
