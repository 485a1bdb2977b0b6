// What the receiver writes down of every request.

export type ReceiverMood =
  | 'kept'
  | 'late'
  | '500'
  | '429'
  | '422'
  | 'reset-before'
  | 'reset-after'
  | 'hang'
  | 'hang-after'
  | 'slow-body'
  | 'dead';

export interface Arrival {
  /** The Subscription's place in the receiver: the first part of the path. */
  readonly slot: string;
  readonly subscription: string;
  readonly eventId: string;
  readonly eventNumber: number;
  readonly attempt: number;
  readonly version: number;
  readonly interaction: string;
  readonly method: string;
  readonly path: string;
  /** Of the body. */
  readonly digest: string;
  /** Unix milliseconds with fractions, when the whole request was there. */
  readonly at: number;
  readonly mood: ReceiverMood;
  /** The receiver worked on it: answered 2xx, or cut the line only afterwards. */
  readonly isKept: boolean;
}
