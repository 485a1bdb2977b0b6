// Bounded intervals are filed by cells: the time line cut into pieces of 2^level, with the smallest pieces that are not narrower than the
// interval. So an interval touches one cell or two, and a point is in one cell of each level in use.
import type { SearchEntry } from '../../fhir';

/** In: [low, high), finite. Out: its level and the cells it touches. */
export function cellsOf(low: number, high: number): { level: number; cells: number[] } {
  let level = 0;
  while (2 ** level < high - low) level += 1;
  const first = cellOf(low, level);
  const last = cellOf(high - 1, level);
  return { level, cells: first === last ? [first] : [first, last] };
}

function cellOf(at: number, level: number): number {
  return Math.floor(at / 2 ** level);
}

/** The cell in which an entry begins; an open beginning lies in none. */
export function cellForm(level: number): {
  isExact: boolean;
  keysOf(entry: SearchEntry): number | undefined;
} {
  return {
    isExact: false,
    keysOf: (entry) => (entry.kind === 'date' && Number.isFinite(entry.low) ? cellOf(entry.low, level) : undefined),
  };
}
