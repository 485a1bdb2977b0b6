// Create → delivered, one match each, with a backlog that stays small: as fast as deliveries follow.
import { comparedFigure, inRounds } from '../parts/rounds.mjs';
import { startHerald } from '../parts/server.mjs';
import { atRest, restHook, subscribeMany } from '../parts/subscriptions.mjs';

const groups = 16;
/** Until as much is on its way as will be. */
const SLICE_WARM_MS = 500;

export async function delivered(context) {
  const { postgres, load, receiver, receiverUrl, times, options } = context;
  const herald = await startHerald(postgres, 'bench_delivered');
  try {
    await subscribeMany(
      herald,
      groups,
      (n) => restHook(`Patient?identifier=urn:bench:group|${n}`, receiverUrl, 16),
      60_000,
    );
    const follow = async (measureMs) => {
      await receiver.call('reset');
      const { sent, deliveredRate } = await load.call('createsFollowed', herald.fhirUrl, receiverUrl, {
        width: 64,
        warmMs: SLICE_WARM_MS,
        measureMs,
        groups,
        backlogMax: 512,
      });
      await atRest(herald);
      const count = await receiver.call('count');
      if (count.distinct !== sent) throw new Error(`${sent} created, ${count.distinct} delivered`);
      return { rate: deliveredRate, ...count };
    };
    await follow(times.warmMs);
    const rounds = await inRounds(context, ['P', 'A'], () => follow(times.measureMs / options.rounds));
    const sum = (of) => rounds.reduce((total, { value }) => total + of(value), 0);
    const note = `${sum(({ distinct }) => distinct)} delivered, ${sum(({ repeats }) => repeats)} twice, ${sum(({ outOfOrder }) => outOfOrder)} out of order`;
    const figure = `create → delivered/s, one match each (${groups} subscriptions)`;
    const common = { figure, unit: '/s', valueOf: ({ value }) => value.rate };
    return [
      comparedFigure(rounds, { ...common, baseline: 'P', target: 0.33, least: 0.15, note }),
      comparedFigure(rounds, { ...common, baseline: 'A', target: 0.85, least: 0.4 }),
    ];
  } finally {
    await herald.stop();
  }
}
