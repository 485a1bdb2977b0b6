// From the answer to a Subscription's create until it is certain to match: when it says `active`, every later write is told.
import { request } from 'undici';
import { startHerald } from '../parts/server.mjs';
import { atRest, restHook, subscribeMany } from '../parts/subscriptions.mjs';
import { quantile } from '../parts/quantile.mjs';

const headers = { 'content-type': 'application/fhir+json' };

async function activated(herald, resource) {
  const body = JSON.stringify(resource);
  const created = await request(`${herald.fhirUrl}/Subscription`, { method: 'POST', headers, body });
  const text = await created.body.text();
  if (created.statusCode !== 201) throw new Error(`${created.statusCode}: ${text.slice(0, 500)}`);
  const answered = performance.now();
  const url = `${herald.fhirUrl}/Subscription/${JSON.parse(text).id}`;
  for (;;) {
    const { body: found } = await request(url);
    if ((await found.json()).status === 'active') return performance.now() - answered;
    if (performance.now() - answered > 60_000) throw new Error(`${url} did not become active within a minute`);
  }
}

export async function activation({ postgres, options, receiverUrl }) {
  const herald = await startHerald(postgres, 'bench_activation');
  const make = (n) => restHook(`Patient?identifier=urn:bench:activation|${n}`, receiverUrl);
  const others = options.activationOthers;
  try {
    await subscribeMany(herald, others, make, options.prepareMs);
    await atRest(herald);
    const taken = [];
    for (let n = 0; n < options.activations; n += 1) taken.push(await activated(herald, make(others + n)));
    taken.sort((a, b) => a - b);
    return [
      {
        figure: `created → certain to match, p99 of ${taken.length}, beside ${others.toLocaleString('en')} others`,
        value: quantile(taken, 0.99),
        unit: 'ms',
        baseline: 'the target (100 ms)',
        ratio: quantile(taken, 0.99) / 100,
        isLowBetter: true,
        target: 1,
        least: 10,
        note: `p50 ${quantile(taken, 0.5).toFixed(0)} ms`,
      },
    ];
  } finally {
    await herald.stop();
  }
}
