// Every date, dateTime, instant, Period and Timing is an interval [low, high) of milliseconds, as wide as its precision.
// http://hl7.org/fhir/R4/search.html#date — values without a zone are UTC.

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const pattern =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+\- ](?:0\d|1[0-4]):[0-5]\d)?)?)?)?$/;
const minuteMs = 60_000;

/** Where the years 0001 … 9999 begin and end. */
export const firstInstant = utc(1, 0);
export const lastInstant = utc(10_000, 0);

function utc(year: number, month: number, day = 1): number {
  return new Date(0).setUTCFullYear(year, month, day);
}

/** A blank stands for `+`: that is what a query string makes of it. */
function offsetMs(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return (zone.startsWith('-') ? -minutes : minutes) * minuteMs;
}

function dayStart(year: number, month: number, day: number): number | undefined {
  if (year < 1 || month < 1 || month > 12 || day < 1) return undefined;
  const low = utc(year, month - 1, day);
  // 31 April rolls over into May: no such day.
  return new Date(low).getUTCDate() === day ? low : undefined;
}

function timeInterval(dayLow: number, match: RegExpExecArray): Interval | undefined {
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6] ?? 0)];
  // Second 60 is a leap second; it counts as the beginning of the next minute.
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const fraction = match[7] === undefined ? 0 : Number(match[7].slice(0, 3).padEnd(3, '0'));
  const low = dayLow + ((hour * 60 + minute) * 60 + second) * 1000 + fraction - offsetMs(match[8]);
  const width = match[7] !== undefined ? 1 : match[6] === undefined ? minuteMs : 1000;
  // A zone may push the first or last hours out of the years that can be written (and indexed).
  return low < firstInstant || low + width > lastInstant ? undefined : { low, high: low + width };
}

/** In: a FHIR date, dateTime or instant. Out: its interval; undefined when the text is none, or names a day that is not. */
export function dateInterval(text: string): Interval | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1)];
  const low = dayStart(year, month, day);
  if (low === undefined) return undefined;
  if (match[4] !== undefined) return timeInterval(low, match);
  if (match[3] !== undefined) return { low, high: low + 24 * 60 * minuteMs };
  return { low, high: match[2] === undefined ? utc(year + 1, 0) : utc(year, month) };
}

type Fields = Readonly<Record<string, unknown>>;

function endOf(value: unknown, side: 'low' | 'high', open: number): number {
  const interval = typeof value === 'string' ? dateInterval(value) : undefined;
  return interval ? interval[side] : open;
}

/** An open end is infinite; a Period with neither end, or one that ends before it starts, is no interval at all. */
export function periodInterval(node: unknown): Interval | undefined {
  const { start, end } = node as Fields;
  const low = endOf(start, 'low', -Infinity);
  const high = endOf(end, 'high', Infinity);
  const isOpen = low === -Infinity && high === Infinity;
  return isOpen || low >= high ? undefined : { low, high };
}

/** The outer limits of a Timing: its events and the bounds of its repeat. */
export function timingInterval(node: unknown): Interval | undefined {
  const { event, repeat } = node as { event?: unknown; repeat?: { boundsPeriod?: unknown } };
  const found: Interval[] = [];
  for (const item of Array.isArray(event) ? (event as unknown[]) : []) {
    const interval = typeof item === 'string' ? dateInterval(item) : undefined;
    if (interval) found.push(interval);
  }
  const bounds = repeat?.boundsPeriod ? periodInterval(repeat.boundsPeriod) : undefined;
  if (bounds) found.push(bounds);
  if (found.length === 0) return undefined;
  return {
    low: Math.min(...found.map((interval) => interval.low)),
    high: Math.max(...found.map((interval) => interval.high)),
  };
}
