// Numbers as people write them, digit by digit: 0.1 + 0.2 is 0.3 here. A bound is computed exactly and rounded once, to the nearest
// double; rounding keeps the order, so comparing the doubles is comparing the decimals (up to the 15 digits that a double tells apart).
// http://hl7.org/fhir/R4/search.html#number

/** digits × 10^exponent. */
export interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

// A blank stands for `+`: that is what a query string makes of it.
const pattern = /^([+\- ]?)(\d+)(?:\.(\d+))?(?:[eE]([+\- ]?\d{1,3}))?$/;
const DIGITS_MAX = 40;

/** In: `5.40`, `-1e2`. Out: its value, with the zeros that were written; undefined when it is none, or beyond what a double holds. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', power = '0'] = match;
  if (whole.length + fraction.length > DIGITS_MAX) return undefined;
  const digits = BigInt(whole + fraction);
  const decimal = { digits: sign === '-' ? -digits : digits, exponent: Number(power.trim()) - fraction.length };
  return Number.isFinite(toDouble(decimal)) ? decimal : undefined;
}

/** The number of a JSON document, by its shortest text. */
export function decimalOf(value: number): Decimal {
  const decimal = parseDecimal(String(value));
  if (!decimal) throw new Error(`${value} is no number of a JSON document`);
  return decimal;
}

/** The nearest double. */
export function toDouble({ digits, exponent }: Decimal): number {
  return Number(`${digits}e${exponent}`);
}

export function multiply(one: Decimal, other: Decimal): Decimal {
  return { digits: one.digits * other.digits, exponent: one.exponent + other.exponent };
}

export function add(one: Decimal, other: Decimal): Decimal {
  const exponent = Math.min(one.exponent, other.exponent);
  return { digits: digitsAt(one, exponent) + digitsAt(other, exponent), exponent };
}

function digitsAt({ digits, exponent }: Decimal, wanted: number): bigint {
  return digits * 10n ** BigInt(exponent - wanted);
}

const QUOTIENT_DIGITS = 40;

/** Exact, or to some forty digits. */
export function divide({ digits, exponent }: Decimal, by: Decimal): Decimal {
  return {
    digits: (digits * 10n ** BigInt(QUOTIENT_DIGITS)) / by.digits,
    exponent: exponent - by.exponent - QUOTIENT_DIGITS,
  };
}

/**
 * Half of what the way it is written leaves open: 100 means 99.5 … 100.5, 5.40 means 5.395 … 5.405. Zeros that an exponent stands for
 * count a tenth, as the example of the specification has it: 1e2 means 95 … 105.
 */
export function halfWidth({ exponent }: Decimal): Decimal {
  return { digits: 5n, exponent: exponent >= 1 ? exponent - 2 : exponent - 1 };
}

export function negative({ digits, exponent }: Decimal): Decimal {
  return { digits: -digits, exponent };
}

/** Places after the point that are written out. */
const PLACES_MAX = 20;

/** Text that reads back to the same value and precision. */
export function precisionText({ digits, exponent }: Decimal): string {
  if (exponent > 0 || exponent < -PLACES_MAX) return `${digits}e${exponent}`;
  const text = String(digits < 0n ? -digits : digits).padStart(1 - exponent, '0');
  const sign = digits < 0n ? '-' : '';
  if (exponent === 0) return sign + text;
  return `${sign}${text.slice(0, exponent)}.${text.slice(exponent)}`;
}

/** The same value without zeros at the end. */
export function withoutZeros(decimal: Decimal): Decimal {
  let { digits, exponent } = decimal;
  if (digits === 0n) return { digits, exponent: 0 };
  while (digits % 10n === 0n) {
    digits /= 10n;
    exponent += 1;
  }
  return { digits, exponent };
}

/** Text that reads back to the same value, however precise it was written: 5.40 and 5.4 give the same. */
export function valueText(decimal: Decimal): string {
  return precisionText(withoutZeros(decimal));
}

const bits = new DataView(new ArrayBuffer(8));

/** The greatest double below. */
export function doubleBefore(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  if (value === -Infinity) return value;
  bits.setFloat64(0, value);
  bits.setBigInt64(0, bits.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return bits.getFloat64(0);
}

/** The least double above. */
export function doubleAfter(value: number): number {
  return -doubleBefore(-value);
}
