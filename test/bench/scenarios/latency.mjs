// Create sent → received, one at a time.
import { comparedFigure, inRounds } from '../parts/rounds.mjs';
import { startHerald } from '../parts/server.mjs';
import { restHook, subscribeMany } from '../parts/subscriptions.mjs';

const WARM_SAMPLES = 50;

export async function latency(context) {
  const { postgres, load, options } = context;
  const herald = await startHerald(postgres, 'bench_latency');
  try {
    const ownUrl = await load.call('listen');
    await subscribeMany(herald, 1, () => restHook('Patient', ownUrl), 60_000);
    await load.call('oneAtATime', herald.fhirUrl, 0, WARM_SAMPLES);
    const samples = Math.ceil(options.samples / options.rounds);
    const rounds = await inRounds(context, ['L'], () => load.call('oneAtATime', herald.fhirUrl, samples, 0));
    const common = { unit: 'ms', baseline: 'L', isLowBetter: true };
    const figure = `one at a time (${samples * options.rounds} samples)`;
    return [
      comparedFigure(rounds, {
        ...common,
        figure: `latency p50, ${figure}`,
        valueOf: ({ value }) => value.p50,
        target: 6,
        least: 20,
      }),
      comparedFigure(rounds, { ...common, figure: `latency p99, ${figure}`, valueOf: ({ value }) => value.p99 }),
    ];
  } finally {
    await herald.stop();
  }
}
