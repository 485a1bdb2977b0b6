// A figure and its baselines, several times in turn: a shared machine and its disk change their speed within a minute, so only what was taken
// side by side can be divided. The ratio told is the median of the rounds' ratios, with the least and the greatest beside it.
import { measureBaselines } from './baselines.mjs';
import { quantile } from './quantile.mjs';

const baselineTimes = { warmMs: 300, measureMs: 1_500 };

/**
 * Runs `measure(round)` `context.options.rounds` times, the baselines named (P, L, A, U) right before each.
 * Answers one `{ baselines, value }` per round.
 */
export async function inRounds(context, names, measure) {
  const rounds = [];
  for (let round = 0; round < context.options.rounds; round += 1) {
    const baselines = await measureBaselines(names, { ...context, times: baselineTimes });
    rounds.push({ baselines, value: await measure(round) });
  }
  return rounds;
}

const median = (values) =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );

/** A figure over the rounds: `valueOf` and `boundOf` take the value and what it is divided by from a round. */
export function comparedFigure(rounds, { baseline, valueOf, boundOf, ...figure }) {
  const divide = boundOf ?? ((round) => round.baselines[baseline]);
  const ratios = rounds.map((round) => valueOf(round) / divide(round));
  const spread = [Math.min(...ratios), Math.max(...ratios)];
  return { ...figure, value: median(rounds.map(valueOf)), baseline, ratio: median(ratios), spread };
}
