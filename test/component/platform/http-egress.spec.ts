import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { answered, client, closeAll, failed, get, listen, raw, web } from './egress-servers';

describe('http egress', () => {
  afterEach(closeAll);

  it('sends method, path, headers as given, body; reads status, headers and body', async () => {
    let seen: { method?: string; url?: string; raw: string[]; body: string } | undefined;
    const url = await web((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen = { method: request.method, url: request.url, raw: request.rawHeaders, body };
        response.writeHead(201, { 'X-Answer': 'yes' }).end('made');
      });
    });
    const headers = [
      ['X-Given', 'one'],
      ['X-Given', 'two'],
      ['Content-Type', 'application/fhir+json'],
    ] as const;
    const result = answered(
      await client().request({
        method: 'PUT',
        url: `${url}?a=b#c`,
        headers,
        body: Buffer.from('{"é":1}'),
        deadlineMs: 30_000,
      }),
    );
    expect(result).toMatchObject({ status: 201, bodyCut: false, remoteAddress: '127.0.0.1' });
    expect(result.body.toString()).toBe('made');
    expect(result.headers['x-answer']).toBe('yes');
    expect(result.durationMs).toBeGreaterThan(0);
    expect(seen).toMatchObject({ method: 'PUT', url: '/hook?a=b', body: '{"é":1}' });
    const text = seen!.raw.join('|');
    expect(text).toContain('X-Given|one|X-Given|two|Content-Type|application/fhir+json');
    expect(text).toContain('Accept-Encoding|identity');
    expect(text).not.toMatch(/transfer-encoding/i);
  });

  it.each([301, 302, 303, 307, 308])('row 19: a redirect %i is an answer and is not followed', async (status) => {
    let requests = 0;
    const url = await web((_request, response) => {
      requests += 1;
      response.writeHead(status, { location: '/hook', refresh: '0;url=/hook' }).end();
    });
    expect(answered(await client().request(get(url, { method: 'POST' }))).status).toBe(status);
    expect(requests).toBe(1);
  });

  it('row 34: an endless body is cut at the cap and the connection destroyed', async () => {
    let closed: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const url = await web((_request, response) => {
      response.writeHead(200);
      response.on('close', closed);
      const more = (): void => {
        while (response.write('x'.repeat(10_000)));
        response.once('drain', more);
      };
      more();
    });
    const result = answered(await client().request(get(url)));
    expect(result).toMatchObject({ status: 200, bodyCut: true });
    expect(result.body).toHaveLength(1000);
    await gone;
  });

  it('row 36: a dripping body ends at the deadline; the status stands, the body is cut', async () => {
    const url = await raw('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nx', (socket) => {
      const timer = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    const result = answered(await client().request(get(url, { deadlineMs: 1000 })));
    expect(result).toMatchObject({ status: 200, bodyCut: true });
  });

  it.each([
    ['row 39: no answer', ''],
    ['row 37: slow headers', 'HTTP/1.1 200 OK\r\nX-Slow: '],
    ['row 37: only 1xx', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n'],
  ])('%s: time-out at the deadline', async (_row, bytes) => {
    const url = await raw(bytes);
    const result = failed(await client().request(get(url, { deadlineMs: 1000 })));
    expect(result).toMatchObject({ phase: 'timeout', beforeResponse: bytes === '' });
  });

  it('ends at once when the caller aborts, before and during', async () => {
    const url = await raw('');
    const abort = new AbortController();
    const running = client().request(get(url, { signal: abort.signal }));
    setImmediate(() => abort.abort());
    expect(failed(await running).phase).toBe('aborted');
    expect(failed(await client().request(get(url, { signal: abort.signal }))).phase).toBe('aborted');
  });

  it.each([
    ['row 42: no HTTP', 'hello\r\n\r\n', 'protocol'],
    ['row 42: a bad chunk length, no status line', 'HTTP/9.9 abc\r\n\r\n', 'protocol'],
    ['row 40: 40 kB of headers', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`, 'protocol'],
    ['hung up in the middle of the headers', 'HTTP/1.1 200 OK\r\nX-', 'reset'],
  ])('%s is a failure, not a crash', async (_row, bytes, phase) => {
    const url = await raw(bytes, (socket) => socket.end());
    expect(failed(await client().request(get(url))).phase).toBe(phase);
  });

  it.each([
    ['row 41: cut body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart', 200],
    ['row 42: no reason phrase', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', 200],
    ['row 43: 304', 'HTTP/1.1 304 Not Modified\r\n\r\n', 304],
    ['row 42: broken chunk', 'HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 202],
    ['a status above 599', 'HTTP/1.1 600 What\r\nContent-Length: 0\r\n\r\n', 600],
  ])('%s: the status decides', async (_row, bytes, status) => {
    const url = await raw(bytes, (socket) => socket.end());
    expect(answered(await client().request(get(url))).status).toBe(status);
  });

  it('a fresh connection that is reset is a failure: no silent second request', async () => {
    let connections = 0;
    const server = net.createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      socket.once('data', () => socket.resetAndDestroy());
    });
    const url = `http://127.0.0.1:${await listen(server)}/`;
    expect(failed(await client().request(get(url, { method: 'POST' })))).toMatchObject({
      phase: 'reset',
      beforeResponse: true,
      reusedSocket: false,
    });
    expect(connections).toBe(1);
  });

  it('row 44: a reused connection that the server closed is re-tried once, at once, uncounted', async () => {
    // Answers one request per connection, keeps it open, and resets it as soon as the next request arrives.
    let connections = 0;
    const server = net.createServer((socket) => {
      connections += 1;
      let requests = 0;
      socket.on('error', () => undefined);
      socket.on('data', () => {
        requests += 1;
        if (requests > 1) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n');
      });
    });
    const url = `http://127.0.0.1:${await listen(server)}/`;
    const sender = client();
    for (let n = 0; n < 20; n += 1)
      expect(answered(await sender.request(get(url, { method: 'POST' }))).status).toBe(200);
    expect(connections).toBe(20);
  });

  it('row 44: the second reset is reported', async () => {
    let connections = 0;
    const server = net.createServer((socket) => {
      connections += 1;
      const isFirst = connections === 1;
      let requests = 0;
      socket.on('error', () => undefined);
      socket.on('data', () => {
        requests += 1;
        if (!isFirst || requests > 1) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      });
    });
    const url = `http://127.0.0.1:${await listen(server)}/`;
    const sender = client();
    await sender.request(get(url));
    expect(failed(await sender.request(get(url))).phase).toBe('reset');
    expect(connections).toBe(2);
  });

  it('reuses connections and never opens more than its limit per origin', async () => {
    let open = 0;
    let peak = 0;
    let connections = 0;
    const server = http.createServer((_request, response) => {
      open += 1;
      peak = Math.max(peak, open);
      setTimeout(() => {
        open -= 1;
        response.end('ok');
      }, 10);
    });
    server.on('connection', () => (connections += 1));
    const url = `http://127.0.0.1:${await listen(server)}/`;
    const sender = client({ connectionsPerOrigin: 3 });
    const results = await Promise.all(Array.from({ length: 30 }, () => sender.request(get(url))));
    expect(results.every((result) => result.kind === 'answered')).toBe(true);
    expect(peak).toBe(3);
    expect(connections).toBe(3);
  });

  it('one that waits for a connection still ends at its deadline', async () => {
    const url = await raw('');
    const sender = client({ connectionsPerOrigin: 1 });
    const first = sender.request(get(url, { deadlineMs: 600 }));
    const second = failed(await sender.request(get(url, { deadlineMs: 100 })));
    expect(second.phase).toBe('timeout');
    expect(failed(await first).phase).toBe('timeout');
  });

  it('nobody listens: connect', async () => {
    const server = net.createServer();
    const port = await listen(server);
    await new Promise<void>((done) => server.close(() => done()));
    expect(failed(await client().request(get(`http://127.0.0.1:${port}/`)))).toMatchObject({
      phase: 'connect',
      beforeResponse: true,
    });
  });

  it('unknown name: resolve', async () => {
    const result = failed(
      await client({
        resolver: (_host, done) => done(Object.assign(new Error('getaddrinfo ENOTFOUND x'), { code: 'ENOTFOUND' }), []),
      }).request(get('https://nowhere.example/')),
    );
    expect(result.phase).toBe('resolve');
  });

  it('rows 38, 45: TLS that stalls, is none, or is self-signed', async () => {
    const stalled = net.createServer((socket) => socket.on('error', () => undefined));
    const port = await listen(stalled);
    expect(failed(await client({ connectTimeoutMs: 200 }).request(get(`https://127.0.0.1:${port}/`))).phase).toBe(
      'connect',
    );
    const plain = (await raw('HTTP/1.1 400 Bad Request\r\n\r\n', (socket) => socket.end())).replace('http:', 'https:');
    expect(failed(await client().request(get(plain))).phase).toBe('tls');
    const pem = fs.readFileSync(path.resolve(__dirname, '../../fixtures/tls/self-signed.pem'));
    const selfSigned = await listen(
      https.createServer({ key: pem, cert: pem }, (_request, response) => response.end('secret')),
    );
    expect(failed(await client().request(get(`https://localhost:${selfSigned}/`)))).toMatchObject({
      phase: 'tls',
      reason: expect.stringMatching(/self.signed/i) as string,
    });
  });
});
