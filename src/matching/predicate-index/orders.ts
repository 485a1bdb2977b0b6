// Clauses that compare by order (`gt`, `ge`, `lt`, `le`, `sa`, `eb`): which end of an event's intervals decides, and which bounds it
// selects. One clause asks "any of the entries", so the outermost end of all entries stands for them.
import { doubleAfter, doubleBefore } from '../../fhir';
import type {
  CompositeValue,
  DateValue,
  IndexedParameter,
  NumberValue,
  QuantityValue,
  SearchEntry,
  SearchValue,
} from '../../fhir';
import { measureName, measureOf, rangeOf } from './range-keys';

/** One way to be sorted. Two orders of a parameter with the same name are the same. */
export interface Order {
  readonly name: string;
  /** `up`: selects bounds below the event's end; `down`: bounds above it. */
  readonly direction: 'up' | 'down';
  /** A bound equal to the event's end is not selected. */
  readonly isStrict: boolean;
  /** The deciding end; undefined when there is none to compare. */
  endOf(entries: readonly SearchEntry[]): number | undefined;
  /** Selects bounds from here to the end only. */
  startOf?(entries: readonly SearchEntry[]): number | undefined;
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
type RangeOf = (entry: SearchEntry) => { readonly low: number; readonly high: number } | undefined;

function outermost(entries: readonly SearchEntry[], side: Side, isGreatest: boolean, rangeOf: RangeOf) {
  let found: number | undefined;
  for (const entry of entries) {
    const end = rangeOf(entry)?.[side];
    if (end === undefined) continue;
    if (found === undefined || (isGreatest ? end > found : end < found)) found = end;
  }
  return found;
}

function order(name: string, direction: Order['direction'], isStrict: boolean, side: Side, rangeOf: RangeOf): Order {
  return { name, direction, isStrict, endOf: (entries) => outermost(entries, side, direction === 'up', rangeOf) };
}

const dateRange: RangeOf = (entry) => (entry.kind === 'date' ? entry : undefined);

const endsAfter = order('date ends after', 'up', true, 'high', dateRange);
const beginsBefore = order('date begins before', 'down', true, 'low', dateRange);
const beginsFrom = order('date begins from', 'up', false, 'low', dateRange);
const endsUpTo = order('date ends up to', 'down', false, 'high', dateRange);

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

/** Of numbers both ends of an interval belong to it; what is compared is one number. */
function numberBound(value: NumberValue | QuantityValue): Bound | undefined {
  const measure = measureOf(value);
  const name = measureName(measure);
  const ordered = (what: string, direction: Order['direction'], isStrict: boolean, side: Side): Order =>
    order(`${name} ${what}`, direction, isStrict, side, (entry) => rangeOf(entry, measure));
  const at = value.low;
  switch (value.prefix) {
    case 'gt':
      return { order: ordered('above', 'up', true, 'high'), at, sureAt: at };
    // An interval that only ends there is not satisfied, a number is: hence sure from the next number on.
    case 'ge':
      return { order: ordered('from', 'up', false, 'high'), at, sureAt: doubleAfter(at) };
    case 'lt':
      return { order: ordered('below', 'down', true, 'low'), at, sureAt: at };
    case 'le':
      return { order: ordered('up to', 'down', false, 'low'), at, sureAt: doubleBefore(at) };
    case 'sa':
      return { order: ordered('begins above', 'up', true, 'low'), at, sureAt: at };
    case 'eb':
      return { order: ordered('ends below', 'down', true, 'high'), at, sureAt: at };
    default:
      return undefined;
  }
}

/** `code$gt5`: the second part in order, of those elements whose first part is satisfied. */
function compositeBound({ parts: [first, second, ...more] }: CompositeValue, parameter: IndexedParameter) {
  const { parts } = parameter;
  if (!first || !second || more.length > 0 || !parts) return undefined;
  const bound = boundOfValue(second, parameter);
  if (!bound) return undefined;
  const { searchType } = parts[0]!;
  const chosen = (entries: readonly SearchEntry[]): SearchEntry[] =>
    entries.flatMap((entry) => {
      if (entry.kind !== 'composite') return [];
      const [one = [], other = []] = entry.parts;
      return one.some((each) => searchType.matches(each, first)) ? other : [];
    });
  const inner = bound.order;
  const name = `${first.text} with ${inner.name}`;
  return {
    ...bound,
    order: { ...inner, name, endOf: (entries: readonly SearchEntry[]) => inner.endOf(chosen(entries)) },
  };
}

/** In: a value of a clause without negation. Out: its bound; undefined when it is not compared by order. */
export function boundOfValue(value: SearchValue, parameter: IndexedParameter): Bound | undefined {
  switch (value.kind) {
    case 'date':
      return dateBound(value);
    case 'number':
    case 'quantity':
      return numberBound(value);
    case 'composite':
      return compositeBound(value, parameter);
    default:
      return undefined;
  }
}
