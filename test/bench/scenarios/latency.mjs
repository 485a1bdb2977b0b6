// Create sent → received, one at a time.
import { startHerald } from '../parts/server.mjs';
import { restHook, subscribeMany } from '../parts/subscriptions.mjs';

export async function latency({ postgres, load, options, baselines }) {
  const herald = await startHerald(postgres, 'bench_latency');
  try {
    const ownUrl = await load.call('listen');
    await subscribeMany(herald, 1, () => restHook('Patient', ownUrl), 60_000);
    const { p50, p99, samples } = await load.call('oneAtATime', herald.fhirUrl, options.samples, 50);
    return [
      {
        figure: `latency p50, one at a time (${samples} samples)`,
        value: p50,
        unit: 'ms',
        baseline: 'L',
        ratio: p50 / baselines.L,
        target: 6,
        least: 20,
        isLowBetter: true,
      },
      {
        figure: 'latency p99, one at a time',
        value: p99,
        unit: 'ms',
        baseline: 'L',
        ratio: p99 / baselines.L,
        isLowBetter: true,
      },
    ];
  } finally {
    await herald.stop();
  }
}
