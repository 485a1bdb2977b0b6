// How numbers are compared: every target is an interval [low, high] of doubles with both ends in it (a plain number is one point), and
// so is what a value asks for. `eq` and `ne` ask by the precision that was written, the other prefixes by the very number.
// http://hl7.org/fhir/R4/search.html#prefix
import { add, halfWidth, multiply, negative, precisionText, toDouble, valueText, doubleBefore } from './decimal';
import type { Decimal } from './decimal';
import type { SearchPrefix } from './search-query';

export interface NumberRange {
  readonly low: number;
  readonly high: number;
}

/** `ap`: within this part of the number. */
const approximation: Decimal = { digits: 1n, exponent: -1 };

function around(decimal: Decimal, margin: Decimal): readonly [Decimal, Decimal] {
  return [add(decimal, negative(margin)), add(decimal, margin)];
}

/** In: a prefix, the number as written, and how it is turned into the double that is compared. Out: what is asked for. */
export function wantedRange(
  prefix: SearchPrefix,
  decimal: Decimal,
  asDouble: (decimal: Decimal) => number = toDouble,
): NumberRange {
  if (prefix === 'eq' || prefix === 'ne') {
    const [low, high] = around(decimal, halfWidth(decimal));
    return { low: asDouble(low), high: doubleBefore(asDouble(high)) };
  }
  if (prefix === 'ap') {
    const size = decimal.digits < 0n ? negative(decimal) : decimal;
    const [low, high] = around(decimal, multiply(size, approximation));
    return { low: asDouble(low), high: asDouble(high) };
  }
  const at = asDouble(decimal);
  return { low: at, high: at };
}

/** Only `eq` and `ne` depend on the zeros that were written. */
export function numberText(prefix: SearchPrefix, decimal: Decimal): string {
  if (prefix === 'eq') return precisionText(decimal);
  return prefix + (prefix === 'ne' ? precisionText(decimal) : valueText(decimal));
}

function contains(outer: NumberRange, inner: NumberRange): boolean {
  return inner.low >= outer.low && inner.high <= outer.high;
}

/** Whether the target is what is asked for; the same in SQL: store/search/range.sql.ts. */
export function isInRange(target: NumberRange, prefix: SearchPrefix, wanted: NumberRange): boolean {
  switch (prefix) {
    case 'eq':
      return contains(wanted, target);
    case 'ne':
      return !contains(wanted, target);
    case 'gt':
      return target.high > wanted.high;
    case 'lt':
      return target.low < wanted.low;
    case 'ge':
      return target.high > wanted.high || contains(wanted, target);
    case 'le':
      return target.low < wanted.low || contains(wanted, target);
    case 'sa':
      return target.low > wanted.high;
    case 'eb':
      return target.high < wanted.low;
    case 'ap':
      return target.low <= wanted.high && target.high >= wanted.low;
  }
}
