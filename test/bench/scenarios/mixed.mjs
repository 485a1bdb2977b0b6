// What 300 Subscriptions of all kinds add to the matching of one write, through the front door: one server with them beside one without,
// the same writes, one at a time. From the write's time to the mark in its match transaction; both are whole milliseconds.
import { createRequire } from 'node:module';
import { request } from 'undici';
import { startHerald, until } from '../parts/server.mjs';
import { atRest, restHook, subscribeMany } from '../parts/subscriptions.mjs';
import { workloads } from '../parts/workloads.mjs';
import { measured as measuredAlone } from './matching.mjs';
import { quantile } from '../parts/quantile.mjs';

const require = createRequire(import.meta.url);
const subscriptions = 300;
const warmWrites = 50;
const headers = { 'content-type': 'application/fhir+json', prefer: 'return=minimal' };
/** A tenth ask for what the written resource refers to, which is read for each event that somebody asks so. */
const byReferenceEvery = 10;
const criteriaOf = (n, random) =>
  n % byReferenceEvery === 0
    ? `${n % 20 === 0 ? 'Encounter' : 'Observation'}?subject:identifier=urn:oid:1.2.36.146.595.217|mrn-${n}`
    : workloads.mix.criteria(n, random);

/** Waits for its own mark before the next write: no event queues behind another. */
async function written(herald, resource) {
  const body = JSON.stringify(resource);
  const response = await request(`${herald.fhirUrl}/${resource.resourceType}`, { method: 'POST', headers, body });
  const text = await response.body.text();
  if (response.statusCode !== 201) throw new Error(`${response.statusCode}: ${text.slice(0, 500)}`);
  const [, type, id] = /\/fhir\/(\w+)\/([^/]+)/.exec(response.headers.location);
  const sql = `select extract(epoch from matched_at - written_at) * 1000 as ms from outbox
    where type = $1 and id = $2 and matched_at is not null`;
  const found = await until('the write to be matched', 60_000, async () => {
    const { rows } = await herald.database.query({ name: 'matched', text: sql, values: [type, id] });
    return rows[0];
  });
  return Number(found.ms);
}

/** Only now: whoever runs another scenario need not wait for the compiler. */
function seededRandom(seed) {
  require('../../../tools/typescript.cjs');
  return require('../../support/generated-criteria.ts').seededRandom(seed);
}

async function throughTheDoor({ postgres, options, receiverUrl }, count) {
  const herald = await startHerald(postgres, `bench_mixed_${count}`);
  const { event } = workloads.mix;
  const random = seededRandom(7);
  try {
    await subscribeMany(herald, count, (n) => restHook(criteriaOf(n, random), receiverUrl), options.prepareMs);
    await atRest(herald);
    const resources = seededRandom(8);
    const taken = [];
    for (let n = 0; n < options.samples + warmWrites; n += 1) {
      const { id: _, ...resource } = event(`m${n}`, resources);
      const ms = await written(herald, resource);
      if (n >= warmWrites) taken.push(ms);
    }
    taken.sort((a, b) => a - b);
    const { rows } = await herald.database.query('select count(*)::int as n from delivery');
    return { p50: quantile(taken, 0.5), p95: quantile(taken, 0.95), deliveries: rows[0].n };
  } finally {
    await herald.stop();
  }
}

export async function mixed(context) {
  const none = await throughTheDoor(context, 0);
  const some = await throughTheDoor(context, subscriptions);
  const added = Math.max(0, some.p95 - none.p95);
  return [
    {
      figure: `written → matched, p95 of ${context.options.samples} writes, what ${subscriptions} mixed Subscriptions add`,
      value: added,
      unit: 'ms',
      baseline: 'the target (10 ms)',
      ratio: added / 10,
      isLowBetter: true,
      target: 1,
      least: 1,
      note: `with them p50 ${some.p50} ms, p95 ${some.p95} ms, ${some.deliveries} deliveries; with none p50 ${none.p50} ms, p95 ${none.p95} ms`,
    },
    ...(await measuredAlone('mix', subscriptions, context.options.matchingEvents)),
  ];
}
