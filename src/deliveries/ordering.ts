// Ordering keys: deliveries of a subscription that share a key leave one after another. Pure.
import { hash53 } from '../platform';

export interface OrderedEvent {
  readonly eventId: string;
  readonly type: string;
  readonly id: string;
  /** The event's ordering root: its patient, else `Type/id`. */
  readonly root: string;
}

/** The hash of every kind of key one event can have: `none`, `focus`, `patient`. (`subscription` is the constant 0.) Non-negative, 53 bits. */
export interface KeyHashes {
  readonly none: number;
  readonly focus: number;
  readonly patient: number;
}

/** Which of these is used is decided where the event is numbered, under the lock of the subscription's runtime row. */
export function keyHashesOf(event: OrderedEvent): KeyHashes {
  const focus = hash53(`${event.type}/${event.id}`);
  return {
    none: hash53(event.eventId),
    focus,
    patient: event.root === `${event.type}/${event.id}` ? focus : hash53(event.root),
  };
}

/** Slices of a new incarnation: enough to use the cap from several workers, one where everything is one key. */
export function slicesFor(orderingKey: string, cap: number, slicesMax: number): number {
  return orderingKey === 'subscription' ? 1 : Math.max(1, Math.min(slicesMax, cap));
}
