// Postgres snapshots in memory: which transactions had committed when an interval opened or closed.
// The meaning is that of pg_visible_in_snapshot: https://www.postgresql.org/docs/current/functions-info.html

/** A parsed pg_snapshot. `text` is the form Postgres printed, the identity of the snapshot in the database. */
export interface Snapshot {
  readonly text: string;
  /** Every transaction below was finished. */
  readonly xmin: number;
  /** No transaction from here on was. */
  readonly xmax: number;
  /** Transactions between the two that were still running, or that count as not yet visible. */
  readonly running: ReadonlySet<number>;
}

/**
 * Parses `xmin:xmax:xip,…`. `ownXid` is the transaction that took the snapshot: Postgres leaves it out of the list, so it would look
 * finished; here it counts as running, because what the opening transaction itself wrote lies inside the interval it opens.
 * Throws on anything else, and on numbers beyond 2^53.
 */
export function parseSnapshot(text: string, ownXid?: string): Snapshot {
  const match = /^(\d+):(\d+):((?:\d+(?:,\d+)*)?)$/.exec(text);
  if (match === null) throw new Error(`Not a snapshot: ${text}`);
  const [, xmin, xmax, list] = match;
  const running = new Set((list === '' ? [] : list!.split(',')).map(safeXid));
  if (ownXid !== undefined) running.add(safeXid(ownXid));
  return { text, xmin: safeXid(xmin!), xmax: safeXid(xmax!), running };
}

/** True when transaction `xid` had committed (or was over) when the snapshot was taken. */
export function isVisible(xid: string | number, snapshot: Snapshot): boolean {
  const number = typeof xid === 'number' ? xid : safeXid(xid);
  if (number >= snapshot.xmax) return false;
  return !snapshot.running.has(number);
}

/** What an interval needs to judge a transaction; an absent snapshot was cleared: nothing unmatched is older than it. */
export interface SnapshotInterval {
  readonly opened?: Snapshot;
  readonly closed?: Snapshot;
}

/** True when what `xid` wrote was committed inside the interval. */
export function isInside(xid: number, interval: SnapshotInterval): boolean {
  if (interval.opened !== undefined && isVisible(xid, interval.opened)) return false;
  return interval.closed === undefined || isVisible(xid, interval.closed);
}

/** A transaction number as a JS number. Throws when it cannot be one exactly. */
export function safeXid(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`Not a transaction number: ${text}`);
  return number;
}
