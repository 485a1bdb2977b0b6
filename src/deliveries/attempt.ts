// One attempt: read what is to be sent, make sure it may still be sent, send it, say how it ended.
import type { AttemptOutcome, ChannelCatalogue } from '../channels';
import {
  buildNotification,
  needsBody,
  NotificationError,
  parkingReason,
  type OutboundNotification,
} from '../notifications';
import { failpoint, type Clock } from '../platform';
import type { DeliverySubscription } from '../subscriptions';
import type { BodyLoader } from './body-loader';
import type { WaitingDelivery } from './ledger/rows';
import type { SliceRun } from './slice-run';

/** How one attempt, or the decision not to make one, ended. */
export interface Tried {
  readonly run: SliceRun;
  readonly delivery: WaitingDelivery;
  readonly subscription: DeliverySubscription;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly durationMs: number;
  /** Absent: the delivery's time was up, nothing was tried. */
  readonly outcome?: AttemptOutcome;
  /** The notification cannot be made from what is stored: trying again would not help. */
  readonly isUnrenderable?: boolean;
  /** The body is beyond the Subscription's limit: no request was made, and none will be. Says nothing about the endpoint. */
  readonly isParked?: boolean;
  readonly request?: Pick<OutboundNotification, 'method' | 'url'>;
}

export interface AttemptDeps {
  readonly clock: Clock;
  readonly channels: ChannelCatalogue;
  readonly bodies: Pick<BodyLoader, 'load'>;
}

/** The channel of every Subscription this family knows. */
const CHANNEL_TYPE = 'rest-hook';

/** When a delivery's time is up: time during which its Subscription was not allowed to send does not count. */
export function expiresAt(delivery: WaitingDelivery, stoppedMs: number, retryForMs: number): Date {
  const stopped = Math.max(0, stoppedMs - delivery.stoppedBeforeMs);
  return new Date(delivery.numberedAt.getTime() + retryForMs + stopped);
}

/** Out: how it ended, or undefined when it was not started after all (the permission to send grew old while the body was read). */
export async function attempt(
  deps: AttemptDeps,
  run: SliceRun,
  delivery: WaitingDelivery,
  subscription: DeliverySubscription,
): Promise<Tried | undefined> {
  const { clock } = deps;
  const startedAt = clock.now();
  const tried = { run, delivery, subscription, startedAt, endedAt: startedAt, durationMs: 0 };
  const isTimed = delivery.resendNo === undefined;
  if (isTimed && startedAt >= expiresAt(delivery, run.reading.stoppedMs, subscription.retryForMs)) return tried;
  if (subscription.unusable !== undefined) return { ...tried, outcome: refused(subscription.unusable) };
  const body = needsBody(delivery, subscription)
    ? await deps.bodies.load({
        tenant: subscription.tenant,
        type: delivery.type,
        id: delivery.id,
        version: delivery.version,
      })
    : undefined;
  const notification = render(delivery, subscription, body);
  if ('reason' in notification)
    return { ...tried, outcome: { class: 'O', reason: notification.reason, isSent: false }, isUnrenderable: true };
  if (!run.maySend(clock.monotonicMs(), clock.now())) return undefined;
  const parked = parkingReason(body, subscription);
  if (parked !== undefined)
    return { ...tried, outcome: { class: 'M', reason: parked, isSent: false }, isParked: true, request: notification };
  return send(deps, tried, notification);
}

async function send(deps: AttemptDeps, tried: Tried, notification: OutboundNotification): Promise<Tried> {
  const { clock, channels } = deps;
  const channel = channels.channel(CHANNEL_TYPE);
  if (channel === undefined) throw new Error(`There is no ${CHANNEL_TYPE} channel in this build`);
  const startedAt = clock.now();
  const startedMs = clock.monotonicMs();
  await failpoint('send.before');
  const outcome = await channel.send(notification, { deadlineMs: tried.subscription.deadlineMs });
  await failpoint('send.after-response');
  const durationMs = clock.monotonicMs() - startedMs;
  return { ...tried, startedAt, endedAt: clock.now(), durationMs, outcome, request: notification };
}

function render(
  delivery: WaitingDelivery,
  subscription: DeliverySubscription,
  body: Buffer | undefined,
): OutboundNotification | { reason: string } {
  const facts = { ...delivery, eventNumber: delivery.eventNo, attempt: delivery.attempts + 1 };
  try {
    return buildNotification(facts, subscription, body);
  } catch (error) {
    // Expected: a version that is not in the store any more, an id no URL can carry. Anything else is a bug and goes on.
    if (!(error instanceof NotificationError)) throw error;
    return { reason: error.message };
  }
}

function refused(reason: string): AttemptOutcome {
  return { class: 'P', reason, isSent: false };
}
