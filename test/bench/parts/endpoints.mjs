// One process that plays many endpoints, by the first part of the path: /ok, /hang (never answers), /slow/<ms>, /door/<name> (503 while shut).
// Keeps for each endpoint: how many arrived for the first time, repeats, order violations, most at once, and how old each event was.
import http from 'node:http';
import { serve } from './remote.mjs';
import { quantile } from './quantile.mjs';

let endpoints = new Map();
const shut = new Set();

const fresh = () => ({
  distinct: 0,
  repeats: 0,
  outOfOrder: 0,
  inFlight: 0,
  inFlightMax: 0,
  lastAt: 0,
  ages: [],
  seen: new Set(),
  highest: new Map(),
});

function endpointOf(name) {
  if (!endpoints.has(name)) endpoints.set(name, fresh());
  return endpoints.get(name);
}

function note(endpoint, request, body) {
  const event = request.headers['herald-event-id'];
  if (endpoint.seen.has(event)) return void (endpoint.repeats += 1);
  endpoint.seen.add(event);
  endpoint.distinct += 1;
  endpoint.lastAt = Date.now();
  const version = Number(request.headers['herald-version']);
  if (version < (endpoint.highest.get(request.url) ?? 0)) endpoint.outOfOrder += 1;
  else endpoint.highest.set(request.url, version);
  const written = /"lastUpdated":"([^"]+)"/.exec(body);
  if (written) endpoint.ages.push(Date.now() - Date.parse(written[1]));
}

function receive(request, response) {
  const [, kind, name] = request.url.split('/');
  const endpoint = endpointOf(`${kind}/${name}`);
  let body = '';
  endpoint.inFlight += 1;
  endpoint.inFlightMax = Math.max(endpoint.inFlightMax, endpoint.inFlight);
  response.once('close', () => (endpoint.inFlight -= 1));
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    if (kind === 'hang') return;
    if (kind === 'door' && shut.has(name)) return void response.writeHead(503).end();
    const answer = () => {
      note(endpoint, request, body);
      response.writeHead(200).end();
    };
    if (kind === 'slow') setTimeout(answer, Number(name));
    else answer();
  });
}

/** Each server is an origin of its own: what one origin's connections hold must not be counted against another. */
function listenOnce() {
  const server = http.createServer(receive);
  server.keepAliveTimeout = 60_000;
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`)),
  );
}

const percentile = (sorted, share) => quantile(sorted, share) ?? Infinity;

serve({
  listen: (count) => Promise.all(Array.from({ length: count }, listenOnce)),
  reset: () => {
    endpoints = new Map();
    shut.clear();
  },
  shut: (name) => shut.add(name),
  open: (name) => shut.delete(name),
  /** Of all endpoints whose name begins so, together. */
  seen: (prefix) => {
    const found = [...endpoints].filter(([name]) => name.startsWith(prefix)).map(([, endpoint]) => endpoint);
    const sum = (pick) => found.reduce((total, one) => total + pick(one), 0);
    const ages = found.flatMap((one) => one.ages).sort((a, b) => a - b);
    return {
      distinct: sum((one) => one.distinct),
      repeats: sum((one) => one.repeats),
      outOfOrder: sum((one) => one.outOfOrder),
      inFlightMax: Math.max(0, ...found.map((one) => one.inFlightMax)),
      lastAt: Math.max(0, ...found.map((one) => one.lastAt)),
      p50: percentile(ages, 0.5),
      p95: percentile(ages, 0.95),
      p99: percentile(ages, 0.99),
    };
  },
});
