// One leased slice in memory: lanes, shares, permission.
import type { Reading, WaitingDelivery } from './ledger/rows';
import { SliceRun } from './slice-run';

const at = new Date('2030-01-01T00:00:00Z');
const leaseUntil = new Date(at.getTime() + 30_000);
const reading: Reading = {
  alive: true,
  sending: true,
  paused: false,
  configVersion: 1,
  status: 'active',
  slices: 4,
  cap: 8,
  stoppedMs: 0,
  isFailing: false,
  hasBarrier: false,
};
const slice = { subscriptionKey: 1, sliceNo: 0, epoch: 1 };
const row = (eventNo: number, keyHash: number, held?: WaitingDelivery['held']): WaitingDelivery => ({
  ...{ subscriptionKey: 1, sliceNo: 0, eventNo, keyHash, held },
  ...{ eventId: `e${eventNo}`, type: 'Patient', id: 'p', version: 1, interaction: 'update' as const, requestId: 'r' },
  ...{ attempts: 0, writtenAt: at, numberedAt: at, stoppedBeforeMs: 0 },
});
function run(rows: WaitingDelivery[] = [], change: Partial<Reading> = {}): SliceRun {
  const made = new SliceRun(slice, { ...reading, ...change }, { leaseUntil, readAtMs: 0, successes: [] });
  made.add({ ...slice, rows, hasMore: false });
  return made;
}

it('hands out one head per key, in event-number order', () => {
  const owned = run([row(1, 10), row(2, 10), row(3, 11)]);
  expect([owned.take()?.eventNo, owned.take()?.eventNo, owned.take()]).toEqual([1, 3, undefined]);
  expect(owned.isDrained).toBe(true);
});

it('I7: the next of a key comes only after the ledger has taken the one before', () => {
  const owned = run([row(1, 10), row(2, 10)]);
  const first = owned.take()!;
  expect(owned.take()).toBeUndefined();
  owned.settle(first, true);
  expect(owned.take()?.eventNo).toBe(2);
});

it('what follows a failed head leaves the hand', () => {
  const owned = run([row(1, 10), row(2, 10), row(3, 11)]);
  owned.settle(owned.take()!, false);
  expect([...owned.inHand]).toEqual([3]);
  expect(owned.mayHaveMore).toBe(true);
  expect(owned.take()?.eventNo).toBe(3);
});

it('what follows a held head that ended is a held head', () => {
  const owned = run([row(1, 10, { kind: 'busy', attempts: 3 }), row(2, 10, { kind: 'busy', attempts: 3 })]);
  owned.settle(owned.take()!, true);
  expect(owned.take()).toMatchObject({ eventNo: 2, held: { kind: 'busy', attempts: 0 } });
});

it('passes over what it has in hand already', () => {
  const owned = run([row(1, 10)]);
  owned.take();
  owned.add({ ...slice, rows: [row(1, 10), row(2, 10)], hasMore: false });
  expect(owned.take()).toBeUndefined();
  expect(owned.inHand.size).toBe(2);
});

it('I30: starts nothing on a reading older than 900 ms, nor when it may not send', () => {
  const owned = run([row(1, 10)]);
  expect(owned.maySend(900, at)).toBe(true);
  expect(owned.maySend(901, at)).toBe(false);
  owned.reread(reading, 1_000);
  expect(owned.maySend(1_900, at)).toBe(true);
  owned.reread({ ...reading, sending: false }, 1_500);
  expect(owned.maySend(1_600, at)).toBe(false);
});

it('starts nothing more while three failures are on their way into the ledger', () => {
  const owned = run([row(1, 10), row(2, 11), row(3, 12), row(4, 13)]);
  const failed = [owned.take()!, owned.take()!, owned.take()!];
  for (const delivery of failed) {
    expect(owned.maySend(0, at)).toBe(true);
    owned.markFailure(delivery.eventNo);
  }
  expect(owned.maySend(0, at)).toBe(false);
  owned.settle(failed[1]!, false);
  expect(owned.maySend(0, at)).toBe(true);
});

it('S4.24: starts nothing once end has come', () => {
  const owned = run([row(1, 10)], { endsAt: at });
  expect(owned.maySend(0, new Date(at.getTime() - 1))).toBe(true);
  expect(owned.maySend(0, at)).toBe(false);
});

it('I8: starts nothing once its lease has run out, however fresh the reading', () => {
  const owned = run([row(1, 10)]);
  owned.reread(reading, 30_000);
  expect(owned.maySend(30_000, new Date(leaseUntil.getTime() - 1))).toBe(true);
  expect(owned.maySend(30_000, leaseUntil)).toBe(false);
});

it('a lost slice forgets what it has not started, and keeps what is on its way', () => {
  const owned = run([row(1, 10), row(2, 10), row(3, 11)]);
  const started = owned.take()!;
  owned.lose();
  expect([...owned.inHand]).toEqual([1]);
  owned.settle(started, false);
  expect(owned.isEmpty).toBe(true);
});

it('what was taken but not started comes again, unless the slice is ending', () => {
  const owned = run([row(1, 10)]);
  owned.putBack(owned.take()!);
  const again = owned.take()!;
  expect(again.eventNo).toBe(1);
  owned.end();
  owned.putBack(again);
  expect(owned.isEmpty).toBe(true);
});

it.each([
  [8, 4, 2],
  [9, 4, 2],
  [3, 4, 1],
  [64, 1, 64],
])('of a cap of %i over %i slices its share is %i', (cap, slices, share) => {
  expect(run([], { cap, slices }).share).toBe(share);
});

it('ends when the cap falls below its slices, so that it is leased again under the limit', () => {
  const owned = run([row(1, 10)]);
  owned.reread({ ...reading, cap: 2 }, 10);
  expect(owned.isEnding).toBe(true);
  const narrow = run([row(1, 10)], { cap: 2 });
  narrow.reread({ ...reading, cap: 2 }, 10);
  expect(narrow.isEnding).toBe(false);
});

it('a probe run sends one head: the next after the one probed last, and is given back when the breaker has heard', () => {
  const probe = run([row(1, 10), row(2, 11), row(3, 12)], { isOpen: true, limit: 1, probed: 1 });
  expect(probe.share).toBe(1);
  const head = probe.take()!;
  expect(head.eventNo).toBe(2);
  probe.hasProbed = true;
  expect(probe.maySend(0, at)).toBe(false);
  probe.settle(head, false);
  expect(probe.isAwaitingBreaker).toBe(true);
  probe.pass({ isOpen: true, limit: 1, probed: 2 });
  expect(probe.isEnding && probe.isEmpty).toBe(true);
});

it('a probe begins again with the earliest head after the last', () => {
  const probe = run([row(1, 10), row(2, 11)], { isOpen: true, limit: 1, probed: 2 });
  expect(probe.take()!.eventNo).toBe(1);
});

it('an opening breaker shuts out those who hold a slice; a lower limit that all slices fit in only narrows the share', () => {
  const held = run([row(1, 10)], { limit: 8 });
  held.pass({ isOpen: false, limit: 4, probed: 0 });
  expect([held.isEnding, held.share]).toEqual([false, 1]);
  held.pass({ isOpen: true, limit: 1, probed: 0 });
  expect(held.isEnding).toBe(true);
});
