// Pausing, and resuming from where one chooses: the first undelivered, a number, or now. What is passed over ends as cancelled, visibly; what was
// delivered from the number on is sent again.
import { errorIssue, FhirError } from '../../fhir';
import type { Tx } from '../../platform';
import { statement } from '../sql';
import { lockAllSlices, takeAllFromHands, wake, type LockedRuntime } from './locks';
import type { Order } from './operator-log';
import { addResends, tooMany } from './resend';
import { ORDER_ROWS_MAX, PASS_OVER_STEP_ROWS } from './limits';

const cancelBelow = statement('cancel-below');
const promote = statement('promote');

export type ResumeFrom = 'first-undelivered' | 'now' | number;

/** What a resume comes down to. Pure. */
export interface ResumePlan {
  /** What waits below is passed over; 1 passes over nothing. */
  readonly firstNumber: number;
  /** What has ended from there on is sent again. */
  readonly sendsAgain: boolean;
}

/** @throws FhirError 422 for a number that no event has, and that is not the next one either */
export function planResume(from: ResumeFrom, lastEventNo: number): ResumePlan {
  if (from === 'first-undelivered') return { firstNumber: 1, sendsAgain: false };
  if (from === 'now') return { firstNumber: lastEventNo + 1, sendsAgain: false };
  if (from > lastEventNo + 1) {
    const text = `The last event has the number ${lastEventNo}: resume from ${lastEventNo + 1} at most.`;
    throw new FhirError(422, errorIssue('value', text, 'from'));
  }
  return { firstNumber: from, sendsAgain: true };
}

/** Stops sending; numbering goes on. The time counts against no delivery's age. The runtime row is locked. Out: false when it was paused already. */
export async function setPaused(tx: Tx, runtime: LockedRuntime, now: Date): Promise<boolean> {
  if (runtime.paused) return false;
  await tx.query({
    name: 'deliveries.pause',
    text: `update subscription_runtime set paused = true, stopped_at = coalesce(stopped_at, $2::timestamptz) where subscription_key = $1`,
    values: [runtime.subscriptionKey, now],
  });
  return true;
}

/** Allows sending again, unless the status forbids it. */
async function unpause(tx: Tx, subscriptionKey: number, now: Date): Promise<void> {
  await tx.query({
    name: 'deliveries.unpause',
    text: `update subscription_runtime
              set paused = false,
                  stopped_ms = stopped_ms + case when sending and stopped_at is not null
                    then greatest(0, (extract(epoch from ($2::timestamptz - stopped_at)) * 1000)::bigint) else 0 end,
                  stopped_at = case when sending then null else stopped_at end
            where subscription_key = $1`,
    values: [subscriptionKey, now],
  });
}

export interface ResumeStep {
  readonly cancelled: number;
  readonly resent: number;
  /** False: there is more to pass over, and the subscription stays paused until then. */
  readonly isDone: boolean;
}

export interface ResumeContext {
  readonly order: Order;
  readonly now: Date;
  readonly restMs: number;
}

/** One transaction of a resume; the runtime row is locked. */
export async function resumeStep(
  tx: Tx,
  runtime: LockedRuntime,
  plan: ResumePlan,
  { order, now, restMs }: ResumeContext,
): Promise<ResumeStep> {
  const { subscriptionKey } = runtime;
  const again = plan.sendsAgain ? await endedFrom(tx, subscriptionKey, plan.firstNumber) : [];
  const slices = await lockAllSlices(tx, subscriptionKey);
  let cancelled = 0;
  if (plan.firstNumber > 1) {
    await takeAllFromHands(tx, subscriptionKey, now, restMs);
    const step = await tx.query(cancelBelow([subscriptionKey, plan.firstNumber, now, PASS_OVER_STEP_ROWS]));
    cancelled = step.rowCount;
    await promoteBelow(tx, subscriptionKey, plan.firstNumber, now);
    if (cancelled >= PASS_OVER_STEP_ROWS) {
      await setPaused(tx, runtime, now);
      return { cancelled, resent: 0, isDone: false };
    }
  } else if (again.length > 0) {
    await takeAllFromHands(tx, subscriptionKey, now, restMs);
  }
  const resent = await addResends(tx, order, now, { subscriptionKey, eventNumbers: again });
  await unpause(tx, subscriptionKey, now);
  await wake(tx, slices, now);
  return { cancelled, resent, isDone: true };
}

/** Delivered, or passed over by an earlier resume. @throws FhirError 422 when that is too much. Index: delivery_pkey */
async function endedFrom(tx: Tx, subscriptionKey: number, firstNumber: number): Promise<number[]> {
  const { rows } = await tx.query<{ event_no: number }>({
    name: 'deliveries.ended-from',
    text: `select event_no from delivery
            where subscription_key = $1 and event_no >= $2::bigint
              and (state = 'delivered' or (state = 'cancelled' and reason = 'resumed-past'))
            order by event_no limit $3::int`,
    values: [subscriptionKey, firstNumber, ORDER_ROWS_MAX + 1],
  });
  if (rows.length > ORDER_ROWS_MAX) throw tooMany();
  return rows.map((row) => row.event_no);
}

/** Held keys whose head was passed over get their next one, or are let go. Index: held_key_pkey. */
async function promoteBelow(tx: Tx, subscriptionKey: number, firstNumber: number, now: Date): Promise<void> {
  const { rows } = await tx.query<{ key_hash: number }>({
    name: 'deliveries.keys-passed-over',
    text: 'select key_hash from held_key where subscription_key = $1 and head_event_no < $2::bigint order by 1',
    values: [subscriptionKey, firstNumber],
  });
  const keys = rows.map((row) => row.key_hash);
  if (keys.length > 0) await tx.query(promote([keys.map(() => subscriptionKey), keys, now]));
}
