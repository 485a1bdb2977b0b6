// What is left for someone to decide (dead letters), and what was decided (the operator log).
import {
  attemptsOf,
  listDeadLetters,
  listOperatorLog,
  requestSummary,
  type DeadLetter,
  type ListedAttempt,
} from '../deliveries';
import type { Clock, Database } from '../platform';
import { incarnationByKey, type Incarnation } from '../subscriptions';
import { DEAD_LETTER_PARAMETERS, deadLetterFilter } from './dead-letter-filter';
import { nextLink, positionOf, Query, type RawQuery } from './query';
import { TENANT } from './subject';

export interface LedgerReadDeps {
  /** The pool of the API role. */
  readonly database: Database;
  readonly clock: Clock;
}

export class LedgerReads {
  constructor(private readonly deps: LedgerReadDeps) {}

  /** Dead letters in the order in which they would be sent, each with what was sent where and what came back. @throws FhirError 400, 404 */
  async deadLetters(raw: RawQuery): Promise<object> {
    const { database, clock } = this.deps;
    const query = Query.of(raw, [...DEAD_LETTER_PARAMETERS, 'limit', 'after']);
    const limit = query.limit();
    const page = { limit: limit + 1, after: positionOf(query.text('after')) };
    const found = await listDeadLetters(database, await deadLetterFilter(query, database), page);
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    const next = found.length > limit && last ? `${last.subscriptionKey}/${last.eventNumber}` : undefined;
    return {
      asOf: clock.now(),
      deadLetters: await this.views(shown),
      next: next && nextLink('/admin/dead-letters', raw, next),
    };
  }

  /** Newest first. @throws FhirError 400 */
  async operatorLog(raw: RawQuery): Promise<object> {
    const query = Query.of(raw, ['who', 'verb', 'subscription', 'limit', 'after']);
    const limit = query.limit();
    const filter = {
      tenant: TENANT,
      who: query.text('who'),
      verb: query.text('verb'),
      subscriptionId: query.text('subscription'),
    };
    const page = { limit: limit + 1, before: query.number('after', 1) };
    const found = await listOperatorLog(this.deps.database, filter, page);
    const entries = found.slice(0, limit);
    const last = entries.at(-1);
    return {
      asOf: this.deps.clock.now(),
      entries,
      next: found.length > limit && last ? nextLink('/admin/operator-log', raw, String(last.number)) : undefined,
    };
  }

  private async views(letters: readonly DeadLetter[]): Promise<object[]> {
    const { database } = this.deps;
    const attempts = await attemptsOf(database, letters, 1);
    const latest = new Map(attempts.map((one) => [`${one.subscriptionKey}/${one.eventNumber}`, one]));
    const incarnations = new Map<number, Incarnation | undefined>();
    for (const key of new Set(letters.map((letter) => letter.subscriptionKey)))
      incarnations.set(key, await incarnationByKey(database, key));
    return letters.map((letter) =>
      deadLetterView(
        letter,
        incarnations.get(letter.subscriptionKey),
        latest.get(`${letter.subscriptionKey}/${letter.eventNumber}`),
      ),
    );
  }
}

/** The request is shown as it would be made now; the response as it was. Never a header value, never a body of ours. */
function deadLetterView(
  letter: DeadLetter,
  incarnation: Incarnation | undefined,
  attempt: ListedAttempt | undefined,
): object {
  return {
    deliveryId: `${letter.subscriptionKey}/${letter.eventNumber}`,
    subscription: letter.subscriptionId,
    subscriptionKey: letter.subscriptionKey,
    subscriptionAlive: letter.alive,
    eventNumber: letter.eventNumber,
    eventId: letter.eventId,
    resource: `${letter.type}/${letter.id}`,
    version: letter.version,
    interaction: letter.interaction,
    label: letter.label,
    requestId: letter.requestId,
    cause: letter.reason,
    attemptCount: letter.attempts,
    writtenAt: letter.writtenAt,
    diedAt: letter.diedAt,
    request: incarnation && requestSummary(letter, incarnation.config),
    response: attempt && {
      at: attempt.endedAt,
      class: attempt.class,
      sent: attempt.sent,
      status: attempt.status,
      reason: attempt.reason,
      excerpt: attempt.excerpt,
      remoteAddress: attempt.remoteAddress,
    },
  };
}
