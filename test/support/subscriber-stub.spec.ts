// The receiver that other tests trust does what it is told.
import http from 'node:http';
import { SubscriberStub } from './subscriber-stub';

function send(
  url: string,
  body = '',
  signal?: AbortSignal,
): Promise<{ status: number; text: string; headers: Headers }> {
  return fetch(url, { method: 'POST', body, signal }).then(async (response) => ({
    status: response.status,
    text: await response.text(),
    headers: response.headers,
  }));
}

let stub: SubscriberStub;
beforeEach(async () => {
  stub = await SubscriberStub.start();
});
afterEach(() => stub.stop());

it('keeps what arrives and answers 200', async () => {
  expect((await send(`${stub.url}/a?b=1`, '{"x":1}')).status).toBe(200);
  const [request] = await stub.received(1);
  expect(request).toMatchObject({ method: 'POST', path: '/a?b=1', processed: true, status: 200 });
  expect(request!.json()).toEqual({ x: 1 });
});

it('answers as told, by the number of the request', async () => {
  stub.answer((_request, number) =>
    number === 1 ? { status: 429, headers: { 'retry-after': '3' }, body: 'slow down' } : { status: 201 },
  );
  const refused = await send(stub.url);
  expect([refused.status, refused.headers.get('retry-after'), refused.text]).toEqual([429, '3', 'slow down']);
  expect((await send(stub.url)).status).toBe(201);
  expect(stub.processed).toHaveLength(1);
});

it.each(['before', 'after'] as const)('cuts the line %s the work is done', async (when) => {
  stub.answer(() => ({ reset: when }));
  await expect(send(stub.url)).rejects.toThrow();
  await stub.received(1);
  expect(stub.processed).toHaveLength(when === 'after' ? 1 : 0);
});

it.each([{ hang: true as const }, { drip: true as const }])('never ends with %j', async (answer) => {
  stub.answer(() => answer);
  await expect(send(stub.url, '', AbortSignal.timeout(400))).rejects.toThrow();
  await stub.received(1);
  expect(stub.inFlight).toBe(0);
});

it('says at the deadline what did arrive', async () => {
  await send(`${stub.url}/only`);
  await expect(stub.received(2, 50)).rejects.toThrow(
    /waited for 2 requests, but only saw 1 requests.*POST \/only → 200/,
  );
});

it('closes idle sockets when asked to', async () => {
  const impatient = await SubscriberStub.start({ idleSocketMs: 50 });
  const agent = new http.Agent({ keepAlive: true });
  const closed = new Promise<void>((resolve, reject) => {
    const request = http.request(impatient.url, { agent }, (response) => {
      response.socket.once('close', () => resolve());
      response.resume();
    });
    request.on('error', reject).end();
  });
  await closed;
  agent.destroy();
  await impatient.stop();
});
