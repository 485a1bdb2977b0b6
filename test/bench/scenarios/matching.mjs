// What an event costs as subscriptions grow, beside the evaluation of everything and the parsing of its JSON; what a subscription costs in
// memory; whether both ways answer the same; how long a matcher takes to start.
import { startPart } from '../parts/remote.mjs';
import { startHerald } from '../parts/server.mjs';
import { workloads } from '../parts/workloads.mjs';

const linearMax = 100_000;
const thousands = (count) => count.toLocaleString('en');
const us = (value) => (value < 100 ? value.toFixed(1) : thousands(Math.round(value)));

async function apart(work) {
  const part = startPart('./matching.mjs', {}, ['--expose-gc', '--max-old-space-size=8192']);
  try {
    return await work(part);
  } finally {
    await part.stop();
  }
}

async function measured(name, count, events) {
  const linearEvents = count > linearMax ? 0 : Math.max(5, Math.round(500_000 / count));
  const one = await apart((part) => part.call('measure', name, count, events, Math.min(linearEvents, events)));
  const linear =
    one.linearUs === undefined ? '' : `; evaluating everything ${us(one.linearUs)} µs = ${us(one.linearUs / one.us)} ×`;
  return [
    {
      figure: `${name}, ${thousands(count)} subscriptions: CPU per event`,
      value: one.us,
      unit: 'µs',
      baseline: `JSON.parse of the event (${us(one.parseUs)} µs)`,
      ratio: one.us / one.parseUs,
      note: `${us(one.matches)} matches an event, p50 ${us(one.p50)} µs, p99 ${us(one.p99)} µs${linear}`,
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
      note: `${us(one.bytesLoaded)} before any event; process ${us(one.residentMb)} MB; to add ${us(one.addUs)} µs, to replace ${us(one.churnUs)} µs CPU`,
    },
  ];
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
  for (const seed of [3, 4]) figures.push(await exact('generated', duelSize, 120, seed));
  figures.push(await start(context, sizes.at(-1)));
  return figures;
}
