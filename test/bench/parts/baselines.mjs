// What the machine can do without us, measured in the same run: raw durable commits of Postgres, and plain HTTP loops.
import pg from 'pg';
import { patient } from './patients.mjs';

const setUp = `
  create table bench_row (id bigint generated always as identity primary key, body text not null);
  create table bench_outbox (seq bigint generated always as identity primary key, row_id bigint not null, matched_at timestamptz);`;
const tearDown = 'drop table if exists bench_outbox; drop table if exists bench_row';
const insert = {
  name: 'bench-insert',
  text: `with r as (insert into bench_row (body) values ($1) returning id) insert into bench_outbox (row_id) select id from r`,
};

/** A durable 2 KB row plus its outbox row in one statement: commits per second, and the median time of one. */
export async function commits(url, clients, warmMs, measureMs) {
  const pool = new pg.Pool({ connectionString: url, max: clients });
  await pool.query(tearDown);
  await pool.query(setUp);
  const body = JSON.stringify(patient(1));
  const from = performance.now() + warmMs;
  const to = from + measureMs;
  const times = [];
  const loop = async () => {
    for (let started = performance.now(); started < to; started = performance.now()) {
      await pool.query({ ...insert, values: [body] });
      const ended = performance.now();
      if (started >= from && ended < to) times.push(ended - started);
    }
  };
  await Promise.all(Array.from({ length: clients }, loop));
  await pool.query(tearDown);
  await pool.end();
  times.sort((a, b) => a - b);
  return { rate: times.length / (measureMs / 1000), p50: times[Math.floor(times.length / 2)] };
}

const measures = {
  P: async ({ postgres, times }) => (await commits(postgres.url, 16, times.warmMs, times.measureMs)).rate,
  L: async ({ postgres, times }) => (await commits(postgres.url, 1, times.warmMs, times.measureMs)).p50,
  A: ({ load, receiverUrl, times }) => load.call('axios', receiverUrl, 16, times.warmMs, times.measureMs),
  U: ({ load, receiverUrl, times }) => load.call('undici', receiverUrl, 16, times.warmMs, times.measureMs),
};

/** The baselines named, one after another: P and L of Postgres, A and U of HTTP (architecture.md section 9). */
export async function measureBaselines(names, context) {
  const taken = {};
  for (const name of names) taken[name] = await measures[name](context);
  return taken;
}
