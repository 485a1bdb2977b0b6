// The hostile receiver, a process of its own: one place per Subscription, each with its habits. It writes down every request, and answers
// with trouble until it is told to be well.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Arrival, ReceiverMood } from './arrival';
import { Dice } from './dice';

/** What the run tells this process. */
export type ReceiverOrder =
  | { readonly order: 'listen'; readonly seed: number; readonly file: string }
  | { readonly order: 'heal' }
  | { readonly order: 'dead'; readonly isDead: boolean }
  | { readonly order: 'count' }
  | { readonly order: 'end' };

const moods: Readonly<Record<string, Partial<Record<ReceiverMood, number>>>> = {
  hostile: {
    kept: 83,
    late: 3,
    '500': 4,
    '429': 2,
    'reset-before': 2,
    'reset-after': 2,
    hang: 0.7,
    'hang-after': 0.7,
    'slow-body': 0.7,
  },
  slow: { late: 97, '500': 1.5, 'reset-after': 1.5 },
  well: { kept: 1 },
};
const lateMs: Readonly<Record<string, readonly [number, number]>> = { hostile: [20, 250], slow: [80, 300] };
const dripEveryMs = 100;
const idleClosedEveryMs = 150;

let dice = new Dice(0);
let file = '';
let isWell = false;
let isDead = false;
let count = 0;
let unwritten: string[] = [];

function moodOf(slot: string, body: Buffer): ReceiverMood {
  if (isWell) return 'kept';
  if (slot.startsWith('dead') && isDead) return 'dead';
  // A message that this receiver never understands.
  if (slot.startsWith('picky') && body.includes('"Poison"')) return '422';
  const habit = ['well', 'slow'].find((name) => slot.startsWith(name)) ?? 'hostile';
  return dice.weighted(moods[habit] as Record<ReceiverMood, number>);
}

function arrivalOf(request: http.IncomingMessage, body: Buffer, mood: ReceiverMood): Arrival {
  const header = (name: string): string => String(request.headers[name] ?? '');
  return {
    slot: (request.url ?? '').split('/')[1] ?? '',
    subscription: header('herald-subscription'),
    eventId: header('herald-event-id'),
    eventNumber: Number(header('herald-event-number')),
    attempt: Number(header('herald-attempt')),
    version: Number(header('herald-version')),
    interaction: header('herald-interaction'),
    method: request.method ?? '',
    path: request.url ?? '',
    digest: createHash('md5').update(body).digest('base64url').slice(0, 10),
    at: performance.timeOrigin + performance.now(),
    mood,
    isKept: ['kept', 'late', 'reset-after', 'hang-after', 'slow-body'].includes(mood),
  };
}

function answer(mood: ReceiverMood, slot: string, response: http.ServerResponse): void {
  switch (mood) {
    case 'kept':
      response.writeHead(200).end();
      return;
    case 'late': {
      const [min, max] = lateMs[slot.startsWith('slow') ? 'slow' : 'hostile']!;
      setTimeout(() => response.writeHead(200).end(), dice.between(min, max));
      return;
    }
    case '500':
      response.writeHead(500).end('out of order');
      return;
    case '429':
      response.writeHead(429, { 'retry-after': '1' }).end();
      return;
    case '422':
      response.writeHead(422).end('not understood');
      return;
    case 'slow-body': {
      response.writeHead(200);
      const drip = setInterval(() => response.write('.'), dripEveryMs);
      response.once('close', () => clearInterval(drip));
      return;
    }
    case 'reset-before':
    case 'reset-after':
    case 'dead':
      response.socket?.resetAndDestroy();
      return;
    case 'hang':
    case 'hang-after':
      // No answer at all: the sender has to give up by itself.
      return;
  }
}

const server = http.createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  // Expected: a sender that dies in the middle of its request.
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const slot = (request.url ?? '').split('/')[1] ?? '';
    const mood = moodOf(slot, body);
    count += 1;
    unwritten.push(JSON.stringify(arrivalOf(request, body, mood)));
    answer(mood, slot, response);
  });
});
server.keepAliveTimeout = 60_000;

function write(): void {
  if (unwritten.length === 0) return;
  fs.appendFileSync(file, `${unwritten.join('\n')}\n`);
  unwritten = [];
}

async function obey(message: ReceiverOrder): Promise<unknown> {
  switch (message.order) {
    case 'listen':
      dice = new Dice(message.seed, 'receiver');
      file = message.file;
      setInterval(write, 250);
      // Keep-alive sockets that nobody uses right now are closed without a word, as many real servers do.
      setInterval(() => !isWell && dice.chance(0.5) && server.closeIdleConnections(), idleClosedEveryMs);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    case 'heal':
      isWell = true;
      return undefined;
    case 'dead':
      isDead = message.isDead;
      return undefined;
    case 'count':
      return count;
    case 'end':
      write();
      return count;
  }
}

process.on('message', (message: ReceiverOrder) => {
  void obey(message).then((result) => {
    process.send?.({ result });
    if (message.order === 'end') setImmediate(() => process.exit(0));
  });
});
process.on('disconnect', () => process.exit(0));
