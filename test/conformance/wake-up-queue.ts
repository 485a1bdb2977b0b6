// What every queue of wake-ups must do: tell the process that rings, at once and whatever happens; never throw at it; stop when told.
import { DeliveryDoorbell, type WakeUpQueue } from '../../src/deliveries';
import { Supervisor, SystemClock } from '../../src/platform';
import { eventually } from '../support/deadline';
import { silentLog } from '../support/silent-log';

/** One process as the queue sees it. */
export class Hearing {
  readonly doorbell = new DeliveryDoorbell();
  readonly heard: number[] = [];
  private readonly supervisor = new Supervisor({ clock: new SystemClock(), log: silentLog });
  private queue!: WakeUpQueue;

  static async of(make: (doorbell: DeliveryDoorbell) => Promise<WakeUpQueue>): Promise<Hearing> {
    const hearing = new Hearing();
    hearing.queue = await make(hearing.doorbell);
    hearing.queue.ear.onRing((keys) => hearing.heard.push(...keys));
    hearing.queue.workers.forEach((worker) => hearing.supervisor.add(worker));
    hearing.supervisor.start();
    return hearing;
  }

  get isConnected(): boolean {
    return this.queue.health().every(({ status }) => status === 'up');
  }

  /** How often its workers had to start again. */
  get restarts(): number {
    return this.supervisor.health().reduce((sum, { restarts }) => sum + restarts, 0);
  }

  async connected(): Promise<this> {
    await eventually(() => this.isConnected, { deadlineMs: 60_000, what: 'a connected queue' });
    return this;
  }

  async stop(): Promise<void> {
    await this.supervisor.stop(10_000);
    expect(this.supervisor.health().filter(({ state }) => state !== 'stopped')).toEqual([]);
  }
}

export function describeWakeUpQueue(name: string, make: (doorbell: DeliveryDoorbell) => Promise<WakeUpQueue>): void {
  describe(`wake-up queue: ${name}`, () => {
    let hearing: Hearing;
    beforeEach(async () => {
      hearing = await Hearing.of(make);
    });
    afterEach(() => hearing.stop());

    it('is heard by the process that rings, in the same turn', () => {
      hearing.doorbell.ring([7, 8]);
      expect(hearing.heard).toEqual([7, 8]);
      hearing.doorbell.ring([7]);
      expect(hearing.heard).toEqual([7, 8, 7]);
    });

    it('takes any number of rings without a throw', () => {
      const keys = Array.from({ length: 1_000 }, (_, index) => index + 1);
      for (let round = 0; round < 150; round += 1) hearing.doorbell.ring(keys.map((key) => round * 1_000 + key));
      hearing.doorbell.ring([]);
      expect(hearing.heard).toHaveLength(150_000);
    });

    it('has workers that go on until they are told to stop', async () => {
      await hearing.connected();
      hearing.doorbell.ring([1]);
      await hearing.stop();
      expect(hearing.restarts).toBe(0);
      hearing.doorbell.ring([2]);
      expect(hearing.heard).toContain(2);
    });
  });
}
