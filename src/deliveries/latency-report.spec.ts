// The histograms of waiting times: what counts, and that their number is bounded whatever the number of Subscriptions.
import { Metrics } from '../platform';
import type { FinishedResult } from './finisher';
import { LatencyReport, OTHER_SUBSCRIPTIONS } from './latency-report';
import { METRIC_SUBSCRIPTIONS_MAX } from './limits';

const written = new Date('2026-03-01T12:00:00.000Z');
const after = (ms: number): Date => new Date(written.getTime() + ms);

function result(
  id: string,
  change: { attempts?: number; resendNo?: number; verdict?: string; isSent?: boolean; accepted?: boolean } = {},
) {
  const { attempts = 0, resendNo, verdict = 'done', isSent = true, accepted = true } = change;
  return {
    tried: {
      subscription: { id },
      delivery: { writtenAt: written, attempts, resendNo },
      outcome: { isSent },
      startedAt: after(40),
      endedAt: after(90),
    },
    result: { verdict },
    accepted,
    changed: accepted,
  } as unknown as FinishedResult;
}

/** Count and sum of one Subscription's histogram; undefined when it has none. */
async function seriesOf(metrics: Metrics, name: string, id: string): Promise<(number | undefined)[]> {
  const text = await metrics.registry.metrics();
  const value = (suffix: string): number | undefined => {
    const found = new RegExp(`^${name}_${suffix}\\{subscription="${id}"\\} (\\S+)$`, 'm').exec(text);
    return found === null ? undefined : Number(found[1]);
  };
  return [value('count'), value('sum')];
}
const FIRST = 'herald_delivery_first_attempt_latency_seconds';
const DELIVERED = 'herald_delivery_latency_seconds';

it('S4.23: the first attempt counts once, the delivery when it is one, and no resend or stale result', async () => {
  const metrics = new Metrics();
  const report = new LatencyReport(metrics);
  report.note(result('s1', { verdict: 'retry' }));
  report.note(result('s1', { attempts: 1 }));
  report.note(result('s1', { resendNo: 7 }));
  report.note(result('s1', { accepted: false }));
  report.note(result('s1', { isSent: false, verdict: 'dead' }));
  expect(await seriesOf(metrics, FIRST, 's1')).toEqual([1, 0.04]);
  expect(await seriesOf(metrics, DELIVERED, 's1')).toEqual([1, 0.09]);
});

it('S4.23: beyond the limit all Subscriptions share one series', async () => {
  const metrics = new Metrics();
  const report = new LatencyReport(metrics);
  const count = METRIC_SUBSCRIPTIONS_MAX + 5;
  for (let round = 0; round < 2; round += 1) for (let n = 1; n <= count; n += 1) report.note(result(`s${n}`));
  expect(await seriesOf(metrics, DELIVERED, `s${METRIC_SUBSCRIPTIONS_MAX}`)).toEqual([2, 0.18]);
  expect((await seriesOf(metrics, DELIVERED, `s${count}`))[0]).toBeUndefined();
  expect((await seriesOf(metrics, DELIVERED, OTHER_SUBSCRIPTIONS))[0]).toBe(10);
});
