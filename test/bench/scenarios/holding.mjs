// Order and loss under slow receivers, outages and bursts; each bounded in what it writes and in how long it may take.
import fs from 'node:fs';
import { adminView, keyOf, seen, subscribe, withEndpoints, write, writeSteadily } from '../parts/traffic.mjs';

const residentMb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
const range = (count) => Array.from({ length: count }, (_, n) => n);
const verdict = (one) =>
  `${one.distinct} delivered, ${one.repeats} twice, ${one.outOfOrder} out of order, at most ${one.inFlightMax} at once`;

/** 20 versions of 50 patients to a receiver that takes a second: 1,000 deliveries through a cap of 64. */
export async function order(context) {
  return withEndpoints(
    context,
    'order',
    async ({ herald, endpoints, urls }) => {
      const cap = { url: 'urn:herald:cap', valuePositiveInt: 64 };
      await subscribe(herald, urls, ['/slow/1000'], () => 1, [cap]);
      const started = Date.now();
      await Promise.all(
        range(50).map(async (p) => {
          for (let version = 1; version <= 20; version += 1) await write(herald, p, 1, `order-${p}`);
        }),
      );
      await seen(endpoints, 'slow/', 1000, 180_000);
      const one = await endpoints.call('seen', 'slow/');
      const took = (one.lastAt - started) / 1000;
      return [
        {
          figure: '20 versions of 50 patients, receiver takes 1 s',
          value: took,
          unit: 's',
          baseline: 'the least (20 s)',
          ratio: took / 20,
          isLowBetter: true,
          note: verdict(one),
        },
      ];
    },
    { env: { HERALD_EGRESS_CONNECTIONS: '64' } },
  );
}

async function outageAt(context, perSecond) {
  return withEndpoints(context, `outage_${perSecond}`, async ({ herald, endpoints, urls }) => {
    await subscribe(herald, urls, ['/door/a'], () => 1);
    const { id } = await keyOf(herald, '/door/a');
    const before = 5 * perSecond;
    await writeSteadily(before, perSecond, (n) => write(herald, n, 1));
    await seen(endpoints, 'door/', before, 60_000);
    await endpoints.call('shut', 'a');
    const count = 20 * perSecond;
    await writeSteadily(count, perSecond, (n) => write(herald, before + n, 1));
    const { drain, pending } = await adminView(herald, id);
    await endpoints.call('open', 'a');
    const opened = Date.now();
    await seen(endpoints, 'door/', before + count, 120_000);
    const one = await endpoints.call('seen', 'door/');
    const took = (one.lastAt - opened) / 1000;
    return {
      figure: `20 s outage at ${perSecond} events/s: time to drain after it`,
      value: took,
      unit: 's',
      baseline: `the estimate of the admin API at its end (${drain.seconds} s)`,
      ratio: took / drain.seconds,
      isLowBetter: true,
      note: `${pending} waited; lost ${before + count - one.distinct}; ${verdict(one)}`,
    };
  });
}

export const outages = async (context) => [await outageAt(context, 5), await outageAt(context, 50)];

/** 2,000 writes as fast as they are taken, receiver takes 200 ms. */
export async function burst(context) {
  return withEndpoints(context, 'burst', async ({ herald, endpoints, urls }) => {
    await subscribe(herald, urls, ['/slow/200'], () => 1);
    const before = residentMb(herald.pid);
    let most = before;
    const look = setInterval(() => (most = Math.max(most, residentMb(herald.pid))), 100);
    const started = performance.now();
    let next = 0;
    await Promise.all(
      range(32).map(async () => {
        while (next < 2000) await write(herald, (next += 1), 1);
      }),
    );
    const writtenS = (performance.now() - started) / 1000;
    try {
      await seen(endpoints, 'slow/', 2000, 180_000);
    } finally {
      clearInterval(look);
    }
    const one = await endpoints.call('seen', 'slow/');
    const tookS = (performance.now() - started) / 1000;
    const note = `written in ${writtenS.toFixed(1)} s; ${verdict(one)}; memory ${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at most`;
    return [
      {
        figure: 'burst of 2,000, receiver takes 200 ms: all delivered',
        value: tookS,
        unit: 's',
        baseline: 'the least with cap 8 (50 s)',
        ratio: tookS / 50,
        isLowBetter: true,
        target: 1.2,
        least: 2,
        note,
      },
      {
        figure: 'memory during the burst',
        value: most,
        unit: 'MB',
        baseline: 'before',
        ratio: most / before,
        isLowBetter: true,
      },
    ];
  });
}
