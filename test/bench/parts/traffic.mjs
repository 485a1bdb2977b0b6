// Writes at a steady pace, and Subscriptions on the endpoints of endpoints.mjs: what the scenarios about bad endpoints share.
import { Agent, request } from 'undici';
import { patient } from './patients.mjs';
import { startPart } from './remote.mjs';
import { startHerald, until } from './server.mjs';
import { restHook, subscribeMany } from './subscriptions.mjs';

const agent = new Agent({ connections: 64, pipelining: 1 });
const headers = { 'content-type': 'application/fhir+json', prefer: 'return=minimal' };

async function send(method, url, body) {
  const response = await request(url, { method, dispatcher: agent, headers, body: JSON.stringify(body) });
  const text = await response.body.text();
  if (response.statusCode >= 300) throw new Error(`${method} ${url}: ${response.statusCode} ${text.slice(0, 500)}`);
}

/** A Patient write that the Subscriptions of one group match; `id` makes it the next version of that patient. */
export function write(herald, number, group, id) {
  const body = patient(number, group);
  if (id === undefined) return send('POST', `${herald.fhirUrl}/Patient`, body);
  return send('PUT', `${herald.fhirUrl}/Patient/${id}`, { ...body, id });
}

/** `count` writes at `perSecond`, whatever the answers take. */
export async function writeSteadily(count, perSecond, one) {
  const started = performance.now();
  const under = [];
  for (let n = 0; n < count; n += 1) {
    const wait = started + (n * 1000) / perSecond - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    under.push(one(n));
  }
  await Promise.all(under);
}

/** Subscribes each path, on an origin of its own, to Patients of its group; with `extensions` on the channel. */
export function subscribe(herald, urls, paths, groupOf, extensions = []) {
  return subscribeMany(
    herald,
    paths.length,
    (n) => {
      const resource = restHook(
        `Patient?identifier=urn:bench:group|${groupOf(n)}`,
        `${urls[n % urls.length]}${paths[n]}`,
      );
      return { ...resource, channel: { ...resource.channel, ...(extensions.length > 0 && { extension: extensions }) } };
    },
    60_000,
  );
}

/** Runs one scenario with a Herald and endpoints of its own, and stops both. */
export async function withEndpoints(context, name, run, options = {}) {
  const endpoints = startPart('./endpoints.mjs');
  let herald;
  try {
    const urls = await endpoints.call('listen', options.origins ?? 1);
    herald = await startHerald(context.postgres, `bench_${name}_${Date.now()}`, options.env);
    return await run({ herald, endpoints, urls });
  } finally {
    await herald?.stop();
    await endpoints.stop();
  }
}

export const seen = (endpoints, prefix, count, deadlineMs) =>
  until(
    `${count} deliveries at ${prefix}`,
    deadlineMs,
    async () => (await endpoints.call('seen', prefix)).distinct >= count,
    50,
  );

export const keyOf = async (herald, pathEnd) => {
  const sql = `select subscription_key as key, id from subscription_incarnation where alive and config ->> 'endpoint' like $1`;
  return (await herald.database.query(sql, [`%${pathEnd}`])).rows[0];
};

/** What the operator sees of one Subscription. */
export const adminView = async (herald, id) => (await fetch(`${herald.base}/admin/subscriptions/${id}`)).json();
