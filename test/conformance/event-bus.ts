// What every event bus must do: hand out each hint at least once, again after a throw, one call at a time, in batches, and stop when told.
// A bus fed by a relay is told of events by `announce`, as the relay does it; `publish` is for hints of this process on every bus.
import { BATCH_ROOTS_MAX, type EventBus } from '../../src/bus';
import { eventually } from '../support/deadline';

export interface BusUnderTest {
  readonly bus: EventBus;
  /** Makes events of these roots known by the bus's own road; left out, that is `publish`. */
  announce?(rootHashes: readonly number[]): Promise<void>;
  /** Roots are numbered; a bus that carries their names hands out other hashes. Left out: the number itself. */
  hashOf?(root: number): number;
  close(): Promise<void>;
}

interface Consumer {
  readonly batches: number[][];
  readonly seen: Set<number>;
  readonly failures: unknown[];
  stop(): Promise<void>;
}

/** Consumes as the supervisor does: a throw ends the run, and the next run begins. */
function consume(
  bus: EventBus,
  onBatch: (batch: readonly number[]) => Promise<void> | void = () => undefined,
): Consumer {
  const batches: number[][] = [];
  const seen = new Set<number>();
  const failures: unknown[] = [];
  const stopping = new AbortController();
  const worker = bus.consume(async (batch) => {
    batches.push([...batch]);
    await onBatch(batch);
    for (const hash of batch) seen.add(hash);
  });
  const running = (async () => {
    while (!stopping.signal.aborted) {
      try {
        await worker.run(stopping.signal);
      } catch (error) {
        // Expected: what onBatch threw.
        failures.push(error);
      }
    }
  })();
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  return { batches, seen, failures, stop };
}

/** A real broker on a busy machine takes its time to form a group. */
const patient = { deadlineMs: 60_000 };

export function describeEventBus(name: string, make: () => Promise<BusUnderTest>): void {
  describe(`event bus: ${name}`, () => {
    let under: BusUnderTest;
    beforeEach(async () => {
      under = await make();
    });
    const hash = (root: number): number => under.hashOf?.(root) ?? root;
    const announce = async (roots: readonly number[]): Promise<void> => {
      if (under.announce) await under.announce(roots);
      else under.bus.publish(roots);
    };
    afterEach(() => under.close());

    it('hands out what was published before and after the consumer started', async () => {
      await announce([1, 2]);
      const consumer = consume(under.bus);
      await eventually(() => consumer.seen.size === 2, patient);
      await announce([3]);
      await eventually(() => consumer.seen.has(hash(3)), patient);
      await consumer.stop();
    });

    it('hands a batch out again after a throw', async () => {
      let throws = 2;
      const consumer = consume(under.bus, () => {
        throws -= 1;
        if (throws >= 0) throw new Error('not yet');
      });
      await announce([7, 8]);
      await eventually(() => consumer.seen.size === 2, patient);
      // Whether a throw ends the run is the bus's business.
      expect(consumer.failures.length).toBeLessThanOrEqual(2);
      expect(throws).toBeLessThan(0);
      await consumer.stop();
    });

    it('calls a consumer once at a time, with each root once and at most the batch size', async () => {
      let inside = 0;
      const consumer = consume(under.bus, async () => {
        inside += 1;
        expect(inside).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
      });
      const many = Array.from({ length: BATCH_ROOTS_MAX * 2 + 5 }, (_, i) => i);
      await announce([...many, ...many]);
      await eventually(() => consumer.seen.size === many.length, patient);
      for (const batch of consumer.batches) {
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(BATCH_ROOTS_MAX);
        expect(new Set(batch).size).toBe(batch.length);
      }
      expect(consumer.failures).toEqual([]);
      await consumer.stop();
    });

    it('hears what is rung while a batch is worked on', async () => {
      const consumer = consume(under.bus, (batch) => {
        if (batch.includes(hash(1))) under.bus.publish([2]);
      });
      await announce([1]);
      await eventually(() => consumer.seen.has(2), patient);
      await consumer.stop();
    });

    it('shares the work between consumers without losing any', async () => {
      const one = consume(under.bus);
      const two = consume(under.bus);
      for (let part = 0; part < 10; part += 1) await announce(Array.from({ length: 50 }, (_, n) => part * 50 + n));
      await eventually(() => new Set([...one.seen, ...two.seen]).size === 500, patient);
      await Promise.all([one.stop(), two.stop()]);
    });

    it('stops at once when idle, and begins again where it was', async () => {
      const first = consume(under.bus);
      await first.stop();
      await announce([5]);
      const second = consume(under.bus);
      await eventually(() => second.seen.has(hash(5)), patient);
      await second.stop();
    });

    it('takes any number of hints without a consumer and without a throw', () => {
      for (let i = 0; i < 150; i += 1) {
        under.bus.publish(Array.from({ length: 1_000 }, (_, n) => i * 1_000 + n));
      }
      under.bus.publish([]);
    });
  });
}
