import { armFailpoints, failpoint, FailpointError, failpointVisits, FAILPOINTS } from './failpoint';
import { parseFailpoint } from './parse-failpoints';

const armed = (...texts: string[]): void => armFailpoints(texts.map((text) => parseFailpoint(text)!));
afterEach(() => armFailpoints([]));

/** At which of the first visits the point struck. */
async function strikesOf(visits: number): Promise<number[]> {
  const struck: number[] = [];
  for (let visit = 1; visit <= visits; visit += 1) {
    try {
      await failpoint('match.after-mark');
    } catch {
      struck.push(visit); // Expected: that is the strike.
    }
  }
  return struck;
}

describe('a failpoint', () => {
  it('is nothing at all when none is armed, and when another one is', () => {
    expect(failpoint('match.after-mark')).toBeUndefined();
    armed('send.before=error');
    expect(failpoint('match.after-mark')).toBeUndefined();
    expect(failpointVisits('match.after-mark')).toBe(0);
  });

  it.each([
    ['match.after-mark=error', [1]],
    ['match.after-mark=error@3', [3]],
    ['match.after-mark=error@3+', [3, 4, 5, 6, 7]],
    ['match.after-mark=error@/3', [3, 6]],
  ])('%s strikes at visits %j of 7', async (text, expected) => {
    armed(text);
    expect(await strikesOf(7)).toEqual(expected);
    expect(failpointVisits('match.after-mark')).toBe(7);
  });

  it('throws what looks like the database, a lost connection unless told otherwise', async () => {
    armed('send.before=error', 'match.after-mark=error(XX000)');
    await expect(failpoint('send.before')).rejects.toMatchObject({ code: '08006' });
    await expect(failpoint('match.after-mark')).rejects.toThrow(FailpointError);
  });

  it('waits', async () => {
    armed('send.before=delay(20ms)');
    const ends: string[] = [];
    const delayed = failpoint('send.before')!.then(() => ends.push('delayed'));
    await new Promise((resolve) => setImmediate(resolve));
    ends.push('others');
    await delayed;
    expect(ends).toEqual(['others', 'delayed']);
  });

  it('forgets everything when disarmed', () => {
    armed('send.before=error');
    armFailpoints([]);
    expect(failpoint('send.before')).toBeUndefined();
  });
});

it('reads every point and action, and nothing else', () => {
  for (const name of FAILPOINTS) expect(parseFailpoint(`${name}=exit@2`)).toMatchObject({ name, at: 2 });
  expect(parseFailpoint('send.before=delay(1.5s)@1+')).toEqual({
    name: 'send.before',
    action: { kind: 'delay', ms: 1_500 },
    at: 1,
    repeat: 'on',
  });
  const wrong = ['send.before', 'send.never=exit', 'send.before=stop', 'send.before=delay', 'send.before=delay(5)'];
  wrong.push('send.before=exit(1)', 'send.before=error(x)', 'send.before=exit@0', 'send.before=exit@/2+', '');
  expect(wrong.filter((text) => parseFailpoint(text) !== undefined)).toEqual([]);
});
