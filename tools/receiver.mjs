// A receiver to try things with: prints every request and answers 200. `npm run receiver [-- --port=9000 --status=503]`.
import http from 'node:http';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '9000' }, status: { type: 'string', default: '200' } },
});
const shownBytesMax = 400;

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString('utf8');
    const own = Object.entries(request.headers).filter(([name]) => name.startsWith('herald-'));
    console.log(`${request.method} ${request.url}  ${own.map(([name, value]) => `${name}: ${value}`).join('  ')}`);
    if (body) console.log(`  ${body.length > shownBytesMax ? `${body.slice(0, shownBytesMax)} …` : body}`);
    response.writeHead(Number(values.status)).end();
  });
});
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`receiver on http://127.0.0.1:${server.address().port}, answering ${values.status}`);
});
