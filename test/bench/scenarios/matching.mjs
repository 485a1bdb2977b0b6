// What an event costs as subscriptions grow, beside the evaluation of everything and the parsing of its JSON; what a subscription costs in
// memory; whether both ways answer the same; how long a matcher takes to start.
import { startPart } from '../parts/remote.mjs';
import { startHerald } from '../parts/server.mjs';
import { workloads } from '../parts/workloads.mjs';

/** Criteria of a type that the evaluation of everything is measured on; with more of them it is extrapolated. */
const linearMost = 100_000;
/** Evaluations of criteria in one measurement of it. */
const linearEvaluations = 500_000;
/** Of one process with its index; beyond that it ends, and says so. */
const heapMb = 5_120;
const thousands = (count) => count.toLocaleString('en');
const us = (value) => (value < 100 ? value.toFixed(1) : thousands(Math.round(value)));

async function apart(work) {
  const part = startPart('./matching.mjs', {}, ['--expose-gc', `--max-old-space-size=${heapMb}`]);
  try {
    return await work(part);
  } finally {
    await part.stop();
  }
}

/** What an event costs with so many subscriptions, and what one of them takes. */
export async function measured(name, count, events) {
  const linearEvents = Math.min(events, Math.max(5, Math.round(linearEvaluations / Math.min(count, linearMost))));
  const one = await apart((part) => part.call('measure', name, count, { events, linearEvents, linearMost }));
  const how = one.linearFactor > 1 ? `, extrapolated from ${thousands(linearMost)} criteria` : '';
  const linear = `; evaluating everything ${us(one.linearUs)} µs = ${us(one.linearUs / one.us)} ×${how}`;
  return [
    {
      figure: `${name}, ${thousands(count)} subscriptions: CPU per event`,
      value: one.us,
      unit: 'µs',
      baseline: `JSON.parse of the event (${us(one.parseUs)} µs)`,
      ratio: one.us / one.parseUs,
      note: `${us(one.matches)} matches an event, p50 ${us(one.p50)} µs, p95 ${us(one.p95)} µs, p99 ${us(one.p99)} µs${linear}`,
      raw: one,
    },
    {
      figure: `${name}, ${thousands(count)} subscriptions: memory of one`,
      value: one.bytes,
      unit: 'bytes',
      baseline: 'the target (600)',
      ratio: one.bytes / 600,
      isLowBetter: true,
      ...(count >= 100_000 && { target: 1, least: 2.5 }),
      note: `${us(one.bytesLoaded)} before any event; process ${us(one.residentMb)} MB (${us(one.peakMb)} at most, with the evaluation of everything); to add ${us(one.addUs)} µs, to replace ${us(one.churnUs)} µs CPU`,
    },
  ];
}

/** What the length of a list costs an event that finds it. */
async function people(events) {
  const [few, many] = [1, 1_000];
  const lists = 100;
  const linear = { events, linearEvents: 5, linearMost };
  const one = await apart((part) => part.call('measure', few, lists, linear));
  const all = await apart((part) => part.call('measure', many, lists, linear));
  return {
    figure: `${lists} lists of ${thousands(many)} people: CPU per event`,
    value: all.us,
    unit: 'µs',
    baseline: `lists of one (${us(one.us)} µs)`,
    ratio: all.us / one.us,
    isLowBetter: true,
    note: `${us(all.matches)} matches an event; to add a list ${us(all.addUs)} µs CPU, ${us(all.bytes)} bytes; evaluating everything ${us(all.linearUs)} µs`,
    raw: { one, all },
  };
}

async function exact(name, count, events, seed) {
  const { matches, different, held } = await apart((part) => part.call('duel', name, count, events, seed));
  if (different > 0)
    throw new Error(`${name}, seed ${seed}: ${different} differences from the evaluation of everything`);
  return {
    figure: `${name}, ${thousands(held)} subscriptions, seed ${seed}: differences from evaluating everything`,
    value: different,
    unit: 'of the matches',
    baseline: `${thousands(matches)} matches of ${events} events`,
    ratio: different / matches,
    isLowBetter: true,
    target: 0,
    least: 0,
  };
}

const fill = `with made as (
    insert into subscription_incarnation (tenant, id, status, is_matching, version, config_version, criteria, base_url, config, created_at, changed_at)
    select 'default', lpad(n::text, 36, '0'), 'active', true, 2, 1, 'Observation?patient=Patient/p' || n, 'http://127.0.0.1/fhir', '{"sendDeletes": false}',
      timestamptz '2026-01-01', timestamptz '2026-01-01' from generate_series(1, $1::int) n
    returning subscription_key, criteria, base_url)
  insert into subscription_change (change_no, subscription_key, opens, closes, criteria, base_url, xid, changed_at)
  select row_number() over (order by subscription_key), subscription_key, true, false, criteria, base_url, pg_current_xact_id(), timestamptz '2026-01-01' from made`;

async function start({ postgres }, count) {
  const herald = await startHerald(postgres, `start_${count}`);
  const url = new URL(postgres.url);
  url.pathname = `/start_${count}`;
  try {
    await herald.database.query(fill, [count]);
    await herald.database.query('update subscription_change_counter set last_change_no = $1', [count]);
    await herald.database.query('analyze subscription_incarnation, subscription_change');
    const { seconds, cpuSeconds, bytes, held } = await apart((part) => part.call('load', url.href));
    return {
      figure: `a matcher's start with ${thousands(held)} subscriptions`,
      value: seconds,
      unit: 's',
      baseline: `the CPU time of its process (${cpuSeconds.toFixed(1)} s)`,
      ratio: seconds / cpuSeconds,
      isLowBetter: true,
      note: `${us(bytes / held)} bytes a subscription, ${us(bytes / 2 ** 20)} MB`,
    };
  } finally {
    await herald.stop();
  }
}

export async function matching(context) {
  const { sizes, matchingEvents, duelSize } = context.options;
  const figures = [];
  for (const name of Object.keys(workloads)) {
    for (const count of sizes) figures.push(...(await measured(name, count, matchingEvents)));
  }
  for (const seed of [1, 2]) figures.push(await exact('mix', duelSize, 60, seed));
  for (const seed of [3, 4]) figures.push(await exact('code + quantity threshold', duelSize, 60, seed));
  for (const seed of [5, 6]) figures.push(await exact('generated', duelSize, 120, seed));
  figures.push(await people(matchingEvents));
  figures.push(await start(context, sizes.at(-1)));
  return figures;
}
