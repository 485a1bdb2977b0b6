// What each role costs and how the cluster profile grows: create → delivered with 1, 2, 4 deliverers and 1, 2 matchers, and the CPU of every role,
// of PostgreSQL, Kafka and Redis for one delivered event. Where all share one machine's cores, the CPU is the figure that carries over to others.
import { cpuBetween, cpuByRole } from '../parts/cpu.mjs';
import { startHintServers } from '../parts/hint-servers.mjs';
import { startHerald } from '../parts/server.mjs';
import { atRest, restHook, subscribeMany } from '../parts/subscriptions.mjs';

const groups = 16;
const shapes = [
  { matcher: 1, deliverer: 1 },
  { matcher: 1, deliverer: 2 },
  { matcher: 1, deliverer: 4 },
  { matcher: 2, deliverer: 2 },
  { matcher: 2, deliverer: 4 },
];
const formula = ({ matcher, deliverer }) =>
  `${matcher} matcher${matcher > 1 ? 's' : ''}, ${deliverer} deliverer${deliverer > 1 ? 's' : ''}`;

function pidsByRole(herald, postgres) {
  const { kafka, redis } = postgres.hints.pids;
  const pids = { postgres: [postgres.pid], kafka: [kafka], redis: [redis] };
  for (const { role, pid } of herald.processes) pids[role] = [...(pids[role] ?? []), pid];
  return pids;
}

async function measure(context, shape) {
  const { postgres, load, receiver, receiverUrl, times } = context;
  const herald = await startHerald(postgres, `bench_scaling_${shape.matcher}_${shape.deliverer}`, {}, shape);
  try {
    const hook = (n) => restHook(`Patient?identifier=urn:bench:group|${n}`, receiverUrl, 16);
    await subscribeMany(herald, groups, hook, 60_000);
    const run = async (measureMs) => {
      await receiver.call('reset');
      const options = { width: 64, warmMs: 0, measureMs, groups, backlogMax: 512 };
      return load.call('createsFollowed', herald.fhirUrl, receiverUrl, options);
    };
    await run(times.warmMs);
    await atRest(herald);
    const pids = pidsByRole(herald, postgres);
    const before = cpuByRole(pids);
    const started = performance.now();
    const { deliveredRate, sent } = await run(times.measureMs);
    await atRest(herald);
    const seconds = (performance.now() - started) / 1000;
    const used = cpuBetween(before, cpuByRole(pids));
    const count = await receiver.call('count');
    if (count.distinct !== sent) throw new Error(`${sent} created, ${count.distinct} delivered`);
    return { shape, deliveredRate, sent, seconds, used, count };
  } finally {
    await herald.stop();
  }
}

const perEvent = ({ used, sent }) =>
  Object.fromEntries(Object.entries(used).map(([role, seconds]) => [role, (seconds * 1000) / sent]));

function told(run) {
  const costs = Object.entries(perEvent(run)).map(([role, ms]) => `${role} ${ms.toFixed(2)}`);
  const cores = Object.values(run.used).reduce((sum, each) => sum + each, 0) / run.seconds;
  const { distinct, repeats, outOfOrder } = run.count;
  return `CPU ms per delivered event: ${costs.join(', ')}; ${cores.toFixed(2)} cores busy\n    ${distinct} delivered, ${repeats} twice, ${outOfOrder} out of order`;
}

export async function scaling(context) {
  const { postgres } = context;
  const isOurs = postgres.hints === undefined;
  const hints = (postgres.hints ??= await startHintServers(postgres.ownFolder));
  try {
    const runs = [];
    for (const shape of context.options.isQuick ? [shapes[0], shapes[3]] : shapes)
      runs.push(await measure(context, shape));
    const [first] = runs;
    const rates = runs.map((run) => ({
      figure: `create → delivered/s, ${formula(run.shape)}`,
      value: run.deliveredRate,
      unit: '/s',
      baseline: formula(first.shape),
      ratio: run.deliveredRate / first.deliveredRate,
      note: told(run),
      cpuMsPerEvent: perEvent(run),
    }));
    const carried = Object.entries(perEvent(first)).map(([role, ms]) => ({
      figure: `one core of ${role} carries`,
      value: 1000 / ms,
      unit: 'events/s',
      baseline: 'delivered by all',
      ratio: 1000 / ms / first.deliveredRate,
    }));
    return [...rates, ...carried];
  } finally {
    if (isOurs) {
      postgres.hints = undefined;
      await hints.stop();
    }
  }
}
