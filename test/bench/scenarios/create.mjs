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
  const { options, postgres } = context;
  const wanted = [
    ['other', 100],
    ['other', options.subscriptions],
    ['same', options.sameType],
  ];
  // Side by side, except where each Herald is four processes: a small machine would measure their number.
  const groups = postgres.hints ? wanted.map((one) => [one]) : [wanted];
  const taken = [];
  for (const group of groups) taken.push(...(await takeInTurn(context, group)));
  return figuresOf(taken);
}

/** Prepares these Heralds and lets them create in turn. Answers for each what it was and its rounds: `{ active, preparedS, rounds }`. */
async function takeInTurn(context, group) {
  const { load, times, options } = context;
  const ready = [];
  try {
    for (const [kind, count] of group) ready.push(await prepare(context, kind, count));
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
    return ready.map(({ active, preparedS }, which) => ({
      active,
      preparedS,
      rounds: rounds.map(({ baselines, value }) => ({ baselines, value: value[which] })),
    }));
  } finally {
    for (const { herald } of ready) await herald.stop();
  }
}

function figuresOf([few, many, same]) {
  const formula = (n, what) =>
    `created/s with ${n.toLocaleString('en')} active subscriptions on ${what}, none matching`;
  const valueOf = ({ value }) => value;
  return [
    comparedFigure(many.rounds, {
      figure: formula(many.active, 'other types'),
      valueOf,
      unit: '/s',
      baseline: 'P',
      target: 0.45,
      least: 0.2,
      note: `prepared in ${many.preparedS.toFixed(0)} s`,
    }),
    comparedFigure(
      many.rounds.map((round, index) => ({ ...round, few: few.rounds[index].value })),
      {
        figure: `flatness: created/s at ${many.active.toLocaleString('en')} beside at ${few.active}`,
        valueOf,
        boundOf: (round) => round.few,
        unit: '/s',
        baseline: `created/s at ${few.active}`,
        target: 0.9,
        least: 0.8,
      },
    ),
    comparedFigure(same.rounds, {
      figure: formula(same.active, 'the written type'),
      valueOf,
      unit: '/s',
      baseline: 'P',
    }),
  ];
}
