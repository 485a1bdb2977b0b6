// The ledger of one subscription as plain data: what every transaction on slices, held keys and deliveries does, without SQL.
import { hash53 } from '../../../src/platform';
import type { FinishResult, Finished } from '../../../src/deliveries/ledger/finish';
import type { WaitingDelivery } from '../../../src/deliveries/ledger/rows';

export interface Row {
  eventNo: number;
  keyHash: number;
  sliceNo: number;
  state: string;
  attempts: number;
}
export interface Held {
  keyHash: number;
  sliceNo: number;
  kind: 'retry' | 'busy';
  head: number;
  nextAt: number;
  attempts: number;
}
export interface SliceState {
  sliceNo: number;
  epoch: number;
  leaseUntil: number | null;
  dueAt: number;
}
/** What both ledgers must agree on after every step. Times are milliseconds. */
export interface Snapshot {
  rows: Row[];
  held: Held[];
  slices: SliceState[];
  barriers: number[];
}

export interface ModelSettings {
  slices: number;
  windowRows: number;
  busyRows: number;
  leaseMs: number;
}

export interface LoadedWindow {
  sliceNo: number;
  epoch: number;
  leaseUntil: number;
  rows: { eventNo: number; keyHash: number; heldKind?: string; heldAttempts?: number; isResend?: true }[];
  hasMore: boolean;
}

export interface LookRequest {
  sliceNo: number;
  epoch: number;
  lookAt: number;
  inHand: ReadonlySet<number>;
  keysInHand: ReadonlySet<number>;
  isGivenBack: boolean;
  mayGoIdle: boolean;
}
export type LookAnswer =
  { outcome: 'lost' | 'idle' } | { outcome: 'window'; rows: LoadedWindow['rows']; hasMore: boolean };

export type Ordering = 'focus' | 'subscription';
export const WAITING = new Set(['pending', 'held', 'behind']);

export class LedgerModel {
  protected readonly rows: Row[] = [];
  protected readonly held = new Map<number, Held>();
  protected readonly slices = new Map<number, SliceState>();
  protected barriers: number[] = [];
  protected ordering: Ordering = 'focus';

  constructor(protected readonly settings: ModelSettings) {}

  schedule(now: number, ids: readonly string[]): void {
    for (const id of ids) {
      const keyHash = this.ordering === 'subscription' ? 0 : hash53(`Patient/${id}`);
      const sliceNo = keyHash % this.settings.slices;
      this.rows.push({ eventNo: this.rows.length + 1, keyHash, sliceNo, state: 'pending', attempts: 0 });
      const slice = this.slices.get(sliceNo);
      if (!slice) this.slices.set(sliceNo, { sliceNo, epoch: 0, leaseUntil: null, dueAt: now });
      else if (slice.leaseUntil === null && slice.dueAt > now) slice.dueAt = now;
    }
  }

  switchOrdering(ordering: Ordering): void {
    const last = this.rows.length;
    if (ordering !== this.ordering && this.isWaiting(last) && !this.barriers.includes(last)) this.barriers.push(last);
    this.ordering = ordering;
  }

  claim(now: number): LoadedWindow[] {
    const due = [...this.slices.values()].filter((slice) => slice.dueAt <= now).sort((a, b) => a.sliceNo - b.sliceNo);
    for (const slice of due) {
      slice.epoch += 1;
      slice.leaseUntil = slice.dueAt = now + this.settings.leaseMs;
    }
    return due.map((slice) => ({
      sliceNo: slice.sliceNo,
      epoch: slice.epoch,
      leaseUntil: slice.leaseUntil!,
      ...this.load(slice.sliceNo, this.settings.windowRows, now),
    }));
  }

  finish(results: readonly FinishResult[], now: number): Finished[] {
    const finished = results.map((result) => {
      const accepted = this.slices.get(result.sliceNo)!.epoch === result.epoch;
      const row = this.rows[result.eventNo - 1]!;
      const changed = accepted && WAITING.has(row.state);
      if (changed) this.apply(result, row, now);
      return { accepted, changed };
    });
    for (const [index, result] of results.entries()) {
      if (finished[index]!.changed && result.isHeld && result.verdict !== 'retry') this.promote(result.keyHash, now);
    }
    return finished;
  }

  renew(slices: readonly { sliceNo: number; epoch: number }[], until: number): number[] {
    const kept = slices.filter(({ sliceNo, epoch }) => this.isHeldBy(sliceNo, epoch));
    for (const { sliceNo } of kept) {
      const slice = this.slices.get(sliceNo)!;
      slice.leaseUntil = slice.dueAt = until;
    }
    return kept.map(({ sliceNo }) => sliceNo).sort((a, b) => a - b);
  }

  look(requests: readonly LookRequest[], now: number): LookAnswer[] {
    return requests.map((request): LookAnswer => {
      if (!this.isHeldBy(request.sliceNo, request.epoch)) return { outcome: 'lost' };
      const window = request.isGivenBack ? undefined : this.load(request.sliceNo, request.lookAt, now, request);
      if (request.mayGoIdle && (!window || (window.rows.length === 0 && !window.hasMore))) {
        this.goIdle(request.sliceNo, now);
        return { outcome: 'idle' };
      }
      return { outcome: 'window', rows: window?.rows ?? [], hasMore: window?.hasMore ?? false };
    });
  }

  passBarriers(now: number): void {
    const standing = this.barriers.filter((barrier) => this.isWaiting(barrier));
    if (standing.length === this.barriers.length) return;
    this.barriers = standing;
    for (const slice of this.slices.values()) if (slice.leaseUntil === null && slice.dueAt > now) slice.dueAt = now;
  }

  snapshot(): Snapshot {
    const copy = <T extends object>(list: Iterable<T>, by: (item: T) => number): T[] =>
      [...list].map((item) => ({ ...item })).sort((a, b) => by(a) - by(b));
    return {
      rows: copy(this.rows, (row) => row.eventNo),
      held: copy(this.held.values(), (held) => held.keyHash),
      slices: copy(this.slices.values(), (slice) => slice.sliceNo),
      barriers: [...this.barriers],
    };
  }

  protected get ceiling(): number {
    return this.barriers[0] ?? Infinity;
  }

  protected isWaiting(upTo: number): boolean {
    return this.rows.some((row) => row.eventNo <= upTo && WAITING.has(row.state));
  }

  protected isHeldBy(sliceNo: number, epoch: number): boolean {
    const slice = this.slices.get(sliceNo);
    return slice?.epoch === epoch && slice.leaseUntil !== null;
  }

  protected load(
    sliceNo: number,
    lookAt: number,
    now: number,
    inHand: { inHand: ReadonlySet<number>; keysInHand: ReadonlySet<number> } = {
      inHand: new Set(),
      keysInHand: new Set(),
    },
  ): { rows: LoadedWindow['rows']; hasMore: boolean } {
    const looked = this.rows
      .filter((row) => row.sliceNo === sliceNo && row.state === 'pending' && row.eventNo <= this.ceiling)
      .slice(0, lookAt);
    const free = looked.filter((row) => !this.held.has(row.keyHash));
    // First, as in Postgres: what has just been moved behind is seen by the statement that follows.
    for (const row of looked) if (this.held.has(row.keyHash)) row.state = 'behind';
    const dueHeads = [...this.held.values()]
      .filter((held) => held.sliceNo === sliceNo && held.nextAt <= now && held.head <= this.ceiling)
      .flatMap((held) => this.heldRows(held));
    const crowds = looked.length < lookAt ? new Set<number>() : this.crowdingKeys(free, inHand.keysInHand);
    for (const key of crowds) {
      const rows = free.filter((row) => row.keyHash === key);
      this.held.set(key, { keyHash: key, sliceNo, kind: 'busy', head: rows[0]!.eventNo, nextAt: now, attempts: 0 });
      for (const row of rows) row.state = 'behind';
    }
    const others = free.map((row) => ({
      eventNo: row.eventNo,
      keyHash: row.keyHash,
      ...(crowds.has(row.keyHash) && { heldKind: 'busy', heldAttempts: 0 }),
    }));
    const rows = [...dueHeads.sort((a, b) => a.eventNo - b.eventNo), ...others].filter(
      (row) => !inHand.inHand.has(row.eventNo),
    );
    return { rows, hasMore: looked.length >= lookAt };
  }

  protected heldRows(held: Held): LoadedWindow['rows'] {
    const followers = this.rows
      .filter((row) => held.kind === 'busy' && row.keyHash === held.keyHash && row.state === 'behind')
      .filter((row) => row.eventNo > held.head && row.eventNo <= this.ceiling)
      .slice(0, this.settings.busyRows);
    return [held.head, ...followers.map((row) => row.eventNo)].map((eventNo) => ({
      eventNo,
      keyHash: held.keyHash,
      heldKind: held.kind,
      heldAttempts: held.attempts,
    }));
  }

  protected crowdingKeys(rows: readonly Row[], keysInHand: ReadonlySet<number>): Set<number> {
    const counts = new Map<number, number>();
    for (const row of rows) counts.set(row.keyHash, (counts.get(row.keyHash) ?? 0) + 1);
    return new Set(
      [...counts].filter(([key, n]) => n > this.settings.busyRows && !keysInHand.has(key)).map(([key]) => key),
    );
  }

  protected apply(result: FinishResult, row: Row, now: number): void {
    row.attempts += result.isSent ? 1 : 0;
    row.state = result.verdict === 'done' ? 'delivered' : result.verdict === 'dead' ? 'dead' : 'held';
    if (result.verdict !== 'retry') return;
    const before = this.held.get(row.keyHash);
    const attempts = (before?.head === row.eventNo ? before.attempts : 0) + (result.isCharged ? 1 : 0);
    const nextAt = result.nextAt!.getTime();
    this.held.set(row.keyHash, {
      keyHash: row.keyHash,
      sliceNo: row.sliceNo,
      kind: 'retry',
      head: row.eventNo,
      nextAt,
      attempts,
    });
    void now;
  }

  protected promote(keyHash: number, now: number): void {
    const held = this.held.get(keyHash);
    if (!held || this.rows[held.head - 1]!.state === 'held') return;
    const next = this.rows.find((row) => row.keyHash === keyHash && row.state === 'behind');
    if (next) Object.assign(held, { kind: 'busy', head: next.eventNo, nextAt: now, attempts: 0 });
    else this.held.delete(keyHash);
  }

  protected goIdle(sliceNo: number, now: number): void {
    const slice = this.slices.get(sliceNo)!;
    const hasPending = this.rows.some(
      (row) => row.sliceNo === sliceNo && row.state === 'pending' && row.eventNo <= this.ceiling,
    );
    const times = [...this.held.values()]
      .filter((held) => held.sliceNo === sliceNo && held.head <= this.ceiling)
      .map((held) => held.nextAt);
    slice.leaseUntil = null;
    slice.dueAt = Math.min(hasPending ? now : Infinity, ...times);
  }
}

export type { WaitingDelivery };
