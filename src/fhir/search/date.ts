// Search type date: intervals compared by prefix. http://hl7.org/fhir/R4/search.html#date and #prefix
import { errorIssue, type Issue } from '../outcome/outcome';
import type { LeafElement } from '../path/compile-path';
import {
  dateInterval,
  firstInstant,
  lastInstant,
  periodInterval,
  timingInterval,
  type Interval,
} from './date-interval';
import { unescapeValue } from './escapes';
import { isInRange, type NumberRange } from './number-range';
import { prefixHint, splitPrefix } from './prefixes';
import type { DateEntry } from './search-entry';
import type { DateValue, SearchPrefix } from './search-query';
import type { EntryCollector, SearchType, ValueContext } from './search-type.contract';

const dayMs = 86_400_000;
/** `ap`: within this part of the distance between now and the date. */
const approximation = 0.1;

function intervalCollector(read: (node: unknown) => Interval | undefined): EntryCollector<DateEntry> {
  return (node, into) => {
    const interval = read(node);
    if (interval) into.push({ kind: 'date', low: interval.low, high: interval.high });
  };
}

const readDate = (node: unknown): Interval | undefined => (typeof node === 'string' ? dateInterval(node) : undefined);
const collectDate = intervalCollector(readDate);

const collectors: Readonly<Record<string, EntryCollector<DateEntry>>> = {
  date: collectDate,
  dateTime: collectDate,
  instant: collectDate,
  Period: intervalCollector(periodInterval),
  Timing: intervalCollector(timingInterval),
};

/** The shortest FHIR text of an interval: 2020, 2020-02, 2020-02-01, or an instant with the precision it has. */
function intervalText(low: number, high: number): string {
  const iso = new Date(low).toISOString();
  const width = high - low;
  if (width === 1) return iso;
  if (width === 1000) return iso.slice(0, 19) + 'Z';
  if (width === 60_000) return iso.slice(0, 16) + 'Z';
  if (width === dayMs) return iso.slice(0, 10);
  return width < 32 * dayMs ? iso.slice(0, 7) : iso.slice(0, 4);
}

/** Prefixes that look at one bound only read the same for every date with that bound. */
function canonicalText(prefix: SearchPrefix, { low, high }: Interval): string {
  if (prefix === 'gt' || prefix === 'sa') return prefix + intervalText(high - 1, high);
  if (prefix === 'lt' || prefix === 'eb') return prefix + intervalText(low, low + 1);
  return (prefix === 'eq' ? '' : prefix) + intervalText(low, high);
}

function approximate({ low, high }: Interval, now: Date): Interval {
  const time = now.getTime();
  const distance = time < low ? low - time : time >= high ? time - high : 0;
  const margin = Math.round(distance * approximation);
  return { low: Math.max(low - margin, firstInstant), high: Math.min(high + margin, lastInstant) };
}

function parse(raw: string, { now, parameter }: ValueContext): DateValue | Issue {
  const { prefix, rest } = splitPrefix(unescapeValue(raw));
  const interval = dateInterval(rest);
  if (!interval) {
    return errorIssue(
      'value',
      `"${raw}" is not a date that ${parameter.code} understands. Write yyyy, yyyy-mm, yyyy-mm-dd or yyyy-mm-ddThh:mm:ssZ, ${prefixHint}`,
    );
  }
  const value = { kind: 'date', prefix, text: canonicalText(prefix, interval) } as const;
  if (prefix !== 'ap') return { ...value, ...interval };
  if (now) return { ...value, ...approximate(interval, now) };
  return errorIssue(
    'not-supported',
    `The prefix ap of "${raw}" means something else every day, so it cannot be used here. Write the bounds with ge and le.`,
  );
}

/** Whole milliseconds: the last one inside instead of the first one after. */
function closed({ low, high }: Interval): NumberRange {
  return { low, high: high - 1 };
}

export const dateType: SearchType<DateValue, DateEntry> = {
  modifiers: [],
  parse,
  entries: (element: LeafElement) => collectors[element.type],
  matches: (entry, value) => isInRange(closed(entry), value.prefix, closed(value)),
};
