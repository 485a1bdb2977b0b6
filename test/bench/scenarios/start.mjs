// Seconds and memory of a start with very many active subscriptions: from the start of the process until the first write is told.
import fs from 'node:fs';
import pg from 'pg';
import { request } from 'undici';
import { startHerald, startHeraldOn, until } from '../parts/server.mjs';
import { restHook, subscribeMany } from '../parts/subscriptions.mjs';

/** Registered through the front door, and the ones that are told; the others are copies of the first, each with an identifier of its own. */
const registered = 10;
const toldMsMax = 600_000;
const headers = { 'content-type': 'application/fhir+json' };

const copyIncarnations = `insert into subscription_incarnation (tenant, id, status, is_matching, version, config_version, criteria, base_url,
    config, created_at, changed_at)
  select tenant, 'copy-' || n, status, is_matching, version, config_version, 'Patient?identifier=urn:bench:start|' || n, base_url,
    config, created_at, changed_at
  from (select * from subscription_incarnation order by subscription_key limit 1) one, generate_series($1::int, $2::int) n`;

const copyChanges = `insert into subscription_change (change_no, subscription_key, opens, closes, criteria, base_url, xid, changed_at)
  select c.last_change_no + row_number() over (), i.subscription_key, true, false, i.criteria, i.base_url, pg_current_xact_id(), i.changed_at
  from subscription_incarnation i, subscription_change_counter c
  where i.id like 'copy-%' and not exists (select from subscription_change k where k.subscription_key = i.subscription_key)`;

const countOn = `update subscription_change_counter set last_change_no = (select max(change_no) from subscription_change)`;

async function copyUpTo(url, from, size) {
  const database = new pg.Client({ connectionString: url });
  await database.connect();
  await database.query(copyIncarnations, [from, size - 1]);
  await database.query(copyChanges);
  await database.query(countOn);
  await database.query('analyze');
  await database.end();
}

function residentMb(pid) {
  const [, kb] = /VmRSS:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kb) / 1024;
}

async function toldAt(herald, receiver, n) {
  const patient = { resourceType: 'Patient', identifier: [{ system: 'urn:bench:start', value: String(n) }] };
  const body = JSON.stringify(patient);
  const answer = await request(`${herald.fhirUrl}/Patient`, { method: 'POST', headers, body });
  const text = await answer.body.text();
  if (answer.statusCode !== 201) throw new Error(`${answer.statusCode}: ${text.slice(0, 500)}`);
  await until('the first write to be told', toldMsMax, async () => (await receiver.call('count')).distinct >= 1, 20);
}

async function started(url, { postgres, receiver }, n) {
  await receiver.call('reset');
  const begun = performance.now();
  const herald = await startHeraldOn(url, postgres, 'bench_start');
  const readyMs = performance.now() - begun;
  try {
    await toldAt(herald, receiver, n);
    const matcher = herald.processes.find(({ role }) => role === 'all' || role === 'matcher');
    return { readyMs, toldMs: performance.now() - begun, memoryMb: residentMb(matcher.pid) };
  } finally {
    await herald.stop();
  }
}

export async function start(context) {
  const { postgres, options, receiverUrl } = context;
  const make = (n) => restHook(`Patient?identifier=urn:bench:start|${n}`, receiverUrl);
  const first = await startHerald(postgres, 'bench_start');
  await subscribeMany(first, registered, make, options.prepareMs);
  await first.stop();
  const few = await started(first.url, context, 0);
  const figures = [];
  let have = registered;
  for (const [index, size] of options.startSizes.entries()) {
    await copyUpTo(first.url, have, size);
    have = size;
    const many = await started(first.url, context, index + 1);
    figures.push({
      figure: `start with ${size.toLocaleString('en')} active subscriptions → the first write is told`,
      value: many.toldMs / 1000,
      unit: 's',
      baseline: `the same with ${registered}`,
      ratio: many.toldMs / few.toldMs,
      isLowBetter: true,
      note: `HTTP ready after ${(many.readyMs / 1000).toFixed(1)} s; memory ${many.memoryMb.toFixed(0)} MB, with ${registered} ${few.memoryMb.toFixed(0)} MB`,
    });
  }
  return figures;
}
