// The receiver of the benchmarks: answers 200 at once, counts events it sees for the first time, repeats and order violations.
import http from 'node:http';
import { serve } from './remote.mjs';

let seen = new Set();
let highest = new Map();
let count = { distinct: 0, repeats: 0, outOfOrder: 0 };

function note(headers, url) {
  const event = headers['herald-event-id'];
  if (event === undefined) return;
  const key = `${headers['herald-subscription']} ${event}`;
  if (seen.has(key)) return void (count.repeats += 1);
  seen.add(key);
  count.distinct += 1;
  const lane = `${headers['herald-subscription']} ${url}`;
  const version = Number(headers['herald-version']);
  if (version < (highest.get(lane) ?? 0)) count.outOfOrder += 1;
  else highest.set(lane, version);
}

const server = http.createServer((request, response) => {
  if (request.url === '/count') return void response.end(String(count.distinct));
  request.on('data', () => {});
  request.on('end', () => {
    note(request.headers, request.url);
    response.writeHead(200).end();
  });
});
server.keepAliveTimeout = 60_000;

serve({
  listen: () =>
    new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`))),
  count: () => count,
  reset: () => {
    seen = new Set();
    highest = new Map();
    count = { distinct: 0, repeats: 0, outOfOrder: 0 };
  },
});
