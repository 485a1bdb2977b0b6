import { intervalsOf, type IntervalMark } from './intervals';

const mark = (opens: boolean, closes: boolean, snapshot: string | null, criteria = 'Patient'): IntervalMark => ({
  opens,
  closes,
  criteria: opens ? criteria : null,
  baseUrl: opens ? 'http://here' : null,
  snapshot,
  xid: '1',
});

const shape = (...marks: IntervalMark[]) =>
  intervalsOf(marks).map((interval) => [interval.criteria, interval.opened?.text, interval.closed?.text]);

it('opens, closes, opens again', () => {
  expect(shape(mark(true, false, '5:5:'))).toEqual([['Patient', '5:5:', undefined]]);
  expect(shape(mark(true, false, '5:5:'), mark(false, true, '9:9:'))).toEqual([['Patient', '5:5:', '9:9:']]);
  expect(shape(mark(true, false, '5:5:'), mark(false, true, '9:9:'), mark(true, false, '12:12:'))).toEqual([
    ['Patient', '5:5:', '9:9:'],
    ['Patient', '12:12:', undefined],
  ]);
});

it('ends one criteria and begins the next with the same snapshot', () => {
  expect(shape(mark(true, false, '5:5:'), mark(true, true, '9:9:', 'Encounter'))).toEqual([
    ['Patient', '5:5:', '9:9:'],
    ['Encounter', '9:9:', undefined],
  ]);
});

it('reaches back to the beginning where the opening was cleared, and forgets what a cleared closing ended', () => {
  expect(shape(mark(true, false, null))).toEqual([['Patient', undefined, undefined]]);
  expect(shape(mark(true, false, null), mark(true, true, null, 'Encounter'))).toEqual([
    ['Encounter', undefined, undefined],
  ]);
  expect(shape(mark(true, false, null), mark(false, true, null))).toEqual([]);
  expect(shape(mark(true, true, null, 'Encounter'), mark(false, true, '9:9:'))).toEqual([
    ['Encounter', undefined, '9:9:'],
  ]);
});

it('treats the writer of the snapshot as after it', () => {
  const [interval] = intervalsOf([{ ...mark(true, false, '5:9:'), xid: '7' }]);
  expect(interval!.opened!.running.has(7)).toBe(true);
});
