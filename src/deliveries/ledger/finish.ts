// Finishing: results of attempts enter the ledger under the fence of their slice's epoch, in batches, and drained slices find more or go idle.
import { failpoint, type Tx } from '../../platform';
import type { DeadReason, Verdict } from '../judge';
import { columns, statement } from '../sql';
import type { AttemptNote, OwnedSlice, Window } from './rows';
import { readWaiting, windowsOf, type WantedSlice, type WindowSettings } from './windows';

const lockSlices = statement('lock-slices');
const finish = statement('finish');
const promote = statement('promote');
const idle = statement('idle');

export interface FinishResult extends OwnedSlice {
  readonly eventNo: number;
  readonly keyHash: number;
  readonly verdict: Verdict;
  readonly deadReason?: DeadReason;
  readonly nextAt?: Date;
  /** The outcome's class, as it was answered. */
  readonly class?: string;
  readonly status?: number;
  readonly reason?: string;
  /** True when a request was made: it counts in Herald-Attempt. */
  readonly isSent: boolean;
  /** False when the failure is ours: it does not count against the head. */
  readonly isCharged: boolean;
  /** True when the key has a held_key row, so that its end promotes a follower. */
  readonly isHeld: boolean;
  /** Absent when nothing was tried: the delivery's time was up. */
  readonly attempt?: AttemptNote;
}

export interface Finished {
  /** False: another owner has taken the slice since; recorded as stale, nothing changed. */
  readonly accepted: boolean;
  /** False although accepted: the delivery was no longer waiting. */
  readonly changed: boolean;
}

/** In: results, at most one per ordering key. Out: what came of each, in the same order. Locks the slices in order first. */
export async function finishResults(tx: Tx, results: readonly FinishResult[], now: Date): Promise<Finished[]> {
  if (results.length === 0) return [];
  const { rows } = await tx.query<{ i: number; accepted: boolean; changed: boolean }>(
    finish([...resultColumns(results), ...attemptColumns(results), now]),
  );
  const finished: Finished[] = new Array<Finished>(results.length);
  for (const row of rows) finished[row.i] = row;
  const ended = results.filter(
    (result, index) =>
      result.isHeld && finished[index]!.changed && (result.verdict === 'done' || result.verdict === 'dead'),
  );
  // A statement of its own: its snapshot is taken after the slices were locked.
  if (ended.length > 0)
    await tx.query(
      promote([
        ...columns(
          ended,
          (r) => r.subscriptionKey,
          (r) => r.keyHash,
        ),
        now,
      ]),
    );
  return finished;
}

function resultColumns(results: readonly FinishResult[]): unknown[][] {
  return [
    results.map((_, index) => index),
    ...columns(
      results,
      (r) => r.subscriptionKey,
      (r) => r.sliceNo,
      (r) => r.epoch,
      (r) => r.eventNo,
      (r) => r.keyHash,
      (r) => r.verdict,
      (r) => r.deadReason ?? null,
      (r) => (r.verdict === 'blocked' ? 'infinity' : (r.nextAt ?? null)),
      (r) => r.class ?? null,
      (r) => r.status ?? null,
      (r) => r.reason ?? null,
      (r) => r.isSent,
      (r) => (r.isCharged ? 1 : 0),
    ),
  ];
}

function attemptColumns(results: readonly FinishResult[]): unknown[][] {
  const tried = results.flatMap((result, index) =>
    result.attempt ? [{ index, result, attempt: result.attempt }] : [],
  );
  return columns(
    tried,
    (t) => t.index,
    (t) => t.result.subscriptionKey,
    (t) => t.result.eventNo,
    (t) => t.result.sliceNo,
    (t) => t.result.epoch,
    (t) => t.attempt.number,
    (t) => t.attempt.trigger,
    (t) => t.attempt.configVersion,
    (t) => t.attempt.startedAt,
    (t) => t.attempt.endedAt,
    (t) => t.result.isSent,
    (t) => t.attempt.remoteAddress ?? null,
    (t) => t.attempt.status ?? null,
    (t) => t.attempt.class,
    (t) => t.attempt.reason,
    (t) => t.attempt.excerpt ?? null,
  );
}

/** A slice whose owner has nothing left in hand. */
export interface DrainedSlice extends OwnedSlice, WantedSlice {
  /** True when the owner stops: what is still pending is left to the next owner. */
  readonly isGivenBack: boolean;
  /** True when nothing is in flight, so that the slice may go idle. */
  readonly mayGoIdle: boolean;
  readonly successes: readonly Date[];
  /** Deliveries per second, when measured. */
  readonly rate?: number;
}

export interface Looked {
  readonly slice: DrainedSlice;
  /** lost: another owner has it. idle: given back, due again at dueAt. window: more to do. */
  readonly outcome: 'lost' | 'idle' | 'window';
  readonly window?: Window;
  readonly dueAt?: Date;
}

/** Locks slices in order and says which of them are still held under the same epoch. */
export async function fence(tx: Tx, slices: readonly OwnedSlice[]): Promise<ReadonlySet<string>> {
  if (slices.length === 0) return new Set();
  const { rows } = await tx.query<{
    subscription_key: number;
    slice_no: number;
    epoch: number;
    lease_until: Date | null;
  }>(
    lockSlices(
      columns(
        slices,
        (s) => s.subscriptionKey,
        (s) => s.sliceNo,
      ),
    ),
  );
  return new Set(
    rows.filter((row) => row.lease_until !== null).map((row) => `${row.subscription_key}/${row.slice_no}/${row.epoch}`),
  );
}

/**
 * Looks again in drained slices: those with something to do get a window, the others go idle. Locks them in order first; the looking happens in later
 * statements, so that nothing inserted meanwhile is slept over. They travel together, though some slices may turn out to be lost: nearly all are held.
 */
export async function lookAgain(
  tx: Tx,
  slices: readonly DrainedSlice[],
  settings: WindowSettings & { now: Date },
): Promise<Looked[]> {
  const kept = slices.filter((slice) => !slice.isGivenBack);
  const [held, waiting] = await Promise.all([fence(tx, slices), readWaiting(tx, kept, settings, settings.now)]);
  await failpoint('idle.after-lock');
  const isHeld = (slice: OwnedSlice): boolean => held.has(`${slice.subscriptionKey}/${slice.sliceNo}/${slice.epoch}`);
  const looking = kept.filter(isHeld);
  const windows = await windowsOf(tx, looking, waiting, settings, settings.now);
  const windowOf = new Map(looking.map((slice, index) => [slice, windows[index]!]));
  const idling = slices.filter((slice) => {
    const window = windowOf.get(slice);
    return isHeld(slice) && slice.mayGoIdle && (window === undefined || (window.rows.length === 0 && !window.hasMore));
  });
  const dueAt = await goIdle(tx, idling, settings.now);
  return slices.map((slice): Looked => {
    if (!isHeld(slice)) return { slice, outcome: 'lost' };
    if (dueAt.has(slice)) return { slice, outcome: 'idle', dueAt: dueAt.get(slice) };
    return { slice, outcome: 'window', window: windowOf.get(slice) };
  });
}

async function goIdle(
  tx: Tx,
  slices: readonly DrainedSlice[],
  now: Date,
): Promise<Map<DrainedSlice, Date | undefined>> {
  if (slices.length === 0) return new Map();
  const { rows } = await tx.query<{ subscription_key: number; slice_no: number; due_at: Date | number }>(
    idle([
      ...columns(
        slices,
        (s) => s.subscriptionKey,
        (s) => s.sliceNo,
        (s) => s.epoch,
      ),
      now,
      slices.map((s) => marksText(s.successes)),
      slices.map((s) => s.rate ?? null),
    ]),
  );
  const dueOf = new Map(rows.map((row) => [`${row.subscription_key}/${row.slice_no}`, row.due_at]));
  return new Map(
    slices.map((slice) => {
      const due = dueOf.get(`${slice.subscriptionKey}/${slice.sliceNo}`);
      return [slice, due instanceof Date ? due : undefined];
    }),
  );
}

/** Times as the text of a Postgres array; null leaves the column as it is. */
export function marksText(times: readonly Date[]): string | null {
  return times.length === 0 ? null : `{${times.map((time) => `"${time.toISOString()}"`).join(',')}}`;
}
