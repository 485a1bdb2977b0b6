// Keys of bounded ranges of times and numbers: the cells that an entry can begin in. What is filed so is verified.
import { comparedRange, type NumberValue, type QuantityValue, type SearchEntry } from '../../fhir';
import { cellOf, cellsOf, numberCellsOf } from './cells';
import { form, type ValueKeys } from './forms';

/** In: [low, high) in milliseconds. */
export function dateCells(low: number, high: number): ValueKeys {
  const { level, cells } = cellsOf(low, high);
  const made = form(`cell ${level}`, () => ({
    isExact: false,
    keysOf: (entry) => (entry.kind === 'date' ? cellOf(entry.low, level) : undefined),
  }));
  return { form: made, keys: cells };
}

/** What quantities are compared by: without a unit, by a code as written, or in base units. */
export type Measure = Pick<QuantityValue, 'code' | 'unit'>;

export function measureOf(value: NumberValue | QuantityValue): Measure {
  return value.kind === 'quantity' ? { code: value.code, unit: value.unit } : {};
}

export function measureName({ code, unit }: Measure): string {
  if (unit !== undefined) return `number in ${unit}`;
  return code === undefined ? 'number' : `number of ${code}`;
}

/** The numbers of an entry that are compared by this measure. */
export function rangeOf(
  entry: SearchEntry,
  measure: Measure,
): { readonly low: number; readonly high: number } | undefined {
  if (entry.kind === 'number') return entry;
  return entry.kind === 'quantity' ? comparedRange(entry, measure) : undefined;
}

/** In: [low, high] of what the value is compared by. Out: undefined when it has no end. */
export function rangeKeys(value: NumberValue | QuantityValue, low: number, high: number): ValueKeys | undefined {
  const found = numberCellsOf(low, high);
  if (!found) return undefined;
  const measure = measureOf(value);
  const { level, cells } = found;
  const made = form(`cell ${level} of ${measureName(measure)}`, () => ({
    isExact: false,
    keysOf: (entry) => cellOf(rangeOf(entry, measure)?.low, level),
  }));
  return { form: made, keys: cells };
}
