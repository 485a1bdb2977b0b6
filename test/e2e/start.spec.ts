// The first command of the README, as a process: nothing but Node, its own Postgres, found again, drained, and refusing what is unsafe.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { eventually } from '../support/deadline';
import { HeraldProcess, newDataDir, refusedStart } from '../support/herald-process';
import { SubscriberStub } from '../support/subscriber-stub';
import { restHook, subscribe } from '../support/subscription';

const patient = (id: string): any => ({ resourceType: 'Patient', id });

// One data directory for all: making a database takes longer than everything else here.
const parent = newDataDir('herald start with spaces ');
const dataDir = path.join(parent, 'my data');
afterAll(() => fs.rmSync(parent, { recursive: true, force: true }));

it('S1.49: starts with nothing else installed, in a path with spaces; after SIGTERM and after kill -9 the data is found again', async () => {
  const receiver = await SubscriberStub.start();
  let herald = await HeraldProcess.start({ dataDir });
  try {
    expect(herald.output).toContain(`${herald.url}/fhir`);
    expect(herald.output).toContain('my data');
    await subscribe(herald, restHook('Patient', receiver.url, { header: ['X-Key: kept'] }));
    await herald.put(patient('first'));
    await receiver.received(1);
    expect(await herald.stop()).toBe(0);

    herald = await herald.again();
    expect((await herald.get('Patient/first')).status).toBe(200);
    await herald.put(patient('second'));
    await receiver.received(2);

    // The Postgres of a killed Herald lives on as an orphan; the next start must cope with it.
    await herald.kill();
    herald = await herald.again();
    expect((await herald.get('Patient/second')).status).toBe(200);
    await herald.put(patient('third'));
    // Killed between the receiver's 200 and its own note of it, it sends the second one twice: same number, same headers.
    const numbers = (): string[] => receiver.requests.map((request) => request.headers['herald-event-number']!);
    await receiver.waitFor(() => numbers().includes('3'));
    expect([...new Set(numbers())]).toEqual(['1', '2', '3']);
    expect(new Set(receiver.requests.map((request) => request.headers['x-key']))).toEqual(new Set(['kept']));
  } finally {
    await herald.stop();
    await receiver.stop();
  }
}, 400_000);

it('drains when npm, which runs it in a shell, is told to end', async () => {
  const npm = spawn('npm', ['start', '--silent'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, HERALD_DATA: dataDir, PORT: '0' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  npm.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  try {
    await eventually(() => output.includes('Herald is ready'), { deadlineMs: 120_000, what: 'the banner' });
  } finally {
    npm.kill('SIGTERM');
  }
  await eventually(() => output.includes('herald.stopped'), { deadlineMs: 60_000, what: 'Herald to have drained' });
}, 240_000);

it('refuses a second start on the same data directory while the first one lives', async () => {
  const herald = await HeraldProcess.start({ dataDir });
  try {
    const { code, output } = await refusedStart({ HERALD_DATA: dataDir, PORT: '0' });
    expect(code).not.toBe(0);
    expect(output).toContain(String(herald.pid));
  } finally {
    await herald.stop();
  }
}, 240_000);

it.each([
  ['a name it does not know', { HERALD_NONSENSE: '1' }, /HERALD_NONSENSE/],
  ['a value it cannot read', { PORT: 'eighty' }, /PORT/],
  ['an open start beyond loopback', { HOST: '0.0.0.0' }, /HERALD_TOKENS/],
  ['a lease too short for the deadline', { HERALD_DELIVERY_LEASE: '11s' }, /lease/i],
])(
  'I26 and its like: refuses to start with %s, and says which',
  async (_name, env, words) => {
    const { code, output } = await refusedStart({ ...env, HERALD_DATA: path.join(newDataDir(), 'data') });
    expect(code).not.toBe(0);
    expect(output).toMatch(words);
  },
  90_000,
);
