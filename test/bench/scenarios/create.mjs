// Create rate with many active subscriptions of which none matches, 64 requests in flight; with few, with many and with some of the written type, in turn.
import { comparedFigure, inRounds } from '../parts/rounds.mjs';
import { startHerald } from '../parts/server.mjs';
import { atRest, restHook, subscribeMany } from '../parts/subscriptions.mjs';

const criteria = {
  // Other types than the one written: what the grouping by type keeps away.
  other: (n) => `Observation?code=http://loinc.org|${n}-1`,
  // The type that is written.
  same: (n) => `Patient?identifier=urn:bench:other|${n}`,
};

async function prepare({ postgres, receiverUrl, options }, kind, count) {
  const herald = await startHerald(postgres, `bench_create_${kind}_${count}`);
  try {
    const started = performance.now();
    const active = await subscribeMany(
      herald,
      count,
      (n) => restHook(criteria[kind](n), receiverUrl),
      options.prepareMs,
    );
    await atRest(herald);
    // What the preparation left to clean up and to write out is not the cost of the creates.
    await herald.database.query('vacuum analyze');
    await herald.database.query('checkpoint');
    return { herald, active, preparedS: (performance.now() - started) / 1000 };
  } catch (error) {
    await herald.stop();
    throw error;
  }
}

export async function create(context) {
  const { load, times, options } = context;
  const ready = [];
  try {
    ready.push(await prepare(context, 'other', 100));
    ready.push(await prepare(context, 'other', options.subscriptions));
    ready.push(await prepare(context, 'same', options.sameType));
    const creates = ({ herald }, ms) => load.call('creates', herald.fhirUrl, 64, 0, ms);
    for (const each of ready) await creates(each, times.warmMs);
    const rounds = await inRounds(context, ['P'], async (round) => {
      const rates = [];
      // Each goes first as often as the others.
      for (let turn = 0; turn < ready.length; turn += 1) {
        const which = (round + turn) % ready.length;
        rates[which] = await creates(ready[which], times.measureMs / options.rounds);
        await atRest(ready[which].herald);
      }
      return rates;
    });
    return figuresOf(rounds, ready);
  } finally {
    for (const { herald } of ready) await herald.stop();
  }
}

function figuresOf(rounds, [few, many, same]) {
  const formula = (n, what) =>
    `created/s with ${n.toLocaleString('en')} active subscriptions on ${what}, none matching`;
  return [
    comparedFigure(rounds, {
      figure: formula(many.active, 'other types'),
      valueOf: ({ value }) => value[1],
      unit: '/s',
      baseline: 'P',
      target: 0.45,
      least: 0.2,
      note: `prepared in ${many.preparedS.toFixed(0)} s`,
    }),
    comparedFigure(rounds, {
      figure: `flatness: created/s at ${many.active.toLocaleString('en')} beside at ${few.active}`,
      valueOf: ({ value }) => value[1],
      boundOf: ({ value }) => value[0],
      unit: '/s',
      baseline: `created/s at ${few.active}`,
      target: 0.9,
      least: 0.8,
    }),
    comparedFigure(rounds, {
      figure: formula(same.active, 'the written type'),
      valueOf: ({ value }) => value[2],
      unit: '/s',
      baseline: 'P',
    }),
  ];
}
