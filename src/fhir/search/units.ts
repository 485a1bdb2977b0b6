// Units that measure the same thing are compared as one: UCUM codes are brought to base units. http://unitsofmeasure.org
import { add, decimalOf, divide, multiply, toDouble, withoutZeros, type Decimal } from './decimal';
import { searchLimits } from './limits';

export const UCUM = 'http://unitsofmeasure.org';

/** A unit as quantities are compared by. */
export interface UnitScale {
  /** Equal for all units that measure the same thing; of a unit that can be compared with itself only, `system|code`. */
  readonly key: string;
  readonly toBase: (value: Decimal) => number;
  /** The power of ten that it is of its base unit; undefined when it is none. */
  readonly power?: number;
}

/** What the library tells of a unit. */
interface LibraryUnit {
  readonly magnitude_: number;
  readonly dim_: { readonly dimVec_: readonly number[] | null } | null;
  readonly cnv_: string | null;
  readonly isArbitrary_: boolean;
  readonly moleExp_: number;
}

interface Library {
  getSpecifiedUnit(code: string, use: 'validate'): { readonly status: string; readonly unit: LibraryUnit | null };
}

/** Temperatures begin at different points: K = (value + add) × times / over. */
const temperatures: Readonly<Record<string, { add: string; times: number; over: number }>> = {
  Cel: { add: '273.15', times: 1, over: 1 },
  '[degF]': { add: '459.67', times: 5, over: 9 },
};

let library: Library | undefined;

/** Loaded when the first unit is met: its tables take some 60 ms. */
function units(): Library {
  if (!library) {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const loaded = require('@lhncbc/ucum-lhc') as { UcumLhcUtils: { getInstance(): Library } };
    library = loaded.UcumLhcUtils.getInstance();
  }
  return library;
}

const EXACT_DIGITS = 14;

function shortened(value: number): Decimal {
  return withoutZeros(decimalOf(Number(value.toPrecision(EXACT_DIGITS))));
}

/** The library multiplies with doubles, which leaves noise behind the fourteenth digit. A minute is 60 s, but `/min` is 1/60: kept as a division. */
function scaleBy(magnitude: number): Omit<UnitScale, 'key'> {
  const times = shortened(magnitude);
  if (times.digits === 1n) return { toBase: (value) => toDouble(multiply(value, times)), power: times.exponent };
  const over = shortened(1 / magnitude);
  if (over.digits < times.digits) return { toBase: (value) => toDouble(divide(value, over)) };
  return { toBase: (value) => toDouble(multiply(value, times)) };
}

function temperatureScale(code: string): UnitScale['toBase'] {
  const { add: shift, times, over } = temperatures[code]!;
  const offset = decimalOf(Number(shift));
  return (value) => toDouble(divide(multiply(add(value, offset), decimalOf(times)), decimalOf(over)));
}

function baseKey({ dim_, moleExp_ }: LibraryUnit): string {
  return `ucum:${(dim_?.dimVec_ ?? []).join(',')};${moleExp_}`;
}

function ownScale(system: string, code: string): UnitScale {
  return { key: `${system}|${code}`, toBase: toDouble, power: 0 };
}

function ucumScale(code: string): UnitScale {
  const { unit } = units().getSpecifiedUnit(code, 'validate');
  // Arbitrary units ([iU]) and those on a scale of their own (pH, decibel) are compared with themselves only.
  if (!unit?.dim_ || unit.isArbitrary_ || !(unit.magnitude_ > 0)) return ownScale(UCUM, code);
  if (Object.hasOwn(temperatures, code)) return { key: baseKey(unit), toBase: temperatureScale(code) };
  if (unit.cnv_ !== null) return ownScale(UCUM, code);
  return { key: baseKey(unit), ...scaleBy(unit.magnitude_) };
}

const known = new Map<string, UnitScale>();

/** In: system and code of a quantity. Out: how it is compared. Codes that are not UCUM's are compared with themselves only. */
export function unitScale(system: string, code: string): UnitScale {
  if (system !== UCUM || code.length > searchLimits.unitCharactersMax) return ownScale(system, code);
  let scale = known.get(code);
  if (!scale) {
    scale = ucumScale(code);
    // Codes come from clients: what was met first goes first.
    if (known.size >= searchLimits.unitsKnownMax) known.delete(known.keys().next().value!);
    known.set(code, scale);
  }
  return scale;
}
