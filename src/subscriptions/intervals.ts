// From rows of the change log to the intervals in which a subscription sees events. Pure.
import { parseSnapshot, type Snapshot } from './snapshot';

/** One change that opened or closed something, as the log holds it. */
export interface IntervalMark {
  readonly opens: boolean;
  readonly closes: boolean;
  readonly criteria: string | null;
  readonly baseUrl: string | null;
  /** As Postgres prints it; null = cleared. */
  readonly snapshot: string | null;
  readonly xid: string;
}

/** Criteria and the time they held for. An absent `opened` reaches back to the beginning; an absent `closed` is open. */
export interface CriteriaInterval {
  readonly criteria: string;
  readonly baseUrl: string;
  readonly opened?: Snapshot;
  readonly closed?: Snapshot;
}

/** In: marks of one incarnation in order of change_no. Out: every interval an unmatched event may still need. */
export function intervalsOf(marks: readonly IntervalMark[]): CriteriaInterval[] {
  const intervals: CriteriaInterval[] = [];
  let open: CriteriaInterval | undefined;
  for (const mark of marks) {
    const snapshot = mark.snapshot === null ? undefined : parseSnapshot(mark.snapshot, mark.xid);
    // Closed with a cleared snapshot: over, and so is everything before it.
    if (mark.closes && snapshot === undefined) intervals.length = 0;
    if (mark.closes && snapshot !== undefined && open !== undefined) intervals.push({ ...open, closed: snapshot });
    if (mark.closes) open = undefined;
    if (mark.opens)
      open = { criteria: mark.criteria ?? '', baseUrl: mark.baseUrl ?? '', ...(snapshot && { opened: snapshot }) };
  }
  return open === undefined ? intervals : [...intervals, open];
}
