// `npm run bench [-- name …]`: the yardsticks of the architecture, each beside its baseline of the same run. create, delivered, latency and fan-out
// are taken in rounds, their baselines right before each: the ratio is the median, the least and the greatest are in brackets. Real processes (server,
// receiver, load generator) on 127.0.0.1, durable Postgres. Names: create delivered latency fan-out hanging neighbours order outages
// burst lane backlog matching mixed activation search start; none = all of these. Besides: scaling (the cluster profile by numbers of processes, and the CPU of each role).
// Flags: --subscriptions=100000 --same-type=1000 --sizes=1000,10000 --duel=50000 --seconds=15 --rounds=5 --samples=500 --quick
// --profile=cluster (Kafka, Redis and a process per role) --cpu-profiles (beside the results)
import { parseArgs } from 'node:util';
import { measureBaselines } from './parts/baselines.mjs';
import { startHintServers } from './parts/hint-servers.mjs';
import { startPart } from './parts/remote.mjs';
import { startPostgres } from './parts/server.mjs';
import { commit, machine, printFigures, writeResult } from './report.mjs';
import { activation } from './scenarios/activation.mjs';
import { create } from './scenarios/create.mjs';
import { delivered } from './scenarios/delivered.mjs';
import { fanOut } from './scenarios/fan-out.mjs';
import { backlog, lane } from './scenarios/backlog.mjs';
import { burst, order, outages } from './scenarios/holding.mjs';
import { hanging, neighbours } from './scenarios/isolation.mjs';
import { latency } from './scenarios/latency.mjs';
import { matching } from './scenarios/matching.mjs';
import { mixed } from './scenarios/mixed.mjs';
import { scaling } from './scenarios/scaling.mjs';
import { search } from './scenarios/search.mjs';
import { start } from './scenarios/start.mjs';

const scenarios = {
  create,
  delivered,
  latency,
  'fan-out': fanOut,
  hanging,
  neighbours,
  order,
  outages,
  burst,
  lane,
  backlog,
  matching,
  mixed,
  activation,
  search,
  start,
  scaling,
};
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    subscriptions: { type: 'string', default: '100000' },
    'same-type': { type: 'string', default: '1000' },
    sizes: { type: 'string', default: '1000,10000,100000,1000000' },
    duel: { type: 'string', default: '50000' },
    seconds: { type: 'string', default: '15' },
    rounds: { type: 'string', default: '5' },
    samples: { type: 'string', default: '500' },
    'prepare-seconds': { type: 'string', default: '600' },
    profile: { type: 'string', default: 'embedded' },
    'cpu-profiles': { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(scenarios).filter((name) => name !== 'scaling');
const unknown = names.filter((name) => !(name in scenarios));
if (unknown.length > 0)
  throw new Error(`no scenario ${unknown.join(', ')}; there are ${Object.keys(scenarios).join(', ')}`);

if (!['embedded', 'cluster'].includes(values.profile)) throw new Error('--profile is embedded or cluster');

const seconds = values.quick ? 2 : Number(values.seconds);
const options = {
  subscriptions: values.quick ? 1_000 : Number(values.subscriptions),
  sameType: values.quick ? 100 : Number(values['same-type']),
  rounds: values.quick ? 1 : Number(values.rounds),
  samples: values.quick ? 100 : Number(values.samples),
  sizes: (values.quick ? '1000,10000' : values.sizes).split(',').map(Number),
  matchingEvents: values.quick ? 500 : 5_000,
  duelSize: values.quick ? 5_000 : Number(values.duel),
  prepareMs: Number(values['prepare-seconds']) * 1000,
  fanOut: values.quick ? 1_000 : 10_000,
  laneRows: values.quick ? 50_000 : 1_000_000,
  backlogRows: values.quick ? 5_000 : 100_000,
  activations: values.quick ? 20 : 200,
  activationOthers: values.quick ? 100 : 10_000,
  startSizes: values.quick ? [10_000] : [100_000, 1_000_000],
  searchResources: values.quick ? 5_000 : 100_000,
  searchSamples: values.quick ? 50 : 200,
  searchWriteMs: values.quick ? 3_000 : 15_000,
  isQuick: values.quick,
};
const times = { warmMs: values.quick ? 500 : 3_000, measureMs: seconds * 1000 };
const result = {
  at: new Date().toISOString(),
  machine: machine(),
  commit: commit(),
  profile: values.profile,
  options: { ...options, seconds },
  baselines: {},
  figures: [],
};
console.log(
  `bench ${names.join(' ')}, ${values.profile} profile, commit ${result.commit}: ${JSON.stringify(result.machine)}, ${seconds} s each`,
);

const postgres = await startPostgres();
if (values.profile === 'cluster') postgres.hints = await startHintServers(postgres.ownFolder);
const receiver = startPart('./receiver.mjs');
const load = startPart('./load.mjs');
const stop = async () => {
  await Promise.all([receiver.stop(), load.stop()]);
  await postgres.hints?.stop();
  await postgres.stop();
};
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop().finally(() => process.exit(130)));

try {
  const receiverUrl = await receiver.call('listen');
  const context = { postgres, receiver, load, receiverUrl, times, options };
  result.baselines = context.baselines = await measureBaselines(['P', 'L', 'A', 'U'], context);
  const { P, L, A, U } = result.baselines;
  console.log(
    `baselines: P ${P.toFixed(0)} commits/s (16 clients), L ${L.toFixed(3)} ms a commit (1 client), A axios ${A.toFixed(0)}/s, U undici ${U.toFixed(0)}/s`,
  );
  for (const name of names) {
    console.log(`${name}`);
    const figures = await scenarios[name](context);
    printFigures(figures);
    result.figures.push(...figures.map((figure) => ({ scenario: name, ...figure })));
  }
  console.log(`written to ${writeResult(result)}`);
} finally {
  await stop();
}
