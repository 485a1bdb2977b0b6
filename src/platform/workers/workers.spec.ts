import { FakeClock } from '../../../test/support/fake-clock';
import { silentLog } from '../../../test/support/silent-log';
import { Doorbell } from './doorbell';
import { Supervisor, type Worker } from './supervisor';

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

describe('supervisor', () => {
  const clock = new FakeClock();
  const made = (...workers: Worker[]): Supervisor => {
    const supervisor = new Supervisor({ clock, log: silentLog });
    workers.forEach((worker) => supervisor.add(worker));
    return supervisor;
  };

  it('starts a worker that throws again, later and later, and tells why', async () => {
    const startedAtMs: number[] = [];
    const supervisor = made({
      name: 'broken',
      run: () => {
        startedAtMs.push(clock.monotonicMs());
        return Promise.reject(new Error('no database'));
      },
    });
    supervisor.start();
    supervisor.start();
    await clock.advance(60_000);
    const waits = startedAtMs.slice(1).map((at, index) => at - startedAtMs[index]!);
    expect(waits.slice(0, 9)).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    expect(supervisor.health()).toEqual([
      { name: 'broken', state: 'restarting', lastError: 'no database', restarts: startedAtMs.length },
    ]);
    await supervisor.stop(1000);
    expect(supervisor.health()[0]!.state).toBe('stopped');
  });

  it('forgets the back-off of a worker that ran well for a while', async () => {
    let runs = 0;
    const supervisor = made({
      name: 'steady',
      run: async (signal) => {
        runs += 1;
        if (runs === 5) await clock.sleep(120_000, signal);
        throw new Error('again');
      },
    });
    supervisor.start();
    await clock.advance(1500 + 120_000 + 100);
    expect(runs).toBe(6);
    await supervisor.stop(1000);
  });

  it('treats an early return as a failure, and stops what runs', async () => {
    const supervisor = made({ name: 'short', run: () => Promise.resolve() }, { name: 'good', run: untilAborted });
    supervisor.start();
    supervisor.add({ name: 'late', run: untilAborted });
    await clock.advance(0);
    expect(supervisor.health().map(({ state }) => state)).toEqual(['restarting', 'running', 'running']);
    await supervisor.stop(1000);
    await supervisor.stop(1000);
    expect(supervisor.health().map(({ state }) => state)).toEqual(['stopped', 'stopped', 'stopped']);
  });

  it('waits for a busy worker no longer than it is told', async () => {
    const supervisor = made({ name: 'deaf', run: () => new Promise<void>(() => undefined) });
    supervisor.start();
    let isStopped = false;
    const stopping = supervisor.stop(5000).then(() => (isStopped = true));
    await clock.advance(4999);
    expect(isStopped).toBe(false);
    await clock.advance(1);
    await stopping;
    expect(supervisor.health()[0]!.state).toBe('running');
  });
});

describe('doorbell', () => {
  it('tells every listener until it leaves, and rings for something only', () => {
    const bell = new Doorbell<number>();
    const heard: string[] = [];
    const leave = bell.onRing((items) => heard.push(`a${items.join()}`));
    bell.onRing((items) => heard.push(`b${items.join()}`));
    bell.ring([1, 2]);
    bell.ring([]);
    leave();
    bell.ring([3]);
    expect(heard).toEqual(['a1,2', 'b1,2', 'b3']);
  });
});
