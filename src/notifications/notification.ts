// What is sent, as values: the facts that go in and the request that comes out.
import type { BodyLimit } from './body-limit';

/** The facts of one delivery that a notification shows. All of them stay the same when it is repeated, but for `attempt`. */
export interface NotifiedDelivery {
  readonly eventId: string;
  /** 1, 2, 3 … of this subscription. */
  readonly eventNumber: number;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly interaction: 'create' | 'update' | 'delete';
  readonly label?: string;
  readonly requestId: string;
  readonly keyHash: number;
  /** 1 for the first request made. */
  readonly attempt: number;
}

/** What a notification needs to know of the Subscription it is for. */
export interface NotificationTarget {
  /** The Subscription's logical id. */
  readonly id: string;
  readonly endpoint: string;
  /** Name and value, in the order they were given. */
  readonly headers: readonly (readonly [string, string])[];
  /** MIME type; absent: the notification has no content. */
  readonly payload?: string;
  readonly mode: 'update' | 'webhook';
  /** Absent: a body is sent whatever its size. */
  readonly bodyLimit?: BodyLimit;
}

/** One HTTP request, ready to be sent by a channel. */
export interface OutboundNotification {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Absent: no body at all, no Content-Type. */
  readonly body?: Buffer;
  /** True for a delete: an endpoint that answers 404 or 410 has nothing left to delete, so it counts as delivered. */
  readonly isDoneWhenAbsent: boolean;
}

/** The notification cannot be made from what is stored: our fault, or a resource no URL can name. Never the subscriber's. */
export class NotificationError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'NotificationError';
  }
}
