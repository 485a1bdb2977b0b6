// The operator's verbs on deliveries: each one transaction (or a few, in steps), each written into the operator log with what it did, each safe to
// ask for twice. Everyone who offers them (the admin API, FHIR operations) comes through here.
import { errorIssue, FhirError } from '../../fhir';
import type { Clock, Database, Tx } from '../../platform';
import type { DeliverySubscription } from '../../subscriptions';
import type { DeliveryDoorbell } from '../delivery.doorbell';
import { passBarriers } from '../ledger/barrier';
import { READING_AGE_MS_MAX } from '../limits';
import type { ReadSubscriptions } from '../subscription-cache';
import { countDeadLetters, discard, listDeadLetters, redrive, type DeadLetterFilter } from './dead-letters';
import { blockedHeads, probeNow, retryHeads, skipHeads, type Unblocking } from './heads';
import { lockAllSlices, lockRuntime, lockSlices, wake, type LockedRuntime } from './locks';
import { record, recordedResult, type Deed, type Order } from './operator-log';
import { addResends, candidates, sortCandidates, type ResendFilter } from './resend';
import { planResume, resumeStep, setPaused, type ResumeFrom } from './resume';
import { sendTest, type TestDeps } from './test-notification';
import { LEASE_RESERVE_MS, ORDER_ROWS_MAX, SAMPLE_ROWS } from './limits';

export interface DeliveryVerbsDeps extends TestDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly doorbell: DeliveryDoorbell;
  readonly readSubscriptions: ReadSubscriptions;
  /** The subscriptions room's door: from `off` back to `requested`, in the caller's name. */
  readonly request: (subscriptionKey: number, caller: string) => Promise<boolean>;
  readonly leaseMs: number;
}

/** What a verb did, with the subscriptions to ring for. */
interface Done extends Deed {
  readonly touched: readonly number[];
}

/** Someone with the same key was quicker: undo, and answer what was recorded. */
class AlreadyDone extends Error {}

export class DeliveryVerbs {
  constructor(private readonly deps: DeliveryVerbsDeps) {}

  /** Sends one ended delivery once more. @throws FhirError 404, 409 when it waits or is a dead letter */
  resendOne(order: Order, subscriptionKey: number, eventNumber: number): Promise<object> {
    const asked = { subscriptionKey, filter: { eventNumber } };
    return this.once(order, 'resend', asked, async (tx, now) => {
      const runtime = await this.living(tx, order, subscriptionKey);
      const [found] = await this.deliveryAt(tx, subscriptionKey, eventNumber);
      if (found === undefined) throw notFound(`There is no delivery ${subscriptionKey}/${eventNumber}.`);
      const slice = { subscriptionKey, sliceNo: found.slice_no };
      await lockSlices(tx, [slice]);
      // Looked at again under the lock: it may have ended, or come back, meanwhile.
      const [locked] = await this.deliveryAt(tx, subscriptionKey, eventNumber);
      refuseUnlessEnded(locked?.state ?? 'gone');
      const resent = await addResends(tx, order, now, { subscriptionKey, eventNumbers: [eventNumber] });
      await wake(tx, [slice], now);
      return done('resend', runtime, { ...asked, affected: resent, result: { resent, waiting: resent === 0 } });
    });
  }

  /** Sends again what a filter finds: ended ones as resends, dead letters by redriving them. @throws FhirError 422 too many */
  resendMatching(order: Order, subscriptionKey: number, filter: ResendFilter): Promise<object> {
    const asked = { subscriptionKey, filter: { ...filter } };
    return this.once(order, 'resend', asked, async (tx, now) => {
      const runtime = await this.living(tx, order, subscriptionKey);
      const slices = await lockAllSlices(tx, subscriptionKey);
      const { again, dead, waiting } = sortCandidates(await candidates(tx, subscriptionKey, filter));
      const redriven = await redrive(tx, dead, now, this.restMs);
      const eventNumbers = again.map((one) => one.eventNumber);
      const resent = await addResends(tx, order, now, { subscriptionKey, eventNumbers });
      await wake(tx, slices, now);
      const result = { count: again.length + redriven.length, redriven: redriven.length, waiting: waiting.length };
      return done('resend', runtime, { ...asked, affected: resent + redriven.length, result });
    });
  }

  /** How many dead letters a filter finds (counted up to a limit), and the first of them. */
  async previewDeadLetters(filter: DeadLetterFilter): Promise<object> {
    const count = await countDeadLetters(this.deps.database, filter);
    const sample = await listDeadLetters(this.deps.database, filter, { limit: SAMPLE_ROWS });
    return {
      count: Math.min(count, ORDER_ROWS_MAX),
      ...(count > ORDER_ROWS_MAX && { more: true }),
      sample: sample.map((letter) => `${letter.subscriptionKey}/${letter.eventNumber}`),
    };
  }

  /** Puts dead letters back into their lanes. `count` is what the preview told. @throws FhirError 409 when it is another number now */
  redriveDeadLetters(order: Order, filter: DeadLetterFilter, count: number): Promise<object> {
    return this.onDeadLetters(order, 'redrive', { ...filter, isAlive: true }, count, async (tx, letters, now) => {
      return (await redrive(tx, letters, now, this.restMs)).length;
    });
  }

  /** Dismisses dead letters. `count` is what the preview told. @throws FhirError 409 when it is another number now */
  discardDeadLetters(order: Order, filter: DeadLetterFilter, count: number): Promise<object> {
    return this.onDeadLetters(order, 'discard', filter, count, discard);
  }

  /** Stops sending; events go on being numbered. Pausing what is paused changes nothing. */
  pause(order: Order, subscriptionKey: number): Promise<object> {
    const asked = { subscriptionKey, filter: {} };
    return this.once(order, 'pause', asked, async (tx, now) => {
      const runtime = await this.living(tx, order, subscriptionKey);
      const changed = await setPaused(tx, runtime, now);
      return done('pause', runtime, { ...asked, affected: changed ? 1 : 0, result: { paused: true, changed } });
    });
  }

  /** Resumes from a pause or from `off`, from where one chooses. @throws FhirError 422 for a number no event has, or too many to send again */
  async resume(order: Order, subscriptionKey: number, from: ResumeFrom): Promise<object> {
    const asked = { subscriptionKey, filter: { from } };
    let passedOver = 0;
    // "Now" is when it began: what comes meanwhile is not passed over.
    let firstNumber: number | undefined;
    const step = async (tx: Tx, now: Date): Promise<Done> => {
      const runtime = await this.living(tx, order, subscriptionKey);
      const planned = planResume(from, runtime.lastEventNo);
      firstNumber ??= planned.firstNumber;
      const plan = { ...planned, firstNumber };
      const { cancelled, resent, isDone } = await resumeStep(tx, runtime, plan, { order, now, restMs: this.restMs });
      passedOver += cancelled;
      const result = isDone ? { from, cancelled: passedOver, resent } : { from, cancelled, isStep: true };
      return done('resume', runtime, { ...asked, affected: cancelled + resent, result });
    };
    let result: object;
    do {
      result = await this.once(order, 'resume', asked, step);
    } while ('isStep' in result);
    const { database, clock, doorbell } = this.deps;
    if (await passBarriers(database, subscriptionKey, clock.now())) doorbell.ring([subscriptionKey]);
    // Also after a repeat: a crash may have come between the two.
    await this.deps.request(subscriptionKey, order.who);
    return result;
  }

  /** Lets blocked keys go: all of a subscription, or the one with this head. */
  unblock(order: Order, subscriptionKey: number, wish: { action: Unblocking; eventNumber?: number }): Promise<object> {
    const asked = { subscriptionKey, filter: { ...wish } };
    return this.once(order, 'unblock', asked, async (tx, now) => {
      const runtime = await this.living(tx, order, subscriptionKey);
      const slices = await lockAllSlices(tx, subscriptionKey);
      const heads = await blockedHeads(tx, subscriptionKey, wish.eventNumber);
      await (wish.action === 'retry' ? retryHeads : skipHeads)(tx, subscriptionKey, heads, now);
      await wake(tx, slices, now);
      const result = { action: wish.action, unblocked: heads.map((head) => head.eventNumber) };
      return done('unblock', runtime, { ...asked, affected: heads.length, result });
    });
  }

  /** Tries the earliest failing head now, through an open breaker too. */
  probe(order: Order, subscriptionKey: number): Promise<object> {
    const asked = { subscriptionKey, filter: {} };
    return this.once(order, 'probe', asked, async (tx, now) => {
      const runtime = await this.living(tx, order, subscriptionKey);
      const slices = await lockAllSlices(tx, subscriptionKey);
      const eventNumber = await probeNow(tx, subscriptionKey, now);
      await wake(tx, slices, now);
      const result = { probed: eventNumber ?? null };
      return done('probe', runtime, { ...asked, affected: eventNumber === undefined ? 0 : 1, result });
    });
  }

  /** Sends a test notification and answers its outcome. */
  async test(order: Order, subscriptionKey: number): Promise<object> {
    const { database, readSubscriptions } = this.deps;
    const asked = { subscriptionKey, filter: {} };
    const recorded = await recordedResult(database, order, 'test', asked);
    if (recorded !== undefined) return recorded;
    const subscription: DeliverySubscription | undefined = (await readSubscriptions([subscriptionKey])).get(
      subscriptionKey,
    );
    if (subscription === undefined || subscription.tenant !== order.tenant) throw gone();
    const outcome = await sendTest(this.deps, subscription, order.requestId);
    return this.once(order, 'test', asked, () => {
      const deed = { ...asked, subscriptionId: subscription.id, affected: 0, result: { ...outcome } };
      return Promise.resolve({ ...deed, verb: 'test', touched: [] });
    });
  }

  /** How long a slice rests after it was taken from its owner: until nothing the owner has sent can still be under way. */
  private get restMs(): number {
    return READING_AGE_MS_MAX + Math.max(0, this.deps.leaseMs - LEASE_RESERVE_MS);
  }

  private async onDeadLetters(
    order: Order,
    verb: 'redrive' | 'discard',
    filter: DeadLetterFilter,
    count: number,
    apply: (tx: Tx, letters: Awaited<ReturnType<typeof listDeadLetters>>, now: Date) => Promise<number>,
  ): Promise<object> {
    const { tenant: _, ...shown } = filter;
    const asked = { subscriptionKey: filter.subscriptionKey, filter: { ...shown, count } };
    return this.once(order, verb, asked, async (tx, now) => {
      const found = await countDeadLetters(tx, filter);
      if (Math.min(found, ORDER_ROWS_MAX) !== count) throw otherCount(found);
      const letters = await listDeadLetters(tx, filter, { limit: ORDER_ROWS_MAX });
      const affected = await apply(tx, letters, now);
      const result = { count: affected, ...(found > ORDER_ROWS_MAX && { more: true }) };
      const touched = [...new Set(letters.map((letter) => letter.subscriptionKey))];
      const subscriptionId = filter.subscriptionKey === undefined ? undefined : letters[0]?.subscriptionId;
      return { verb, ...asked, subscriptionId, affected, result, touched };
    });
  }

  /** Does something once for each key, with its row in the operator log in the same transaction, and rings. */
  /** A verb of another room, done in one transaction with its line in the log, and once for a key like all the others. Out: `result`. */
  logged(
    order: Order,
    verb: string,
    filter: object,
    run: (tx: Tx, now: Date) => Promise<Pick<Deed, 'affected' | 'result'>>,
  ): Promise<object> {
    return this.once(order, verb, { filter }, async (tx, now) => ({
      verb,
      filter,
      touched: [],
      ...(await run(tx, now)),
    }));
  }

  private async once(
    order: Order,
    verb: string,
    asked: Pick<Deed, 'subscriptionKey' | 'filter'>,
    run: (tx: Tx, now: Date) => Promise<Done>,
  ): Promise<object> {
    const { database, clock, doorbell } = this.deps;
    const recorded = await recordedResult(database, order, verb, asked);
    if (recorded !== undefined) return recorded;
    try {
      const { touched, result } = await database.transaction(async (tx) => {
        const now = clock.now();
        const deed = await run(tx, now);
        // A step is told by itself: only the last one is the answer to the key.
        const keyed = 'isStep' in deed.result ? { ...order, idempotencyKey: undefined } : order;
        if (!(await record(tx, now, keyed, deed))) throw new AlreadyDone();
        return deed;
      });
      doorbell.ring(touched);
      return result;
    } catch (error) {
      // Expected: the same key at the same moment. The other one's answer is this one's too.
      const answer = error instanceof AlreadyDone ? await recordedResult(database, order, verb, asked) : undefined;
      if (answer !== undefined) return answer;
      throw error;
    }
  }

  private async living(tx: Tx, order: Order, subscriptionKey: number): Promise<LockedRuntime> {
    const runtime = await lockRuntime(tx, order.tenant, subscriptionKey);
    if (runtime === undefined || !runtime.alive) throw gone();
    return runtime;
  }

  private async deliveryAt(
    tx: Tx,
    subscriptionKey: number,
    eventNumber: number,
  ): Promise<{ state: string; slice_no: number }[]> {
    const { rows } = await tx.query<{ state: string; slice_no: number }>({
      name: 'deliveries.delivery-at',
      text: 'select state, slice_no from delivery where subscription_key = $1 and event_no = $2',
      values: [subscriptionKey, eventNumber],
    });
    return rows;
  }
}

function done(verb: string, runtime: LockedRuntime, deed: Omit<Deed, 'verb' | 'subscriptionId'>): Done {
  const { subscriptionKey, subscriptionId } = runtime;
  return { verb, subscriptionId, ...deed, touched: [subscriptionKey] };
}

function refuseUnlessEnded(state: string): void {
  if (state === 'delivered' || state === 'cancelled') return;
  const text =
    state === 'dead'
      ? 'This delivery is a dead letter: redrive it, so that it is sent in order and ends as delivered.'
      : 'This delivery has not ended: it is sent in its turn.';
  throw new FhirError(409, errorIssue('conflict', text));
}

function otherCount(found: number): FhirError {
  const text = `There are ${found > ORDER_ROWS_MAX ? `more than ${ORDER_ROWS_MAX}` : found} dead letters like that now: look again (dryRun), and send that count.`;
  return new FhirError(409, errorIssue('conflict', text, 'count'));
}

function gone(): FhirError {
  return notFound('There is no such Subscription any more.');
}

function notFound(text: string): FhirError {
  return new FhirError(404, errorIssue('not-found', text));
}
