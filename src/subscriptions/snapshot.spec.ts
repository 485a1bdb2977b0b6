import { isInside, isVisible, parseSnapshot, safeXid } from './snapshot';

it('knows finished, running and future transactions', () => {
  const snapshot = parseSnapshot('10:20:12,15');
  expect([9, 10, 11, 12, 14, 15, 19, 20, 99].map((xid) => isVisible(xid, snapshot))).toEqual([
    true,
    true,
    true,
    false,
    true,
    false,
    true,
    false,
    false,
  ]);
  expect(isVisible('11', snapshot)).toBe(true);
});

it('counts the transaction that took the snapshot as inside what it opens, and not inside what it closes', () => {
  const own = parseSnapshot('10:20:', '15');
  expect(isVisible(15, own)).toBe(false);
  expect(isInside(15, { opened: own })).toBe(true);
  expect(isInside(15, { closed: own })).toBe(false);
});

it('is inside from opened to closed; a cleared opening reaches back to the beginning', () => {
  const opened = parseSnapshot('10:10:');
  const closed = parseSnapshot('20:20:');
  expect([9, 10, 19, 20].map((xid) => isInside(xid, { opened, closed }))).toEqual([false, true, true, false]);
  expect([1, 20].map((xid) => isInside(xid, { closed }))).toEqual([true, false]);
  expect(isInside(1, {})).toBe(true);
});

it('puts every transaction into exactly one of two intervals that share a snapshot', () => {
  const shared = parseSnapshot('100:140:105,120', '130');
  for (let xid = 90; xid < 150; xid += 1) {
    expect(Number(isInside(xid, { closed: shared })) + Number(isInside(xid, { opened: shared }))).toBe(1);
  }
});

it('refuses what is no snapshot and no number', () => {
  expect(() => parseSnapshot('10:20')).toThrow('Not a snapshot');
  expect(() => safeXid('9007199254740993')).toThrow('Not a transaction number');
});
