// Clauses that compare by order (`gt`, `ge`, `lt`, `le`, `sa`, `eb`): which end of an event's intervals decides, and which bounds it
// selects. One clause asks "any of the entries", so the outermost end of all entries stands for them.
import type { DateValue, SearchEntry, SearchValue } from '../../fhir';

/** One way to be sorted. Two orders with the same name are the same object. */
export interface Order {
  readonly name: string;
  /** `up`: selects bounds below the event's end; `down`: bounds above it. */
  readonly direction: 'up' | 'down';
  /** A bound equal to the event's end is not selected. */
  readonly isStrict: boolean;
  /** The deciding end; undefined when there is none to compare. */
  endOf(entries: readonly SearchEntry[]): number | undefined;
}

/** Where a value lies in its order. */
export interface Bound {
  readonly order: Order;
  /** A value is satisfied only when this is selected … */
  readonly at: number;
  /** … and certainly when this is; the same where the order says it all. */
  readonly sureAt: number;
}

type Side = 'low' | 'high';

function outermost(entries: readonly SearchEntry[], side: Side, isGreatest: boolean): number | undefined {
  let found: number | undefined;
  for (const entry of entries) {
    if (entry.kind !== 'date') continue;
    const end = entry[side];
    if (found === undefined || (isGreatest ? end > found : end < found)) found = end;
  }
  return found;
}

function dateOrder(name: string, direction: Order['direction'], isStrict: boolean, side: Side): Order {
  return { name, direction, isStrict, endOf: (entries) => outermost(entries, side, direction === 'up') };
}

const endsAfter = dateOrder('date ends after', 'up', true, 'high');
const beginsBefore = dateOrder('date begins before', 'down', true, 'low');
const beginsFrom = dateOrder('date begins from', 'up', false, 'low');
const endsUpTo = dateOrder('date ends up to', 'down', false, 'high');

function dateBound({ prefix, low, high }: DateValue): Bound | undefined {
  switch (prefix) {
    case 'gt':
      return { order: endsAfter, at: high, sureAt: high };
    // Beyond the value, or inside it: an entry that lies inside ends after the value's beginning.
    case 'ge':
      return { order: endsAfter, at: low, sureAt: high };
    case 'lt':
      return { order: beginsBefore, at: low, sureAt: low };
    case 'le':
      return { order: beginsBefore, at: high, sureAt: low };
    case 'sa':
      return { order: beginsFrom, at: high, sureAt: high };
    case 'eb':
      return { order: endsUpTo, at: low, sureAt: low };
    default:
      return undefined;
  }
}

/** In: a value of a clause without negation. Out: its bound; undefined when it is not compared by order. */
export function boundOfValue(value: SearchValue): Bound | undefined {
  return value.kind === 'date' ? dateBound(value) : undefined;
}
