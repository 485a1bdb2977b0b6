// Puts many active subscriptions in place the way a client does: Bundles of creates, then waits until all are active.
import { Agent, request } from 'undici';
import { until } from './server.mjs';

const perBundle = 500;
const bundlesAtOnce = 4;

export function restHook(criteria, endpoint, cap) {
  const extension = cap ? { extension: [{ url: 'urn:herald:cap', valuePositiveInt: cap }] } : {};
  return {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'a benchmark',
    criteria,
    channel: { ...extension, type: 'rest-hook', endpoint, payload: 'application/fhir+json' },
  };
}

/** Creates `count` subscriptions; stops early at the deadline. Answers how many are active. */
export async function subscribeMany(herald, count, make, deadlineMs) {
  const agent = new Agent({ connections: bundlesAtOnce, bodyTimeout: 300_000, headersTimeout: 300_000 });
  const end = performance.now() + deadlineMs;
  let created = 0;
  const loop = async () => {
    while (created < count && performance.now() < end) {
      const first = created;
      created = Math.min(count, created + perBundle);
      const entry = Array.from({ length: created - first }, (_, n) => ({
        resource: make(first + n),
        request: { method: 'POST', url: 'Subscription' },
      }));
      const body = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry });
      const headers = { 'content-type': 'application/fhir+json', prefer: 'return=minimal' };
      const response = await request(herald.fhirUrl, { method: 'POST', dispatcher: agent, headers, body });
      const text = await response.body.text();
      if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${text.slice(0, 1000)}`);
    }
  };
  await Promise.all(Array.from({ length: bundlesAtOnce }, loop));
  await agent.destroy();
  const active = async () => {
    const { rows } = await herald.database.query(
      `select count(*)::int as n from subscription_incarnation where alive and status = 'active'`,
    );
    return rows[0].n;
  };
  await until(`${created} active subscriptions`, deadlineMs, async () => (await active()) >= created, 250);
  return active();
}

/** Until every committed write has been matched and nothing is on its way: the next figure starts from rest. */
export function atRest(herald, deadlineMs = 120_000) {
  const sql = `select (select count(*) from outbox where matched_at is null) + (select count(*) from delivery
    where state in ('pending', 'held', 'behind')) as n`;
  return until(
    'the server to be at rest',
    deadlineMs,
    async () => Number((await herald.database.query(sql)).rows[0].n) === 0,
    200,
  );
}
