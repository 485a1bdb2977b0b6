// One leased slice in its owner's memory: lanes of waiting deliveries, what is in flight, and how fresh the permission to send is.
// No I/O and no clock: the worker passes times in.
import { FAILURES_UNSETTLED_MAX, READING_AGE_MS_MAX, SUCCESS_MARKS_MAX } from './limits';
import type { Gate, HeldHead, OwnedSlice, Reading, WaitingDelivery, Window } from './ledger/rows';

/** Deliveries of one ordering key, the head first. At most one of them is in someone's hands at any time. */
interface Lane {
  readonly rows: WaitingDelivery[];
  /** The head is being sent, or its result is on the way into the ledger. */
  isBusy: boolean;
}

export class SliceRun implements OwnedSlice {
  readonly subscriptionKey: number;
  readonly sliceNo: number;
  readonly epoch: number;
  leaseUntil: Date;
  /** Another owner has taken the slice, or it was revoked: nothing more is started. */
  isLost = false;
  /** The owner stops or must not send: nothing more is started, the slice is given back once nothing is in flight. */
  isEnding = false;
  /** Something may have come that is not in hand yet. */
  mayHaveMore = false;
  /** The last look did not reach the end of what is pending. */
  private wasCut = false;
  /** The last look met only followers of held keys: the next one takes bigger steps. */
  isSteppingBehind = false;
  /** Requests being made now. */
  inFlight = 0;
  /** Latest successes, for the evidence rule. */
  successes: Date[];
  /** Leased to send one probe through an open breaker, and whether that was sent. */
  readonly isProbe: boolean;
  hasProbed = false;
  private delivered = 0;
  private ratedAtMs: number;
  private readonly limitAtClaim: number;
  private reading_: Reading;
  private readAtMs: number;
  private readonly lanes = new Map<number, Lane>();
  /** Keys whose head may start, in event-number order of their arrival here. */
  private readonly ready: number[] = [];
  private readonly inHand_ = new Set<number>();
  /** Failures on their way into the ledger: nobody has judged them yet. */
  private readonly failed = new Set<number>();

  constructor(
    slice: OwnedSlice,
    reading: Reading,
    times: { leaseUntil: Date; readAtMs: number; successes: readonly Date[] },
  ) {
    this.subscriptionKey = slice.subscriptionKey;
    this.sliceNo = slice.sliceNo;
    this.epoch = slice.epoch;
    this.reading_ = reading;
    this.leaseUntil = times.leaseUntil;
    this.readAtMs = times.readAtMs;
    this.successes = [...times.successes];
    this.limitAtClaim = reading.limit ?? reading.cap;
    this.isProbe = reading.isOpen === true;
    this.ratedAtMs = times.readAtMs;
  }

  get reading(): Reading {
    return this.reading_;
  }

  /** Event numbers in hand: loaded, being sent, or on the way into the ledger. */
  get inHand(): ReadonlySet<number> {
    return this.inHand_;
  }

  get keysInHand(): ReadonlySet<number> {
    return new Set(this.lanes.keys());
  }

  /** Requests the subscription may have in flight now. */
  get limit(): number {
    return this.reading_.limit ?? this.reading_.cap;
  }

  /** Fewer slices may be leased than there are: they take turns, one window each. */
  get isNarrow(): boolean {
    return this.limit < this.reading_.slices;
  }

  /** The probe is out or its verdict is: the slice is given back when the breaker has heard it. */
  get isAwaitingBreaker(): boolean {
    return this.isProbe && this.hasProbed && !this.isEnding;
  }

  /** Concurrent requests this slice may make: its part of the subscription's limit. */
  get share(): number {
    return Math.max(1, Math.floor(this.limit / this.reading_.slices));
  }

  /** Nothing is left to start here. */
  get isDrained(): boolean {
    return this.ready.length === 0;
  }

  /** Nothing is in hand at all. */
  get isEmpty(): boolean {
    return this.inHand_.size === 0;
  }

  /** Takes a newer reading. A lost lease or epoch is told by `lose`. */
  reread(reading: Reading, readAtMs: number): void {
    this.reading_ = reading;
    this.readAtMs = Math.max(this.readAtMs, readAtMs);
    if (!reading.alive || !reading.sending || reading.paused || this.isShutOut) this.isEnding = true;
  }

  /** Takes what the breaker has just decided, without waiting for the next reading. A probe that was sent has done its duty. */
  pass(gate: Gate): void {
    this.reading_ = { ...this.reading_, ...gate };
    if (this.isShutOut || this.hasProbed) this.end();
  }

  /** The breaker opened, or the limit fell below what this slice was leased under: it is claimed again in the narrow way. */
  private get isShutOut(): boolean {
    const isNarrowed = this.isNarrow && this.limit < this.limitAtClaim;
    return isNarrowed || (this.reading_.isOpen === true && !this.isProbe);
  }

  /** May an attempt start now? `end` is checked here, before each attempt. */
  maySend(nowMs: number, now: Date): boolean {
    if (this.isLost || this.isEnding || this.hasProbed || nowMs - this.readAtMs > READING_AGE_MS_MAX) return false;
    // An endpoint that refuses at once would otherwise be asked for every key in hand before the breaker hears of the first refusal.
    if (this.failed.size >= FAILURES_UNSETTLED_MAX) return false;
    // A lease that ran out may be another's already, however fresh the reading.
    return now < this.leaseUntil && !this.hasEnded(now);
  }

  /** Puts a window into lanes; what is in hand already is passed over. */
  add(window: Window): void {
    for (const row of window.rows) {
      if (this.inHand_.has(row.eventNo)) continue;
      this.inHand_.add(row.eventNo);
      const lane = this.lanes.get(row.keyHash);
      if (lane) queue(lane, row);
      else {
        this.lanes.set(row.keyHash, { rows: [row], isBusy: false });
        this.ready.push(row.keyHash);
      }
    }
    this.wasCut = window.hasMore;
    this.isSteppingBehind = window.hasMore && window.rows.length === 0;
    // With something in hand the next look waits until some of it is settled: looking at the same rows again brings nothing.
    this.mayHaveMore = window.hasMore && this.isEmpty;
  }

  /** Hands out the next head, and keeps its lane until `settle` or `putBack`. */
  take(): WaitingDelivery | undefined {
    const key = this.isProbe ? this.takeProbe() : this.ready.shift();
    const lane = key === undefined ? undefined : this.lanes.get(key);
    if (!lane) return undefined;
    lane.isBusy = true;
    return lane.rows[0];
  }

  /** The next waiting head after the one probed last, or the earliest: one that always fails must not stand for the endpoint. */
  private takeProbe(): number | undefined {
    const { probed = 0 } = this.reading_;
    const headOf = (key: number): number => this.lanes.get(key)?.rows[0]?.eventNo ?? Infinity;
    const inOrder = [...this.ready].sort((a, b) => headOf(a) - headOf(b));
    const key = inOrder.find((one) => headOf(one) > probed) ?? inOrder[0];
    if (key !== undefined) this.ready.splice(this.ready.indexOf(key), 1);
    return key;
  }

  /** A head that was taken but not started after all. */
  putBack(delivery: WaitingDelivery): void {
    const lane = this.lanes.get(delivery.keyHash);
    if (!lane?.isBusy) return;
    lane.isBusy = false;
    this.ready.unshift(delivery.keyHash);
    if (this.isLost || this.isEnding) this.dropUnstarted();
  }

  /**
   * The ledger has taken the result of a head. `ended`: the next of its key may start. Otherwise the key is held: what follows it leaves this hand
   * and waits behind.
   */
  settle(delivery: WaitingDelivery, hasEnded: boolean): void {
    const lane = this.lanes.get(delivery.keyHash);
    this.inHand_.delete(delivery.eventNo);
    this.failed.delete(delivery.eventNo);
    // The end of a held head may have promoted a follower that is not in hand.
    if (this.wasCut || delivery.held !== undefined) this.mayHaveMore = true;
    if (!lane) return;
    lane.rows.shift();
    lane.isBusy = false;
    if (hasEnded && lane.rows.length > 0) {
      // What follows a held head has been promoted with it; it remains in the hands of a held key.
      const held: HeldHead | undefined = delivery.held && { kind: 'busy', attempts: 0 };
      lane.rows[0] = { ...lane.rows[0]!, held: held ?? lane.rows[0]!.held };
      this.ready.push(delivery.keyHash);
      return;
    }
    for (const row of lane.rows) this.inHand_.delete(row.eventNo);
    if (lane.rows.length > 0) this.mayHaveMore = true;
    this.lanes.delete(delivery.keyHash);
  }

  /** Forgets everything that was not started. */
  dropUnstarted(): void {
    this.ready.length = 0;
    for (const [key, lane] of this.lanes) {
      const kept = lane.isBusy ? 1 : 0;
      for (const row of lane.rows.slice(kept)) this.inHand_.delete(row.eventNo);
      lane.rows.length = kept;
      if (kept === 0) this.lanes.delete(key);
    }
  }

  /** True once the Subscription's `end` has come. */
  hasEnded(now: Date): boolean {
    const { endsAt } = this.reading_;
    return endsAt !== undefined && now >= endsAt;
  }

  /** Nothing more is started; the slice is given back when nothing is in flight. */
  end(): void {
    this.isEnding = true;
    this.dropUnstarted();
  }

  lose(): void {
    this.isLost = true;
    this.dropUnstarted();
  }

  markSuccess(at: Date): void {
    this.delivered += 1;
    this.successes = [at, ...this.successes].slice(0, SUCCESS_MARKS_MAX);
  }

  /** The attempt of a head failed; it counts until `settle`. */
  markFailure(eventNo: number): void {
    this.failed.add(eventNo);
  }

  /** Deliveries per second since the last measure; undefined when none was delivered: an outage says nothing about the rate after it. */
  rateAt(nowMs: number): number | undefined {
    if (this.delivered === 0) return undefined;
    return (this.delivered * 1_000) / Math.max(1, nowMs - this.ratedAtMs);
  }

  /** The same, and begins a new measure. */
  measureRate(nowMs: number): number | undefined {
    const rate = this.rateAt(nowMs);
    this.delivered = 0;
    this.ratedAtMs = nowMs;
    return rate;
  }
}

/** At the end of its lane; what is sent again stands in event-number order before what waits, but never overtakes a request under way. */
function queue(lane: Lane, row: WaitingDelivery): void {
  const from = lane.isBusy ? 1 : 0;
  const isBehind = (other: WaitingDelivery, index: number): boolean => index >= from && other.eventNo > row.eventNo;
  const at = row.resendNo === undefined ? -1 : lane.rows.findIndex(isBehind);
  lane.rows.splice(at < 0 ? lane.rows.length : at, 0, row);
}
