// Keys of bounded ranges of times and numbers: the cells that an entry can begin in. What is filed so is verified.
import { comparedRange, type NumberValue, type QuantityValue, type SearchEntry } from '../../fhir';
import { cellOf, cellsOf, numberCellsOf } from './cells';
import { form, type Key, type ValueKeys } from './forms';

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

/** What an entry is measured in, in the way that the measure asks: units are part of the key, not of the form, since clients invent them freely. */
const kinds: Readonly<Record<'plain' | 'code' | 'unit', (entry: SearchEntry) => readonly Measure[]>> = {
  plain: () => [{}],
  code: (entry) => (entry.kind === 'quantity' ? [{ code: entry.code }, { code: entry.label }] : []),
  unit: (entry) => (entry.kind === 'quantity' ? [{ unit: entry.unit?.key }] : []),
};

function kindOf({ code, unit }: Measure): keyof typeof kinds {
  if (unit !== undefined) return 'unit';
  return code === undefined ? 'plain' : 'code';
}

function cellKey({ code, unit }: Measure, cell: number): Key {
  const measured = unit ?? code;
  return measured === undefined ? cell : `${cell} ${measured}`;
}

function entryKeys(entry: SearchEntry, kind: keyof typeof kinds, level: number): Key[] {
  return kinds[kind](entry).flatMap((measure) => {
    if (kindOf(measure) !== kind) return [];
    const cell = cellOf(rangeOf(entry, measure)?.low, level);
    return cell === undefined ? [] : [cellKey(measure, cell)];
  });
}

/** In: [low, high] of what the value is compared by. Out: undefined when it has no end. */
export function rangeKeys(value: NumberValue | QuantityValue, low: number, high: number): ValueKeys | undefined {
  const found = numberCellsOf(low, high);
  if (!found) return undefined;
  const measure = measureOf(value);
  const kind = kindOf(measure);
  const { level, cells } = found;
  const made = form(`cell ${level} ${kind}`, () => ({
    isExact: false,
    keysOf: (entry) => entryKeys(entry, kind, level),
  }));
  return { form: made, keys: cells.map((cell) => cellKey(measure, cell)) };
}
