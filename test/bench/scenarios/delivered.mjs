// Create → delivered, one match each, with a backlog that stays small: as fast as deliveries follow.
import { startHerald } from '../parts/server.mjs';
import { atRest, restHook, subscribeMany } from '../parts/subscriptions.mjs';

const groups = 16;

export async function delivered(context) {
  const { postgres, load, receiver, receiverUrl, times, baselines } = context;
  const herald = await startHerald(postgres, 'bench_delivered');
  try {
    await subscribeMany(
      herald,
      groups,
      (n) => restHook(`Patient?identifier=urn:bench:group|${n}`, receiverUrl, 16),
      60_000,
    );
    await receiver.call('reset');
    const measured = await load.call('createsFollowed', herald.fhirUrl, receiverUrl, {
      width: 64,
      warmMs: times.warmMs,
      measureMs: times.measureMs,
      groups,
      backlogMax: 512,
    });
    await atRest(herald);
    const count = await receiver.call('count');
    if (count.distinct !== measured.sent) throw new Error(`${measured.sent} created, ${count.distinct} delivered`);
    const note = `${count.distinct} delivered, ${count.repeats} twice, ${count.outOfOrder} out of order`;
    const figure = `create → delivered/s, one match each (${groups} subscriptions)`;
    const value = measured.deliveredRate;
    return [
      { figure, value, unit: '/s', baseline: 'P', ratio: value / baselines.P, target: 0.33, least: 0.15, note },
      { figure, value, unit: '/s', baseline: 'A', ratio: value / baselines.A, target: 0.85, least: 0.4 },
    ];
  } finally {
    await herald.stop();
  }
}
