// A lower and an upper bound on one parameter are a window (`date=ge2024&date=lt2025`). An event is in it, where its own interval begins in the
// window: found by cells. Or it reaches into it from before: then the window's lower end lies inside the event's interval.
import type { IndexedParameter, NumberValue, QuantityValue, SearchEntry, SearchValue } from '../../fhir';
import type { ValueKeys } from './forms';
import type { Order } from './orders';
import type { PlannedClause } from './planned-clause';
import { dateCells, measureName, measureOf, rangeKeys, rangeOf, type Measure } from './range-keys';

type RangeOf = (entry: SearchEntry) => { readonly low: number; readonly high: number } | undefined;

/** Selects what begins inside the event's interval. A parameter with windows has one entry at most. */
function beginsInside(name: string, of: RangeOf): Order {
  const first = (entries: readonly SearchEntry[]) => entries.map(of).find((range) => range !== undefined);
  return {
    name: `${name} begins inside`,
    direction: 'up',
    isStrict: false,
    startOf: (entries) => first(entries)?.low,
    endOf: (entries) => first(entries)?.high,
  };
}

const dateOrder = beginsInside('date', (entry) => (entry.kind === 'date' ? entry : undefined));

type Numeric = NumberValue | QuantityValue;

function isNumeric(value: SearchValue): value is Numeric {
  return value.kind === 'number' || value.kind === 'quantity';
}

function isSame(one: Measure, other: Measure): boolean {
  return one.code === other.code && one.unit === other.unit;
}

interface Ends {
  readonly from: SearchValue;
  readonly to: SearchValue;
  readonly low: number;
  readonly high: number;
}

function keysBetween({ from, to, low, high }: Ends): { keys: ValueKeys; order: Order } | undefined {
  if (from.kind === 'date' && to.kind === 'date') return { keys: dateCells(low, high + 1), order: dateOrder };
  if (!isNumeric(from) || !isNumeric(to)) return undefined;
  const measure = measureOf(from);
  const keys = isSame(measure, measureOf(to)) ? rangeKeys(from, low, high) : undefined;
  if (!keys) return undefined;
  return { keys, order: beginsInside(measureName(measure), (entry) => rangeOf(entry, measure)) };
}

function windowOf(lower: PlannedClause, upper: PlannedClause): PlannedClause | undefined {
  const [from, to] = [lower.clause.values[0]!, upper.clause.values[0]!];
  const [low, high] = [lower.bound!.at, upper.bound!.at];
  const found = low <= high ? keysBetween({ from, to, low, high }) : undefined;
  return found && { ...lower, values: [found.keys], window: { order: found.order, at: low } };
}

function isBounding(clause: PlannedClause, prefixes: readonly string[], parameter: IndexedParameter): boolean {
  const [value] = clause.clause.values;
  if (clause.parameter !== parameter || !clause.bound || value === undefined || !('prefix' in value)) return false;
  return prefixes.includes(value.prefix);
}

/** In: the clauses of a query. Out: the same, but where two of them bound a parameter that finds one element, the lower one has keys as well. */
export function withWindows(clauses: readonly PlannedClause[]): readonly PlannedClause[] {
  return clauses.map((lower) => {
    const { parameter } = lower;
    if (!parameter.isSingle || !isBounding(lower, ['gt', 'ge'], parameter)) return lower;
    const upper = clauses.find((clause) => isBounding(clause, ['lt', 'le'], parameter));
    return (upper && windowOf(lower, upper)) ?? lower;
  });
}
