// Create rate with many active subscriptions of which none matches, 64 requests in flight.
import { startHerald } from '../parts/server.mjs';
import { atRest, restHook, subscribeMany } from '../parts/subscriptions.mjs';

const criteria = {
  // Other types than the one written: what the grouping by type keeps away.
  other: (n) => `Observation?code=http://loinc.org|${n}-1`,
  // The type that is written: every one is evaluated for every write until the predicate index comes.
  same: (n) => `Patient?identifier=urn:bench:other|${n}`,
};

async function rateWith({ postgres, load, receiverUrl, times }, kind, count, prepareMs) {
  const herald = await startHerald(postgres, `bench_create_${kind}_${count}`);
  try {
    const started = performance.now();
    const active = await subscribeMany(herald, count, (n) => restHook(criteria[kind](n), receiverUrl), prepareMs);
    await atRest(herald);
    // What the preparation left to clean up and to write out is not the cost of the creates.
    await herald.database.query('vacuum analyze');
    await herald.database.query('checkpoint');
    const preparedS = (performance.now() - started) / 1000;
    const rate = await load.call('creates', herald.fhirUrl, 64, times.warmMs, times.measureMs);
    return { rate, active, preparedS };
  } finally {
    await herald.stop();
  }
}

export async function create(context) {
  const { options, baselines } = context;
  const few = await rateWith(context, 'other', 100, options.prepareMs);
  const many = await rateWith(context, 'other', options.subscriptions, options.prepareMs);
  const same = await rateWith(context, 'same', options.sameType, options.prepareMs);
  const formula = (n, what) =>
    `created/s with ${n.toLocaleString('en')} active subscriptions on ${what}, none matching`;
  return [
    {
      figure: formula(many.active, 'other types'),
      value: many.rate,
      unit: '/s',
      baseline: 'P',
      ratio: many.rate / baselines.P,
      target: 0.45,
      least: 0.2,
      note: `prepared in ${many.preparedS.toFixed(0)} s`,
    },
    {
      figure: `flatness: rate at ${many.active.toLocaleString('en')} ÷ at ${few.active}`,
      value: many.rate / few.rate,
      unit: '',
      baseline: `${few.rate.toFixed(0)}/s`,
      ratio: many.rate / few.rate,
      target: 0.9,
      least: 0.8,
    },
    {
      figure: formula(same.active, 'the written type'),
      value: same.rate,
      unit: '/s',
      baseline: 'P',
      ratio: same.rate / baselines.P,
      note: 'no target before the predicate index',
    },
  ];
}
