// What Subscription.error says: one line, no credentials, no body. Pure.
import { ERROR_TEXT_LENGTH_MAX, WAITING_COUNT_MAX } from './limits';

export interface FailureLine {
  readonly at: Date;
  readonly method: string;
  readonly url: string;
  /** `500`, `timeout: no answer within 10000 ms`, … */
  readonly outcome: string;
  /** Requests made for this event so far. */
  readonly attempt: number;
  readonly eventNumber: number;
}

/** `2026-01-12T09:30:00Z PUT https://…/Patient/p1 -> 500 (attempt 5, event 17, 3 waiting)`, at most 1,000 characters; without a count of waiting ones it is left out. */
export function errorText(failure: FailureLine, waiting?: number): string {
  const time = `${failure.at.toISOString().slice(0, 19)}Z`;
  const tail = ` (attempt ${failure.attempt}, event ${failure.eventNumber}${waitingText(waiting)})`;
  const head = `${time} ${failure.method} ${shownUrl(failure.url)} -> ${failure.outcome}`;
  const room = ERROR_TEXT_LENGTH_MAX - tail.length;
  return `${head.length > room ? `${head.slice(0, room - 1)}…` : head}${tail}`;
}

function waitingText(waiting: number | undefined): string {
  if (waiting === undefined) return '';
  return waiting > WAITING_COUNT_MAX ? `, more than ${WAITING_COUNT_MAX} waiting` : `, ${waiting} waiting`;
}

/** A URL without what may be secret in it: user information and the query. */
export function shownUrl(url: string): string {
  const [address = '', query] = url.split('?', 2);
  return `${address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1')}${query === undefined ? '' : '?…'}`;
}
