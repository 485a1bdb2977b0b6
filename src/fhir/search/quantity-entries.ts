// What quantities, money, ranges and series of samples are found by: an interval of numbers, as written and in base units.
import { add, decimalOf, doubleAfter, doubleBefore, multiply, parseDecimal, toDouble } from './decimal';
import { storableText } from './fold';
import type { NumberRange } from './number-range';
import type { QuantityEntry } from './search-entry';
import type { EntryCollector } from './search-type.contract';
import { unitScale, type UnitScale } from './units';

/** Currencies of Money: http://hl7.org/fhir/R4/datatypes.html#Money */
const CURRENCIES = 'urn:iso:std:iso:4217';

interface Measure {
  readonly value?: unknown;
  readonly comparator?: unknown;
  readonly system?: unknown;
  readonly code?: unknown;
  readonly unit?: unknown;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? storableText(value) : undefined;
}

/** Infinite ends stay infinite in every unit. */
function inBase(value: number, { toBase, power }: UnitScale): number {
  if (!Number.isFinite(value) || power === 0) return value;
  // Nearly every unit is a power of ten of its base: then the text of the number says it all.
  const text = String(value);
  return power !== undefined && !text.includes('e') ? Number(`${text}e${power}`) : toBase(decimalOf(value));
}

function rangeInBase({ low, high }: NumberRange, scale: UnitScale): NumberRange {
  const lowInBase = inBase(low, scale);
  return { low: lowInBase, high: low === high ? lowInBase : inBase(high, scale) };
}

/** `range` may exclude its ends, which double arithmetic says as the next double inside. */
function entryOf(range: NumberRange, open: { low: boolean; high: boolean }, measure: Measure): QuantityEntry {
  const closed = ({ low, high }: NumberRange): NumberRange => ({
    low: open.low ? doubleAfter(low) : low,
    high: open.high ? doubleBefore(high) : high,
  });
  const [system, code, label] = [textOf(measure.system), textOf(measure.code), textOf(measure.unit)];
  const entry = { kind: 'quantity', ...closed(range), code, label } as const;
  if (system === undefined || code === undefined) return { ...entry, unit: undefined };
  const scale = unitScale(system, code);
  const { low, high } = closed(rangeInBase(range, scale));
  return { ...entry, unit: { key: scale.key, low, high } };
}

const closedEnds = { low: false, high: false };

/** A comparator says that the value lies on one side of what is written. */
function collectQuantity(node: unknown, into: QuantityEntry[]): void {
  const measure = node as Measure;
  const { value, comparator } = measure;
  if (typeof value !== 'number' || !Number.isFinite(value)) return;
  const isAbove = comparator === '>' || comparator === '>=';
  const isBelow = comparator === '<' || comparator === '<=';
  const range = { low: isBelow ? -Infinity : value, high: isAbove ? Infinity : value };
  into.push(entryOf(range, { low: comparator === '>', high: comparator === '<' }, measure));
}

function collectMoney(node: unknown, into: QuantityEntry[]): void {
  const { value, currency } = node as { value?: unknown; currency?: unknown };
  collectQuantity({ value, system: CURRENCIES, code: currency }, into);
}

function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** An end that is not given is infinite. A range whose ends have different units has no order. */
function collectRange(node: unknown, into: QuantityEntry[]): void {
  const { low, high } = node as { low?: Measure; high?: Measure };
  const [from, to] = [finite(low?.value), finite(high?.value)];
  const measure = from === undefined ? high : low;
  if (measure === undefined || (from === undefined && to === undefined)) return;
  const isOneUnit = high === undefined || (high.code === measure.code && high.unit === measure.unit);
  const range = { low: from ?? -Infinity, high: to ?? Infinity };
  if (isOneUnit && range.low <= range.high) into.push(entryOf(range, closedEnds, measure));
}

interface Samples {
  readonly origin?: Measure;
  readonly factor?: unknown;
  readonly data?: unknown;
}

/** A sample: a number, `L` or `U` beyond what could be measured, `E` for none. */
function sampleOf(text: string): number {
  if (text === 'L') return -Infinity;
  if (text === 'U') return Infinity;
  return parseDecimal(text) ? Number(text) : NaN;
}

/** From the least to the greatest of the samples. */
function collectSamples(node: unknown, into: QuantityEntry[]): void {
  const { origin = {}, factor, data } = node as Samples;
  const ends = { low: Infinity, high: -Infinity };
  for (const text of typeof data === 'string' ? data.split(' ') : []) {
    const sample = sampleOf(text);
    if (sample < ends.low) ends.low = sample;
    if (sample > ends.high) ends.high = sample;
  }
  if (ends.low > ends.high) return;
  const times = decimalOf(finite(factor) ?? 1);
  const start = decimalOf(finite(origin.value) ?? 0);
  const measured = (sample: number): number =>
    Number.isFinite(sample) ? toDouble(add(start, multiply(times, decimalOf(sample)))) : sample;
  const [one, other] = [measured(ends.low), measured(ends.high)];
  into.push(entryOf({ low: Math.min(one, other), high: Math.max(one, other) }, closedEnds, origin));
}

function collectNumber(node: unknown, into: QuantityEntry[]): void {
  if (typeof node === 'number') collectQuantity({ value: node }, into);
}

/** By FHIR type of the element. */
export const quantityCollectors: Readonly<Record<string, EntryCollector<QuantityEntry>>> = {
  Quantity: collectQuantity,
  SimpleQuantity: collectQuantity,
  MoneyQuantity: collectQuantity,
  Age: collectQuantity,
  Count: collectQuantity,
  Distance: collectQuantity,
  Duration: collectQuantity,
  Money: collectMoney,
  Range: collectRange,
  SampledData: collectSamples,
  decimal: collectNumber,
  integer: collectNumber,
};
