// Long backlogs, put into the ledger by SQL as an outage would leave them: one lane of a million, and a hundred thousand that drain.
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../parts/server.mjs';
import { keyOf, seen, subscribe, withEndpoints, write, writeSteadily } from '../parts/traffic.mjs';

const insert = `
insert into delivery (subscription_key, event_no, slice_no, key_hash, event_id, type, id, version, interaction, request_id, state, written_at, numbered_at)
select $1::bigint, $2::bigint + n, ((n % $4::int) % $5::int)::int, n % $4::int, gen_random_uuid(), 'Patient', 'lane-' || (n % $4::int), 1 + n / $4::int, 'delete', 'bench', $6,
       now(), now()
  from generate_series(0, $3::int - 1) n`;
const text = (name) => fs.readFileSync(path.join(root, 'src/deliveries/sql', `${name}.sql`), 'utf8');

async function ages(herald, endpoints, count) {
  await endpoints.call('reset');
  await writeSteadily(count, 50, (n) => write(herald, n, 2));
  await seen(endpoints, 'ok/', count, 60_000);
  return endpoints.call('seen', 'ok/');
}

/** Median time of finding due slices and their windows, rolled back. */
async function claimMs(herald, times = 50) {
  const client = await herald.database.connect();
  const taken = [];
  try {
    for (let n = 0; n < times; n += 1) {
      await client.query('begin');
      const started = performance.now();
      await client.query(text('claim-lock'), [new Date(), 500]);
      const { rows } = await client.query(
        `select subscription_key as k, slice_no as n from slice where subscription_key = any(select subscription_key from held_key)`,
      );
      const [keys, slices] = [rows.map((row) => row.k), rows.map((row) => row.n)];
      await client.query(text('load-pending'), [keys, slices, rows.map(() => 200)]);
      await client.query(text('load-held'), [keys, slices, new Date(), 100, 50]);
      taken.push(performance.now() - started);
      await client.query('rollback');
    }
  } finally {
    client.release();
  }
  return taken.sort((a, b) => a - b)[Math.floor(times / 2)];
}

export async function lane(context) {
  const { laneRows } = context.options;
  return withEndpoints(context, 'lane', async ({ herald, endpoints, urls }) => {
    await subscribe(herald, urls, ['/door/lane', '/ok/other'], (n) => n + 1);
    await endpoints.call('shut', 'lane');
    await ages(herald, endpoints, 100);
    const before = await ages(herald, endpoints, 200);
    await endpoints.call('shut', 'lane');
    await write(herald, 1, 1, 'lane-head');
    const { key } = await keyOf(herald, '/door/lane');
    for (;;) {
      const { rows } = await herald.database.query('select 1 from held_key where subscription_key = $1', [key]);
      if (rows.length > 0) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const emptyMs = await claimMs(herald);
    const started = performance.now();
    await herald.database.query(
      `with h as (select key_hash, slice_no from held_key where subscription_key = $1 limit 1)
       insert into delivery (subscription_key, event_no, slice_no, key_hash, event_id, type, id, version, interaction, request_id, state, written_at, numbered_at)
       select $1::bigint, 1 + n, h.slice_no, h.key_hash, gen_random_uuid(), 'Patient', 'lane-head', 1 + n, 'update', 'bench', 'behind', now(), now()
         from h cross join generate_series(1, $2::int) n`,
      [key, laneRows],
    );
    await herald.database.query(
      'update subscription_runtime set last_event_no = last_event_no + $2 where subscription_key = $1',
      [key, laneRows],
    );
    await herald.database.query('analyze delivery');
    const preparedS = (performance.now() - started) / 1000;
    const fullMs = await claimMs(herald);
    const after = await ages(herald, endpoints, 200);
    const rows = laneRows.toLocaleString('en');
    return [
      {
        figure: `claim with one lane of ${rows} waiting`,
        value: fullMs,
        unit: 'ms',
        baseline: 'with an empty lane',
        ratio: fullMs / emptyMs,
        target: 1.5,
        least: 3,
        isLowBetter: true,
        note: `prepared in ${preparedS.toFixed(0)} s; empty ${emptyMs.toFixed(2)} ms`,
      },
      {
        figure: `p95 of another subscription beside it`,
        value: after.p95,
        unit: 'ms',
        baseline: 'before',
        ratio: after.p95 / Math.max(1, before.p95),
        target: 1.5,
        least: 3,
        isLowBetter: true,
        note: `p50 ${after.p50} ms, before ${before.p50} ms`,
      },
    ];
  });
}

export async function backlog(context) {
  const { backlogRows } = context.options;
  return withEndpoints(context, 'backlog', async ({ herald, endpoints, urls }) => {
    const extensions = [{ url: 'urn:herald:send-deletes', valueBoolean: true }];
    await subscribe(herald, urls, ['/ok/drain'], () => 1, extensions);
    const { key } = await keyOf(herald, '/ok/drain');
    await herald.database.query(insert, [key, 1, backlogRows, 1000, 4, 'pending']);
    await herald.database.query('update subscription_runtime set last_event_no = $2 where subscription_key = $1', [
      key,
      backlogRows,
    ]);
    await herald.database.query('analyze delivery');
    const started = Date.now();
    await herald.database.query(
      `insert into slice (subscription_key, slice_no, due_at) select $1, n, now() from generate_series(0, 3) n`,
      [key],
    );
    await seen(endpoints, 'ok/', backlogRows, 600_000);
    const one = await endpoints.call('seen', 'ok/');
    const took = (one.lastAt - started) / 1000;
    const rate = backlogRows / took;
    const note = `in ${took.toFixed(1)} s; ${one.distinct} delivered, ${one.repeats} twice, ${one.outOfOrder} out of order, at most ${one.inFlightMax} at once (cap 8)`;
    return [
      {
        figure: `a backlog of ${backlogRows.toLocaleString('en')} drains`,
        value: rate,
        unit: '/s',
        baseline: 'A',
        ratio: rate / context.baselines.A,
        note,
      },
    ];
  });
}
