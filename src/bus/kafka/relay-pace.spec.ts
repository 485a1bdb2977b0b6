import { RelayPace } from './relay-pace';

it('looks again soon after a few events, for a second; gathers many; hardly asks where nothing is written', () => {
  const pace = new RelayPace(50);
  expect(pace.restMs(0, 0)).toBe(50);
  expect(pace.restMs(1, 100)).toBe(10);
  expect(pace.restMs(0, 110)).toBe(10);
  expect(pace.restMs(0, 1_099)).toBe(10);
  expect(pace.restMs(0, 1_100)).toBe(50);
  expect(pace.restMs(8, 1_200)).toBe(50);
  expect(pace.restMs(0, 1_250)).toBe(10);
  expect(pace.restMs(7, 1_260)).toBe(10);
});

it('never rests longer than it was told to', () => {
  const pace = new RelayPace(5);
  expect([pace.restMs(0, 0), pace.restMs(1, 5), pace.restMs(0, 10), pace.restMs(500, 15)]).toEqual([5, 5, 5, 5]);
});
