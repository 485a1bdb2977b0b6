// Fan-out: one event that very many subscriptions match. From the create's sending to the last arrival, several times.
import { startHerald } from '../parts/server.mjs';
import { atRest, restHook, subscribeMany } from '../parts/subscriptions.mjs';

const events = 5;

export async function fanOut({ postgres, load, receiver, receiverUrl, options, baselines }) {
  const herald = await startHerald(postgres, 'bench_fan_out');
  try {
    const active = await subscribeMany(
      herald,
      options.fanOut,
      () => restHook('Patient', receiverUrl, 1),
      options.prepareMs,
    );
    await atRest(herald);
    const seconds = [];
    for (let n = 0; n < events; n += 1) {
      await receiver.call('reset');
      seconds.push((await load.call('oneToMany', herald.fhirUrl, receiverUrl, active)) / 1000);
      await atRest(herald);
    }
    const count = await receiver.call('count');
    // The first event finds connections closed and code cold.
    const warm = seconds.slice(1).sort((a, b) => a - b);
    const value = active / warm[Math.floor(warm.length / 2)];
    const figure = `fan-out 1 × ${active.toLocaleString('en')}: delivered/s`;
    const note = `${count.distinct} delivered, ${count.repeats} twice; seconds: ${seconds.map((s) => s.toFixed(2)).join(', ')}`;
    return [
      { figure, value, unit: '/s', baseline: 'U', ratio: value / baselines.U, target: 0.5, note },
      { figure, value, unit: '/s', baseline: 'A', ratio: value / baselines.A, target: 3, least: 1.2 },
    ];
  } finally {
    await herald.stop();
  }
}
