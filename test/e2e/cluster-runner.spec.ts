// `npm run cluster`: one command, several processes with real servers below them, and nothing left when it ends.
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { eventually } from '../support/deadline';
import { judge } from '../support/deliveries';
import { FhirClient } from '../support/fhir-client';
import { newDataDir } from '../support/herald-process';
import { describeWithRedis } from '../support/redis-server';
import { SubscriberStub } from '../support/subscriber-stub';
import { restHook, subscribe } from '../support/subscription';

const projectRoot = path.resolve(__dirname, '../..');
const generous = { deadlineMs: 240_000 };

describeWithRedis('npm run cluster', () => {
  jest.setTimeout(600_000);
  const dataDir = newDataDir('herald-cluster-');
  let runner: ChildProcess;
  let said = '';
  let client: FhirClient;
  let receiver: SubscriberStub;

  const startRunner = async (): Promise<void> => {
    said = '';
    runner = spawn(process.execPath, [path.join(projectRoot, 'tools/cluster/cluster.mjs')], {
      cwd: projectRoot,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: '0', HERALD_DATA: dataDir },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const listen = (chunk: Buffer): void => void (said += chunk.toString('utf8'));
    runner.stdout!.on('data', listen);
    runner.stderr!.on('data', listen);
    const isTold = (): boolean => said.includes('Logs') || runner.exitCode !== null;
    await eventually(isTold, generous).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${said}`);
    });
    if (runner.exitCode !== null) throw new Error(said);
    client = new FhirClient(/FHIR base +(http:\S+)\/fhir/.exec(said)![1]!);
  };

  beforeAll(async () => {
    receiver = await SubscriberStub.start();
    await startRunner();
  });
  afterAll(async () => {
    // Whatever went wrong: nothing it started may outlive it.
    if (runner.exitCode === null && runner.signalCode === null) {
      runner.kill('SIGTERM');
      await new Promise((resolve) => runner.once('exit', resolve));
    }
    pids().forEach((pid) => isAlive(pid) && process.kill(pid, 'SIGKILL'));
    await client?.close();
    await receiver.stop();
    fs.rmSync(dataDir, { recursive: true, force: true });
  });

  const pids = (): number[] => [...said.matchAll(/process (\d+)/g)].map((match) => Number(match[1]));

  it('tells in one banner what runs where, and delivers through all of it', async () => {
    for (const name of ['api', 'relay', 'matcher', 'deliverer-1', 'deliverer-2', 'PostgreSQL', 'Redis', 'Kafka']) {
      expect(said).toMatch(new RegExp(`^  ${name} `, 'm'));
    }
    await subscribe(client, restHook('Patient', receiver.url));
    for (let n = 0; n < 20; n += 1)
      await client.put({ resourceType: 'Patient', id: `p${n % 4}`, birthDate: `19${10 + n}` } as any);
    await receiver.received(20, generous.deadlineMs);
    expect(judge(receiver.processed)).toEqual({
      distinct: 20,
      duplicates: 0,
      orderViolations: 0,
      gaps: 0,
      unequalRepeats: 0,
    });
    expect((await client.get('/health/ready')).body).toMatchObject({ status: 'ready' });
  });

  it('starts a process again that ended by itself', async () => {
    const matcher = Number(/matcher +.*process (\d+)/.exec(said)![1]);
    process.kill(matcher, 'SIGKILL');
    await eventually(() => said.includes('matcher ended by itself'), generous);
    await client.put({ resourceType: 'Patient', id: 'after' });
    await receiver.received(21, generous.deadlineMs);
  });

  it('stops everything it started', async () => {
    const ended = new Promise<number | null>((resolve) => runner.once('exit', (code) => resolve(code)));
    runner.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(pids().filter(isAlive)).toEqual([]);
    expect(fs.existsSync(path.join(dataDir, 'cluster', 'deliverer-2.log'))).toBe(true);
    await client.close();
  });

  it('leaves nobody behind when it is killed itself', async () => {
    await startRunner();
    const parts = pids();
    expect(parts.length).toBeGreaterThanOrEqual(5);
    runner.kill('SIGKILL');
    await eventually(() => parts.filter(isAlive).length === 0, generous);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // Expected: it is gone.
    return false;
  }
}
