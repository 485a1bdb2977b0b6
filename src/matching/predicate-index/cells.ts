// Bounded intervals are filed by cells: the line of times or numbers cut into pieces of 2^level, with the smallest pieces that are not narrower
// than the interval. So an interval touches one cell or two, and a point is in one cell of each level in use.

export interface Cells {
  readonly level: number;
  readonly cells: number[];
}

/** In: [low, high) of whole milliseconds, finite. Out: its level and the cells it touches. */
export function cellsOf(low: number, high: number): Cells {
  let level = 0;
  while (2 ** level < high - low) level += 1;
  return touched(low, high - 1, level);
}

/** Cells are counted exactly up to this power of two. */
const COUNTED_BITS = 50;
/** Far below it the powers of two run out. */
const LEVEL_MIN = -1_000;

/** In: [low, high] of numbers, both ends in it. Out: the same; undefined when an end is infinite. */
export function numberCellsOf(low: number, high: number): Cells | undefined {
  if (!Number.isFinite(low) || !Number.isFinite(high) || low > high) return undefined;
  const largest = Math.max(Math.abs(low), Math.abs(high));
  const level = Math.ceil(Math.max(Math.log2(high - low), Math.log2(largest) - COUNTED_BITS, LEVEL_MIN));
  return touched(low, high, level);
}

function touched(low: number, high: number, level: number): Cells {
  const last = cellOf(high, level);
  const cells: number[] = [];
  for (let cell = cellOf(low, level); cell <= last; cell += 1) cells.push(cell);
  return { level, cells };
}

/** The cell that a point is in; undefined for an open end, which is in none. */
export function cellOf(at: number, level: number): number;
export function cellOf(at: number | undefined, level: number): number | undefined;
export function cellOf(at: number | undefined, level: number): number | undefined {
  return at === undefined || !Number.isFinite(at) ? undefined : Math.floor(at / 2 ** level);
}
