// The ledger's model with an operator at it: dead letters redriven, what waits passed over, ended deliveries sent again.
import { LedgerModel, WAITING, type LoadedWindow, type Row } from './ledger-model';

export interface Resend {
  eventNo: number;
  isDone: boolean;
}

/** A head that will be due soon may be in its owner's hands: clocks differ. */
const MARGIN_MS = 1_000;

export class OperatedModel extends LedgerModel {
  readonly resends: Resend[] = [];

  redrive(now: number): void {
    const dead = this.rows.filter((row) => row.state === 'dead');
    this.takeFromHands(dead, now);
    for (const row of dead) row.state = 'behind';
    const lowest = new Map<number, Row>();
    for (const row of dead) if (!lowest.has(row.keyHash)) lowest.set(row.keyHash, row);
    for (const [keyHash, row] of lowest) this.putBefore(keyHash, row, now);
    this.wake(dead, now);
  }

  passOver(now: number, firstNumber: number): void {
    if (firstNumber > 1) this.takeFromHands(this.rows, now);
    for (const row of this.rows) if (row.eventNo < firstNumber && WAITING.has(row.state)) row.state = 'cancelled';
    for (const held of [...this.held.values()]) if (held.head < firstNumber) this.promote(held.keyHash, now);
    for (const slice of this.slices.values()) if (slice.leaseUntil === null && slice.dueAt > now) slice.dueAt = now;
  }

  resend(now: number, eventNo: number): void {
    const row = this.rows[eventNo - 1];
    if (row === undefined || (row.state !== 'delivered' && row.state !== 'cancelled')) return;
    if (!this.resends.some((one) => one.eventNo === eventNo && !one.isDone))
      this.resends.push({ eventNo, isDone: false });
    this.wake([row], now);
  }

  finishResends(results: readonly { sliceNo: number; epoch: number; eventNo: number }[]): boolean[] {
    return results.map(({ sliceNo, epoch, eventNo }) => {
      if (this.slices.get(sliceNo)!.epoch !== epoch) return false;
      this.rows[eventNo - 1]!.attempts += 1;
      for (const one of this.resends) if (one.eventNo === eventNo) one.isDone = true;
      return true;
    });
  }

  protected override load(...request: Parameters<LedgerModel['load']>): ReturnType<LedgerModel['load']> {
    const [sliceNo, , , inHand] = request;
    const window = super.load(...request);
    const again: LoadedWindow['rows'] = this.undone(sliceNo)
      .filter((row) => !inHand?.inHand.has(row.eventNo))
      .map((row) => ({ eventNo: row.eventNo, keyHash: row.keyHash, isResend: true }));
    return { ...window, rows: [...again, ...window.rows] };
  }

  protected override goIdle(sliceNo: number, now: number): void {
    super.goIdle(sliceNo, now);
    const slice = this.slices.get(sliceNo)!;
    if (this.undone(sliceNo).length > 0) slice.dueAt = Math.min(slice.dueAt, now);
  }

  private undone(sliceNo: number): Row[] {
    const waiting = new Set(this.resends.filter((one) => !one.isDone).map((one) => one.eventNo));
    return this.rows.filter((row) => row.sliceNo === sliceNo && waiting.has(row.eventNo));
  }

  /** Whoever holds a slice with something of these keys loses it, and the slice rests until its lease is over. */
  private takeFromHands(moved: readonly Row[], now: number): void {
    const keys = new Set(moved.map((row) => row.keyHash));
    const isInHand = (sliceNo: number): boolean =>
      this.rows.some((row) => row.sliceNo === sliceNo && row.state === 'pending' && keys.has(row.keyHash)) ||
      [...this.held.values()].some(
        (held) => held.sliceNo === sliceNo && keys.has(held.keyHash) && held.nextAt <= now + MARGIN_MS,
      );
    for (const slice of this.slices.values())
      if (slice.leaseUntil !== null && isInHand(slice.sliceNo)) slice.epoch += 1;
  }

  private putBefore(keyHash: number, row: Row, now: number): void {
    const held = this.held.get(keyHash);
    if (held && held.head < row.eventNo) return;
    const before = held && this.rows[held.head - 1]!;
    if (before?.state === 'held') before.state = 'behind';
    const { sliceNo, eventNo: head } = row;
    this.held.set(keyHash, { keyHash, sliceNo, kind: 'busy', head, nextAt: now, attempts: 0 });
  }

  private wake(rows: readonly Row[], now: number): void {
    for (const { sliceNo } of rows) {
      const slice = this.slices.get(sliceNo)!;
      if (slice.leaseUntil === null && slice.dueAt > now) slice.dueAt = now;
    }
  }
}
