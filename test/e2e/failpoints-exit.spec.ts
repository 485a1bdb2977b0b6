// The process dies (kill -9) on both sides of every hand-over of an event's road; the next victim finds what it left and goes on until it dies itself;
// after every few of them a process that lives finishes everything. The long run has a death at every step, each finished by itself, and also freezes
// the process there past its lease, and wakes it when the work is done. Every step fails, without dying, in failpoints.spec.ts.
import { FAILPOINTS, type FailpointName } from '../../src/platform';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/deadline';
import { FailpointRoad, roadEnv } from '../support/failpoint-road';
import { startHerald } from '../support/herald';
import { HeraldProcess } from '../support/herald-process';

let database: TestDatabase;
let road: FailpointRoad;
beforeAll(async () => {
  database = await createTestDatabase();
  road = await FailpointRoad.build(database.database);
  const herald = await startHerald({ database, env: roadEnv });
  await road.subscribe(herald);
  await herald.stop();
}, 150_000);
afterAll(async () => {
  await road?.stop();
  await database?.drop();
});

/** Sweeps run before anything is written: at a later one the road is in use. */
function strikeAt(point: FailpointName, action: string): string {
  return `${point}=${action}@${point.startsWith('sweep.') ? 12 : 2}`;
}

/** Writes, and lets it be delivered, again and again until the strike. */
async function writeUntil(isStruck: () => boolean, victim: HeraldProcess): Promise<void> {
  while (!isStruck()) {
    await road.write(victim, () => !isStruck());
    const isDone = async (): Promise<boolean> => isStruck() || (await road.isDrained());
    await eventually(isDone, { deadlineMs: 30_000, what: 'the strike, or the work to end' });
  }
}

/** Undefined when it was struck before it was ready: of several processes one may find enough work to die of before the others are there. */
async function startVictim(env: Record<string, string>, strike: string): Promise<HeraldProcess | undefined> {
  try {
    return await HeraldProcess.start({ databaseUrl: database.url, env });
  } catch (error) {
    // Expected: the strike; whatever else ends a start is told.
    if (String(error).includes(strike)) return undefined;
    throw error;
  }
}

/** Another process finishes what was begun, and finds nothing wrong. */
async function finish(): Promise<void> {
  const herald = await startHerald({ database, env: roadEnv });
  try {
    await road.write(herald);
    await herald.drained(30_000);
    expect(await road.faults()).toEqual([]);
  } finally {
    await herald.stop();
  }
}

const isFull = process.env['TEST_FULL'] === '1';
/** What a commit, an answer or a lease divides into before and after. */
const handOvers: readonly FailpointName[] = [
  'write.before-commit',
  'write.after-commit',
  'match.after-mark',
  'match.after-commit',
  'claim.after-lock',
  'claim.after-commit',
  'send.after-response',
  'finish.before-commit',
  'finish.after-commit',
  'health.before-status',
  'idle.before-commit',
  'lease.after-renew',
];
const points = isFull ? FAILPOINTS : handOvers;
/** Deaths before somebody finishes and looks: all that was ever written is looked at, so none of them goes unseen. */
const deathsBeforeLook = isFull ? 1 : 6;
const deaths = points.map((point, index) => {
  const isLookedAt = (index + 1) % deathsBeforeLook === 0 || index === points.length - 1;
  return { point, isLookedAt };
});

it.each(deaths)(
  'I1, I4, I5, I7, I11: the process is gone at $point',
  async ({ point, isLookedAt }) => {
    const env = { ...roadEnv, HERALD_FAILPOINTS: strikeAt(point, 'exit') };
    road.isSlow = point.startsWith('lease.');
    const strike = `failpoint ${point}: exit`;
    const victim = await startVictim(env, strike);
    if (victim) {
      await writeUntil(() => !victim.isRunning, victim);
      expect(victim.output).toContain(strike);
      await victim.stop();
    }
    if (isLookedAt) await finish();
  },
  240_000,
);

(isFull ? it.each(FAILPOINTS) : it.skip.each(FAILPOINTS))(
  'I8, I9: the process is frozen past its lease at %s, and wakes when all is done',
  async (point) => {
    const env = { ...roadEnv, HERALD_FAILPOINTS: strikeAt(point, 'freeze') };
    const victim = await HeraldProcess.start({ databaseUrl: database.url, env });
    try {
      const isFrozen = (): boolean => victim.output.includes(`failpoint ${point}: freeze`);
      road.isSlow = point.startsWith('lease.');
      const writing = writeUntil(isFrozen, victim);
      await eventually(isFrozen, { what: 'the freeze', deadlineMs: 20_000 });
      await finish();
      victim.resume();
      await writing;
      expect(await victim.stop()).toBe(0);
      await finish();
    } finally {
      if (victim.isRunning) await victim.kill();
    }
  },
  90_000,
);
