// What endpoints that hang cost the good ones: ten and one, and a fifth of fifty.
import { seen, subscribe, withEndpoints, write, writeSteadily } from '../parts/traffic.mjs';

const range = (count) => Array.from({ length: count }, (_, n) => n);

/** 100 events to one good endpoint, and to `bad` hanging ones beside it; the age of the good ones' arrivals. */
async function goodBeside(context, bad) {
  return withEndpoints(
    context,
    `hanging_${bad}`,
    async ({ herald, endpoints, urls }) => {
      await subscribe(herald, urls, ['/ok/good', ...range(bad).map((n) => `/hang/${n}`)], () => 1);
      await writeSteadily(100, 25, (n) => write(herald, n, 1));
      await seen(endpoints, 'ok/', 100, 60_000);
      return endpoints.call('seen', 'ok/');
    },
    { origins: bad + 1 },
  );
}

export async function hanging(context) {
  const alone = await goodBeside(context, 0);
  const beside = await goodBeside(context, 10);
  const note = `${beside.distinct} delivered, ${beside.repeats} twice, ${beside.outOfOrder} out of order; p95 alone ${alone.p95} ms`;
  const ratio = beside.p95 / Math.max(1, alone.p95);
  return [
    {
      figure: 'p95 of a good endpoint beside ten that hang, 100 events each',
      value: beside.p95,
      unit: 'ms',
      baseline: 'alone',
      ratio,
      target: 1.5,
      least: 3,
      isLowBetter: true,
      note,
    },
  ];
}

/** 50 endpoints, each with its own events, 2 a second: of all of them or of four fifths. */
async function fifty(context, bad) {
  return withEndpoints(
    context,
    `fifty_${bad}`,
    async ({ herald, endpoints, urls }) => {
      const paths = range(50).map((n) => (n < bad ? `/hang/${n}` : `/ok/${n}`));
      await subscribe(herald, urls, paths, (n) => n);
      const rounds = Math.max(6, Math.round(context.times.measureMs / 500));
      await writeSteadily(50 * rounds, 100, (n) => write(herald, n, n % 50));
      await seen(endpoints, 'ok/', (50 - bad) * rounds, 60_000);
      return endpoints.call('seen', 'ok/');
    },
    { origins: 50 },
  );
}

export async function neighbours(context) {
  const baseline = await fifty(context, 0);
  const beside = await fifty(context, 10);
  const ratio = beside.p99 / Math.max(1, baseline.p99);
  const note = `healthy p50 ${beside.p50} ms, baseline p50 ${baseline.p50} ms, p99 ${baseline.p99} ms`;
  return [
    {
      figure: 'p99 of healthy endpoints while 20 % of 50 hang',
      value: beside.p99,
      unit: 'ms',
      baseline: 'all well',
      ratio,
      target: 1.5,
      least: 3,
      isLowBetter: true,
      note,
    },
  ];
}
