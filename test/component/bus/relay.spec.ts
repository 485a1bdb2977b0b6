// The relay against a real database and brokers that fail as told: nothing is left out, versions never swap, repeats are the same event.
import fc from 'fast-check';
import { BrokerAwayError, RelayWorker, type EventRecord, type RelayDeps } from '../../../src/bus';
import { beginPublishing, OutboxDoorbell, unpublishedStats } from '../../../src/outbox';
import {
  armFailpoints,
  loadConfig,
  Metrics,
  RELAY_FAILPOINTS,
  SystemClock,
  type Database,
} from '../../../src/platform';
import { eventually } from '../../support/deadline';
import { silentLog } from '../../support/silent-log';
import { context, observation, openStore, patient, resource, type StoreFixture } from '../store/store-fixture';

let fixture: StoreFixture;
let database: Database;
const clock = new SystemClock();
beforeEach(async () => {
  fixture = await openStore();
  database = fixture.database;
  await beginPublishing(database);
});
afterEach(async () => {
  armFailpoints([]);
  await fixture.test.drop();
});

/** What brokers would hold, and how the next sends end. */
class Brokers {
  readonly records: EventRecord[] = [];
  readonly sizes: number[] = [];
  /** lost: nothing arrived; unknown: it arrived and the answer did not. */
  outcomes: ('ok' | 'lost' | 'unknown')[] = [];
  isAway = false;

  readonly publisher: RelayDeps['publisher'] = {
    publish: async (records) => {
      const outcome = this.isAway ? 'lost' : (this.outcomes.shift() ?? 'ok');
      if (outcome !== 'lost') this.records.push(...records);
      if (outcome !== 'ok') throw new BrokerAwayError(outcome);
      this.sizes.push(records.length);
    },
    close: async () => undefined,
  };

  names(): string[] {
    return this.records.map(({ value }) => {
      const { id, version } = JSON.parse(value) as { id: string; version: number };
      return `${id}/${version}`;
    });
  }
}

const states: string[] = [];
function relay(brokers: Brokers, changes: Partial<RelayDeps> & { batch?: number } = {}) {
  const env = { KAFKA_BROKERS: 'x:1', HERALD_RELAY_INTERVAL: '5ms', HERALD_RELAY_BATCH: String(changes.batch ?? 500) };
  const settings = loadConfig(env).kafka!;
  const metrics = new Metrics();
  const told = (state: string) => (): void => void states.push(state);
  const link = { settings, up: told('up'), down: told('down'), idle: told('idle') };
  const doorbell = new OutboxDoorbell();
  const holder = `relay-${Math.random()}`;
  const deps = { database, clock, log: silentLog, metrics, holder, doorbell, link, publisher: brokers.publisher };
  const stopping = new AbortController();
  const ended = new RelayWorker({ ...deps, ...changes }).run(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await ended;
  };
  return { stop, metrics, ended };
}
const allPublished = (): Promise<unknown> =>
  eventually(async () => (await unpublishedStats(database)).count === 0, { deadlineMs: 60_000, what: 'all published' });

/** First appearances are the versions in order; a repeat repeats the very same event. */
function expectOrdered(brokers: Brokers, ids: readonly string[], versions: number): void {
  for (const id of ids) {
    const seen = [...new Set(brokers.names().filter((name) => name.startsWith(`${id}/`)))];
    expect(seen).toEqual(Array.from({ length: versions }, (_, index) => `${id}/${index + 1}`));
  }
  const byName = new Map<string, Set<string>>();
  for (const { value, headers } of brokers.records) {
    const { id, version } = JSON.parse(value) as { id: string; version: number };
    const name = `${id}/${version}`;
    byName.set(name, (byName.get(name) ?? new Set()).add(headers['ce_id']!));
  }
  expect([...byName.values()].filter((ids) => ids.size !== 1)).toEqual([]);
}

it('publishes in seq order, in bounded batches, and marks', async () => {
  for (let version = 0; version < 5; version += 1) {
    for (const id of ['a', 'b']) await fixture.store.update(context, id, patient());
  }
  const brokers = new Brokers();
  const { stop, metrics } = relay(brokers, { batch: 4 });
  await allPublished();
  await stop();
  expect(brokers.names()).toEqual([1, 2, 3, 4, 5].flatMap((version) => [`a/${version}`, `b/${version}`]));
  expect(brokers.sizes).toEqual([4, 4, 2]);
  expect(await metrics.registry.metrics()).toMatch(/^herald_relay_published_events_total 10$/m);
});

it('whatever becomes of each send, nothing is left out and no version comes before an earlier one', async () => {
  let round = 0;
  const outcome = fc.constantFrom('ok' as const, 'lost' as const, 'unknown' as const);
  await fc.assert(
    fc.asyncProperty(fc.array(outcome, { maxLength: 4 }), fc.integer({ min: 1, max: 5 }), async (outcomes, batch) => {
      round += 1;
      const ids = ['a', 'b'].map((name) => `${name}${round}`);
      const brokers = new Brokers();
      brokers.outcomes = [...outcomes];
      const { stop } = relay(brokers, { batch });
      for (let version = 0; version < 4; version += 1) {
        for (const id of ids) await fixture.store.update(context, id, patient());
      }
      await allPublished();
      await stop();
      expectOrdered(brokers, ids, 4);
    }),
    { numRuns: 8 },
  );
}, 120_000);

it.each(RELAY_FAILPOINTS)('a relay that breaks off at %s is followed by one that leaves nothing out', async (point) => {
  const brokers = new Brokers();
  armFailpoints([{ name: point, action: { kind: 'error', code: '57P01' }, at: 2 }]);
  for (let version = 0; version < 3; version += 1) await fixture.store.update(context, 'a', patient());
  const { stop } = relay(brokers, { batch: 1 });
  await allPublished();
  await stop();
  expectOrdered(brokers, ['a'], 3);
});

it('of two relays one publishes; the other takes over when it stops', async () => {
  const [one, two] = [new Brokers(), new Brokers()];
  const first = relay(one);
  await fixture.store.update(context, 'a', patient());
  await allPublished();
  const second = relay(two);
  await fixture.store.update(context, 'a', patient());
  await allPublished();
  expect([one.names(), two.names()]).toEqual([['a/1', 'a/2'], []]);
  await first.stop();
  await fixture.store.update(context, 'a', patient());
  await allPublished();
  expect(two.names()).toEqual(['a/3']);
  await second.stop();
});

it('a relay that cannot reach the brokers lets another one publish', async () => {
  const [cut, well] = [new Brokers(), new Brokers()];
  cut.isAway = true;
  const first = relay(cut);
  await fixture.store.update(context, 'a', patient());
  await eventually(() => states.includes('down'));
  const second = relay(well);
  await allPublished();
  expect(well.names()).toEqual(['a/1']);
  await Promise.all([first.stop(), second.stop()]);
});

it('sends resources along by size: many small ones in several sends, one that is too large by reference, none for a delete', async () => {
  const text = 'x'.repeat(400_000);
  for (const id of ['a', 'b', 'c']) {
    await fixture.store.update(context, id, resource({ resourceType: 'Patient', name: [{ text }] }));
  }
  await fixture.store.update(context, 'd', resource({ resourceType: 'Patient', name: [{ text: text.repeat(3) }] }));
  await fixture.store.update(context, 'o', observation('Patient/a'));
  await fixture.store.delete(context, 'Observation', 'o');
  const asked: string[] = [];
  const brokers = new Brokers();
  const { stop } = relay(brokers, {
    readBodies: async (events) => {
      asked.push(...events.map(({ id }) => id));
      return new Map(events.map(({ eventId }) => [eventId, `{"text":"${text}"}`]));
    },
  });
  await allPublished();
  await stop();
  expect(brokers.sizes.length).toBeGreaterThanOrEqual(2);
  expect(asked).toEqual(['a', 'b', 'c', 'o']);
  const values = brokers.records.map(({ value }) => JSON.parse(value) as Record<string, unknown>);
  expect(values.map((value) => 'resource' in value)).toEqual([true, true, true, false, true, false]);
  expect(values[3]).toMatchObject({ resourceOmitted: 'too-large' });
  expect(values[5]).not.toHaveProperty('resourceOmitted');
});
