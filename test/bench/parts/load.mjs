// The load generator: keeps a number of requests in flight, and measures one at a time.
import http from 'node:http';
import axios from 'axios';
import { Agent, request } from 'undici';
import { patient } from './patients.mjs';
import { serve } from './remote.mjs';
import { quantile } from './quantile.mjs';

const agent = new Agent({ connections: 128, pipelining: 1 });
const headers = { 'content-type': 'application/fhir+json', prefer: 'return=minimal' };
let number = 0;

async function post(url, body, expected = 201) {
  const response = await request(url, { method: 'POST', dispatcher: agent, headers, body });
  if (response.statusCode !== expected)
    throw new Error(`${response.statusCode}: ${(await response.body.text()).slice(0, 500)}`);
  await response.body.dump();
}

/** Runs `width` loops of `once` for the warm-up and the measured time; answers how often it ended per second in the latter. */
async function loops(width, warmMs, measureMs, once) {
  const from = performance.now() + warmMs;
  const to = from + measureMs;
  let ended = 0;
  const loop = async () => {
    while (performance.now() < to) {
      await once();
      const now = performance.now();
      if (now >= from && now < to) ended += 1;
    }
  };
  await Promise.all(Array.from({ length: width }, loop));
  return ended / (measureMs / 1000);
}

const body = (groups) => JSON.stringify(patient((number += 1), number % groups));

/** Reads the receiver's count now and then, and lets the loops wait while too much is on its way. */
function gate(receiverUrl, backlogMax) {
  const state = { sent: 0, arrived: 0, isOpen: true, waiting: [] };
  const look = setInterval(async () => {
    const response = await request(`${receiverUrl}/count`, { dispatcher: agent });
    state.arrived = Number(await response.body.text());
    while (state.waiting.length > 0 && state.sent - state.arrived < backlogMax) {
      state.sent += 1;
      state.waiting.shift()();
    }
  }, 20);
  return {
    state,
    pass: () => {
      if (state.sent - state.arrived < backlogMax) return void (state.sent += 1);
      return new Promise((resolve) => state.waiting.push(resolve));
    },
    close: () => {
      clearInterval(look);
      for (const go of state.waiting.splice(0)) go();
    },
  };
}

let onArrival;
const ownReceiver = http.createServer((incoming, response) => {
  incoming.on('data', () => {});
  incoming.on('end', () => {
    onArrival?.(performance.now());
    response.writeHead(200).end();
  });
});

serve({
  undici: (url, width, warmMs, measureMs) => loops(width, warmMs, measureMs, () => post(url, body(1), 200)),
  axios: (url, width, warmMs, measureMs) =>
    loops(width, warmMs, measureMs, () => axios.post(url, patient((number += 1)), { headers })),
  creates: (fhirUrl, width, warmMs, measureMs) =>
    loops(width, warmMs, measureMs, () => post(`${fhirUrl}/Patient`, body(1))),

  /** Creates as fast as deliveries follow: at most `backlogMax` on their way. Answers creates per second. */
  async createsFollowed(fhirUrl, receiverUrl, options) {
    const { width, warmMs, measureMs, groups, backlogMax } = options;
    const door = gate(receiverUrl, backlogMax);
    const marks = [];
    const mark = () => marks.push({ at: performance.now(), arrived: door.state.arrived });
    const first = setTimeout(mark, warmMs);
    const second = setTimeout(mark, warmMs + measureMs);
    const stop = setTimeout(door.close, warmMs + measureMs + 100);
    const createRate = await loops(width, warmMs, measureMs, async () => {
      await door.pass();
      await post(`${fhirUrl}/Patient`, body(groups));
    });
    clearTimeout(stop);
    door.close();
    clearTimeout(first);
    if (marks.length < 2) {
      clearTimeout(second);
      mark();
    }
    const [a, b] = marks;
    return { createRate, deliveredRate: (b.arrived - a.arrived) / ((b.at - a.at) / 1000), sent: door.state.sent };
  },

  /** One create that `count` deliveries follow: milliseconds from its sending to the last arrival at the receiver. */
  async oneToMany(fhirUrl, receiverUrl, count) {
    const started = performance.now();
    const end = started + 120_000;
    await post(`${fhirUrl}/Patient`, body(1));
    for (;;) {
      const response = await request(`${receiverUrl}/count`, { dispatcher: agent });
      const arrived = Number(await response.body.text());
      if (arrived >= count) return performance.now() - started;
      if (performance.now() > end) throw new Error(`${arrived} of ${count} arrived within two minutes`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  },

  listen: () =>
    new Promise((resolve) =>
      ownReceiver.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${ownReceiver.address().port}`)),
    ),

  /** One at a time: create sent → received here. Answers the percentiles in milliseconds. */
  async oneAtATime(fhirUrl, samples, warmSamples) {
    const taken = [];
    for (let n = 0; n < samples + warmSamples; n += 1) {
      const arrived = new Promise((resolve, reject) => {
        const deadline = setTimeout(() => reject(new Error('nothing arrived within 10 s')), 10_000);
        onArrival = (at) => {
          clearTimeout(deadline);
          resolve(at);
        };
      });
      const started = performance.now();
      const [at] = await Promise.all([arrived, post(`${fhirUrl}/Patient`, body(1))]);
      if (n >= warmSamples) taken.push(at - started);
    }
    taken.sort((a, b) => a - b);
    return { p50: quantile(taken, 0.5), p99: quantile(taken, 0.99), samples: taken.length };
  },
});
