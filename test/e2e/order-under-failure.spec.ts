// Fifty patients, twenty versions each, a receiver that fails one request in ten at random: every version, in order, to the end.
import { judge } from '../support/deliveries';
import { SubscriberStub, type StubAnswer } from '../support/subscriber-stub';
import { startHerald } from '../support/herald';
import { restHook, subscribe } from '../support/subscription';

const patients = 50;
const versions = 20;

/** A small generator with a seed, so that a failing run can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const failures: StubAnswer[] = [
  { status: 500 },
  { status: 503 },
  { reset: 'before' },
  { reset: 'after' },
  { status: 429 },
];

it('I5, I7: 50 patients × 20 versions with 10 % failures: each version arrives, none out of order, final state right', async () => {
  const seed = Number(process.env['TEST_SEED'] ?? 20261121);
  const random = randomFrom(seed);
  const receiver = await SubscriberStub.start({
    answer: () => (random() < 0.1 ? failures[Math.floor(random() * failures.length)]! : { status: 200 }),
  });
  const herald = await startHerald();
  try {
    const id = await subscribe(
      herald,
      restHook('Patient', receiver.url, { settings: { 'retry-delay': '30ms', 'error-after': '1h' } }),
    );
    for (let version = 1; version <= versions; version += 1) {
      const round = Array.from({ length: patients }, (_, n) => ({
        resourceType: 'Patient',
        id: `p${n}`,
        birthDate: `19${10 + version}`,
      }));
      await Promise.all(round.map((resource) => herald.put(resource)));
    }
    await herald.drained(60_000);

    const verdict = judge(receiver.processed);
    expect({ seed, ...verdict }).toMatchObject({
      distinct: patients * versions,
      orderViolations: 0,
      gaps: 0,
      unequalRepeats: 0,
    });
    const final = new Map(receiver.processed.map((request) => [request.path, request.json().birthDate as string]));
    expect([...final.values()]).toEqual(Array(patients).fill(`19${10 + versions}`));
    expect(await herald.statesOf(id)).toEqual({ delivered: patients * versions });
    expect(await herald.violations()).toEqual([]);
  } finally {
    await herald.stop();
    await receiver.stop();
  }
}, 120_000);
