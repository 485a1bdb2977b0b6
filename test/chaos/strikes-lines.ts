// Strikes on the lines between Herald and its servers: cut, held up, slow, half-open.
import { SystemClock } from '../../src/platform';
import type { Dice } from './dice';
import type { Line } from '../support/line';
import type { FaultGround, Strikes } from './strike';

const clock = new SystemClock();

/** Connections are held up or slow for at most this long. */
const heldMs: readonly [number, number] = [200, 4_000];
const slowMs: readonly [number, number] = [1_000, 6_000];
const delayMs: readonly [number, number] = [5, 120];

async function holdUp(line: Line, dice: Dice): Promise<number> {
  line.hold();
  await clock.sleep(dice.between(...heldMs));
  line.release();
  return 1;
}

async function slowDown(line: Line, dice: Dice): Promise<number> {
  line.slowDown(dice.between(...delayMs));
  await clock.sleep(dice.between(...slowMs));
  line.slowDown(0);
  return 1;
}

/** `name` as in "connections cut" or "line to Kafka cut"; the weights are those of cut, held up, slow, half-open. */
function strikesOnLine(
  name: string,
  lineOf: (ground: FaultGround) => Line,
  weights: readonly [number, number, number, number],
): Strikes {
  const [cut, held, slow, halfOpen] = weights;
  return {
    [`${name} cut`]: { weight: cut, run: (ground) => Promise.resolve(lineOf(ground).cut()) },
    [`${name} held up`]: { weight: held, run: (ground) => holdUp(lineOf(ground), ground.dice) },
    [`${name} slow`]: { weight: slow, run: (ground) => slowDown(lineOf(ground), ground.dice) },
    [`${name} half-open`]: { weight: halfOpen, run: (ground) => Promise.resolve(lineOf(ground).forget()) },
  };
}

export const strikesOnDatabaseLine = strikesOnLine('connections to Postgres', ({ line }) => line, [14, 12, 6, 3]);

export const strikesOnServerLines: Strikes = {
  ...strikesOnLine('connections to Redis', ({ servers }) => servers!.redisLine, [3, 3, 2, 3]),
  ...strikesOnLine('connections to Kafka', ({ servers }) => servers!.kafkaLine, [4, 4, 3, 3]),
};
