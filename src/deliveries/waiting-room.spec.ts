// Who was refused a place comes back in order, one at a time, and only for the cause it waits for.
import type { SliceRun } from './slice-run';
import { WaitingRoom } from './waiting-room';

const run = (sliceNo: number): SliceRun => ({ sliceNo }) as unknown as SliceRun;

it('hands out whoever has waited longest for a cause, once', () => {
  const room = new WaitingRoom();
  const [first, second, third] = [run(1), run(2), run(3)];
  room.put(first, { cause: 'origin', origin: 'http://a' });
  room.put(second, { cause: 'origin', origin: 'http://a' });
  room.put(first, { cause: 'origin', origin: 'http://a' });
  room.put(third, { cause: 'slow' });
  expect(room.take({ origin: 'http://b' })).toBeUndefined();
  expect(room.take({ origin: 'http://a' })).toBe(first);
  expect(room.take({ origin: 'http://a' })).toBe(second);
  expect(room.take({ origin: 'http://a' })).toBeUndefined();
  expect(room.take('slow')).toBe(third);
  expect(room.take('rate')).toBeUndefined();
});
