// What an owner finds to do in its slices. Runs inside a transaction that has locked them, so that nobody moves rows meanwhile.
import { groupBy, type Tx } from '../../platform';
import { HELD_HEADS_MAX } from '../limits';
import { columns, statement } from '../sql';
import { loadResends, type FoundResends } from './resends';
import {
  sliceKey,
  waitingOf,
  type DeliveryRow,
  type HeldHead,
  type SliceId,
  type WaitingDelivery,
  type Window,
} from './rows';

const loadPending = statement('load-pending');
const loadHeld = statement('load-held');
const makeBusy = statement('make-busy');
const promote = statement('promote');

export interface WindowSettings {
  readonly windowRows: number;
  /** A key with more rows than this in a full window is held as busy. */
  readonly busyRows: number;
}

export interface WantedSlice extends SliceId {
  /** Rows to look at; more than a window when the last look met only followers of held keys. */
  readonly lookAt: number;
  /** Event numbers the owner already has in hand: not reported again. */
  readonly inHand?: ReadonlySet<number>;
  /** Keys the owner is working on: not made busy meanwhile. */
  readonly keysInHand?: ReadonlySet<number>;
  /** Also look for what is to be sent again. */
  readonly wantsResends?: boolean;
}

type PendingRow = DeliveryRow & { readonly is_held: boolean };
type HeldRow = Omit<DeliveryRow, 'event_no'> & {
  event_no: number | null;
  kind: HeldHead['kind'];
  head_attempts: number;
  first_failed_at: Date | null;
  class: string | null;
};

/** What waits in slices, by slice: rows of their windows, and heads of held keys. */
export interface WaitingRows {
  readonly pendingOf: ReadonlyMap<string, readonly PendingRow[]>;
  readonly heldOf: ReadonlyMap<string, readonly HeldRow[]>;
}

/** Reads what waits in these slices, and moves followers of held keys behind. They are locked by a statement sent before: both are asked for at once. */
export async function readWaiting(
  tx: Tx,
  slices: readonly WantedSlice[],
  settings: WindowSettings,
  now: Date,
): Promise<WaitingRows> {
  if (slices.length === 0) return { pendingOf: new Map(), heldOf: new Map() };
  const [keys, numbers, look] = columns(
    slices,
    (s) => s.subscriptionKey,
    (s) => s.sliceNo,
    (s) => s.lookAt,
  ) as [unknown[], unknown[], unknown[]];
  const [pending, held] = await Promise.all([
    tx.query<PendingRow>(loadPending([keys, numbers, look])),
    tx.query<HeldRow>(loadHeld([keys, numbers, now, HELD_HEADS_MAX, settings.busyRows])),
  ]);
  return { pendingOf: groupBy(pending.rows, sliceOf), heldOf: groupBy(held.rows, sliceOf) };
}

/** In: locked slices, and what was read of them (of others too, which is left alone). Out: a window for each, in the same order. Makes crowding keys busy. */
export async function windowsOf(
  tx: Tx,
  slices: readonly WantedSlice[],
  { pendingOf, heldOf }: WaitingRows,
  settings: WindowSettings,
  now: Date,
): Promise<Window[]> {
  if (slices.length === 0) return [];
  await letGo(
    tx,
    slices.flatMap((slice) => heldOf.get(sliceKey(slice)) ?? []),
    now,
  );
  const looks = slices.map((slice) => {
    const rows = pendingOf.get(sliceKey(slice)) ?? [];
    return { slice, rows, crowds: crowdingKeys(slice, rows, settings) };
  });
  await holdAsBusy(tx, looks, now);
  const resends = await loadResends(
    tx,
    slices.filter((slice) => slice.wantsResends),
    now,
  );
  const windows = looks.map(({ slice, rows, crowds }) => ({
    subscriptionKey: slice.subscriptionKey,
    sliceNo: slice.sliceNo,
    rows: ownRows(slice, rows, heldOf.get(sliceKey(slice)) ?? [], crowds),
    hasMore: rows.length >= slice.lookAt,
  }));
  if (resends.size === 0) return windows;
  return windows.map((window, index) => withResends(window, slices[index]!, resends.get(sliceKey(window))));
}

/** What is sent again leaves before what waits with the same key: it is older. */
function withResends(window: Window, slice: WantedSlice, found: FoundResends | undefined): Window {
  if (found === undefined) return window;
  const again = found.rows.filter((row) => !slice.inHand?.has(row.eventNo));
  const others = window.rows.filter((row) => !found.laterKeys.has(row.keyHash));
  return { ...window, rows: [...again, ...others], hasMore: window.hasMore || found.laterKeys.size > 0 };
}

type Look = { slice: WantedSlice; rows: readonly PendingRow[]; crowds: ReadonlySet<number> };

function ownRows(
  slice: WantedSlice,
  pending: Look['rows'],
  held: readonly HeldRow[],
  crowds: ReadonlySet<number>,
): WaitingDelivery[] {
  const busy: HeldHead = { kind: 'busy', attempts: 0 };
  const heads = held
    .filter((row): row is HeldRow & { event_no: number } => row.event_no !== null)
    .map((row) => waitingOf(row, headOf(row)));
  const others = pending
    .filter((row) => !row.is_held)
    .map((row) => waitingOf(row, crowds.has(row.key_hash) ? busy : undefined));
  return [...heads, ...others].filter((row) => !slice.inHand?.has(row.eventNo));
}

function headOf(row: HeldRow): HeldHead {
  return {
    kind: row.kind,
    attempts: row.head_attempts,
    firstFailedAt: row.first_failed_at ?? undefined,
    class: row.class ?? undefined,
  };
}

/** Keys that fill too much of a full window, so that the rest of the slice would wait for them. */
function crowdingKeys(slice: WantedSlice, rows: Look['rows'], settings: WindowSettings): ReadonlySet<number> {
  if (rows.length < slice.lookAt) return new Set();
  const counts = new Map<number, number>();
  for (const row of rows) if (!row.is_held) counts.set(row.key_hash, (counts.get(row.key_hash) ?? 0) + 1);
  return new Set(
    [...counts].filter(([key, count]) => count > settings.busyRows && !slice.keysInHand?.has(key)).map(([key]) => key),
  );
}

async function holdAsBusy(tx: Tx, looks: readonly Look[], now: Date): Promise<void> {
  const rows = looks.flatMap(({ rows, crowds }) => rows.filter((row) => !row.is_held && crowds.has(row.key_hash)));
  if (rows.length === 0) return;
  const heads = new Map<string, DeliveryRow>();
  for (const row of rows) {
    const key = `${row.subscription_key}/${row.key_hash}`;
    if (!heads.has(key)) heads.set(key, row);
  }
  await tx.query(
    makeBusy([
      ...columns(
        [...heads.values()],
        (h) => h.subscription_key,
        (h) => h.key_hash,
        (h) => h.slice_no,
        (h) => h.event_no,
      ),
      now,
      ...columns(
        rows,
        (row) => row.subscription_key,
        (row) => row.event_no,
      ),
    ]),
  );
}

/** A held key whose head is not waiting would stay due for ever; only a fault can leave one, and it is let go here. */
async function letGo(tx: Tx, held: readonly HeldRow[], now: Date): Promise<void> {
  const orphans = held.filter((row) => row.event_no === null);
  if (orphans.length === 0) return;
  await tx.query(
    promote([
      ...columns(
        orphans,
        (row) => row.subscription_key,
        (row) => row.key_hash,
      ),
      now,
    ]),
  );
}

function sliceOf(row: { readonly subscription_key: number; readonly slice_no: number }): string {
  return sliceKey({ subscriptionKey: row.subscription_key, sliceNo: row.slice_no });
}
