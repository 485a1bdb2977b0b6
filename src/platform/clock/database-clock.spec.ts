// The offset to the database's clock over good and bad lines; the line's delays are told to the clock, nobody waits for them.
import type { Tx } from '../database/database';
import { CLOCK_SAMPLES, CLOCK_SAMPLES_MAX } from '../limits';
import { DatabaseClock } from './database-clock';

const AHEAD_MS = 1_000_000;

/** A server whose clock is ahead of ours, behind a line of these delays (milliseconds there and back), the last of them for ever. */
function line(...delays: [number, number][]) {
  let ms = 0;
  let asked = 0;
  const query = () => {
    const [there, back] = delays[Math.min(asked, delays.length - 1)]!;
    asked += 1;
    ms += there;
    const rows = [{ ms: ms + AHEAD_MS }];
    ms += back;
    return Promise.resolve({ rows, rowCount: 1 });
  };
  return { db: { query } as unknown as Tx, readMs: () => ms, asked: () => asked };
}

const errorOf = (clock: DatabaseClock, readMs: () => number) => clock.now().getTime() - (readMs() + AHEAD_MS);

it('keeps the sample with the shortest round trip, and knows how wrong it may be', async () => {
  const { db, readMs, asked } = line([40, 0], [2, 4], [60, 60], [9, 9], [30, 0]);
  const clock = await DatabaseClock.measure(db, readMs);
  expect(asked()).toBe(CLOCK_SAMPLES);
  expect(clock.doubtMs).toBe(3);
  expect(Math.abs(errorOf(clock, readMs))).toBeLessThanOrEqual(3);
});

it('a process that started over a slow line lived in another time: more samples are taken until one is good', async () => {
  const slow = Array.from({ length: CLOCK_SAMPLES + 2 }, (): [number, number] => [0, 900]);
  const { db, readMs, asked } = line(...slow, [1, 1]);
  const clock = await DatabaseClock.measure(db, readMs);
  expect(asked()).toBe(CLOCK_SAMPLES + 3);
  expect(Math.abs(errorOf(clock, readMs))).toBeLessThanOrEqual(1);
});

it('over a line that stays slow the start goes on, in doubt, after a bounded number of samples', async () => {
  const { db, readMs, asked } = line([0, 900]);
  const clock = await DatabaseClock.measure(db, readMs);
  expect(asked()).toBe(CLOCK_SAMPLES_MAX);
  expect(clock.doubtMs).toBe(450);
});

it('a doubtful measurement does not move a good clock; one that proves a difference does', async () => {
  const good: [number, number][] = Array.from({ length: CLOCK_SAMPLES }, () => [1, 1]);
  const { db, readMs } = line(...good, [0, 900]);
  const clock = await DatabaseClock.measure(db, readMs);
  expect(await clock.remeasure(db)).toBe(0);
  expect(Math.abs(errorOf(clock, readMs))).toBeLessThanOrEqual(1);
  const jumped = { query: async () => ({ rows: [{ ms: readMs() + AHEAD_MS + 5_000 }], rowCount: 1 }) } as unknown as Tx;
  expect(Math.abs((await clock.remeasure(jumped)) - 5_000)).toBeLessThanOrEqual(1);
});
