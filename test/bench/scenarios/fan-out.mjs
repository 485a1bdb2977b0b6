// Fan-out: one event that very many subscriptions match. From the create's sending to the last arrival, several times.
import { comparedFigure, inRounds } from '../parts/rounds.mjs';
import { startHerald } from '../parts/server.mjs';
import { atRest, restHook, subscribeMany } from '../parts/subscriptions.mjs';

export async function fanOut(context) {
  const { postgres, load, receiver, receiverUrl, options } = context;
  const herald = await startHerald(postgres, 'bench_fan_out');
  try {
    const active = await subscribeMany(
      herald,
      options.fanOut,
      () => restHook('Patient', receiverUrl, 1),
      options.prepareMs,
    );
    await atRest(herald);
    const oneToMany = async () => {
      await receiver.call('reset');
      const seconds = (await load.call('oneToMany', herald.fhirUrl, receiverUrl, active)) / 1000;
      await atRest(herald);
      return { seconds, repeats: (await receiver.call('count')).repeats };
    };
    // The first event finds connections closed and code cold.
    await oneToMany();
    const rounds = await inRounds(context, ['A', 'U'], oneToMany);
    const repeats = rounds.reduce((total, { value }) => total + value.repeats, 0);
    const note = `${repeats} twice; seconds: ${rounds.map(({ value }) => value.seconds.toFixed(2)).join(', ')}`;
    const common = {
      figure: `fan-out 1 × ${active.toLocaleString('en')}: delivered/s`,
      unit: '/s',
      valueOf: ({ value }) => active / value.seconds,
    };
    return [
      comparedFigure(rounds, { ...common, baseline: 'U', target: 0.5, note }),
      comparedFigure(rounds, { ...common, baseline: 'A', target: 3, least: 1.2 }),
    ];
  } finally {
    await herald.stop();
  }
}
