// What every channel must do, whatever it sends through. A spec supplies how to make one, what it sends, and a receiver that obeys.
import type { Channel } from '../../src/channels';
import type { CanonicalChannel } from '../../src/fhir';
import type { OutboundNotification } from '../../src/notifications';

/** How the receiver shall behave to the next notification. */
export type Behaviour =
  'accept' | 'fail' | 'refuse-message' | 'gone' | 'hang' | 'cut-line' | 'endless-answer' | 'reflect-headers';

export interface ChannelUnderTest {
  readonly channel: Channel;
  readonly good: CanonicalChannel;
  readonly bad: CanonicalChannel;
  /** A notification to the receiver; with the headers given. */
  notification(headers?: readonly (readonly [string, string])[]): OutboundNotification;
  /** One that policy forbids to send. */
  forbidden(): OutboundNotification;
  behave(how: Behaviour): void;
  /** How many notifications have arrived. */
  arrived(): number;
  close(): Promise<void>;
}

const DEADLINE_MS = 400;

/** Runs the suite; call it in a describe block of its own. */
export function itIsAChannel(make: () => Promise<ChannelUnderTest>): void {
  let it_: ChannelUnderTest;
  beforeAll(async () => {
    it_ = await make();
  });
  afterAll(async () => it_.close());
  const send = (notification = it_.notification()) => it_.channel.send(notification, { deadlineMs: DEADLINE_MS });

  it('has the FHIR code of its type', () => {
    expect(it_.channel.type).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  it('finds nothing wrong with a good channel, and names the element of a bad one', () => {
    expect(it_.channel.check(it_.good)).toEqual([]);
    const issues = it_.channel.check(it_.bad);
    expect(issues.length).toBeGreaterThan(0);
    for (const issue of issues) {
      expect(issue.severity).toBe('error');
      expect(issue.expression).toMatch(/^Subscription\.channel/);
    }
  });

  it.each([
    ['accept', 'S'],
    ['fail', 'E'],
    ['refuse-message', 'M'],
    ['gone', 'G'],
    ['cut-line', 'E'],
  ] as const)('%s is class %s', async (how, expected) => {
    it_.behave(how);
    const outcome = await send();
    expect(outcome).toMatchObject({ class: expected, isSent: true });
    expect(outcome.reason).not.toBe('');
  });

  it('gives up at the deadline, as the endpoint\u2019s trouble', async () => {
    it_.behave('hang');
    const started = performance.now();
    expect(await send()).toMatchObject({ class: 'E', isSent: true });
    expect(performance.now() - started).toBeLessThan(DEADLINE_MS + 1_000);
  });

  it('ends at once when told to stop, as our own doing', async () => {
    it_.behave('hang');
    const abort = new AbortController();
    const sending = it_.channel.send(it_.notification(), { deadlineMs: 10_000, signal: abort.signal });
    setImmediate(() => abort.abort());
    expect((await sending).class).toBe('O');
  });

  it('does not read an endless answer to its end', async () => {
    it_.behave('endless-answer');
    const outcome = await send();
    expect(outcome.class).toBe('E');
    expect(outcome.response?.excerpt?.length ?? 0).toBeLessThanOrEqual(2_048);
  });

  it('keeps no secret that the receiver reflects', async () => {
    it_.behave('reflect-headers');
    const outcome = await send(it_.notification([['Authorization', 'Bearer top-secret-token']]));
    expect(JSON.stringify(outcome)).not.toContain('top-secret-token');
  });

  it('makes no request that policy forbids', async () => {
    it_.behave('accept');
    const before = it_.arrived();
    expect(await send(it_.forbidden())).toMatchObject({ class: 'P', isSent: false });
    expect(it_.arrived()).toBe(before);
  });

  it('lets no header write another one', async () => {
    it_.behave('accept');
    const before = it_.arrived();
    expect(await send(it_.notification([['X-A', 'one\r\nX-B: two']]))).toMatchObject({ class: 'P', isSent: false });
    expect(it_.arrived()).toBe(before);
  });
}
