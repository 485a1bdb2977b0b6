// How long one Subscription's latest deliveries took, from the ledger: the same answer from every process, also after a restart.
import type { Tx } from '../../platform';
import { LATENCY_ROWS_MAX, LATENCY_SAMPLE_MAX } from '../limits';

/** Milliseconds; each is a time that was met by so many of the sample. */
export interface Percentiles {
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface LatencyView {
  /** How many of the latest deliveries this is about. */
  readonly sample: number;
  /** From the write of the resource to the start of the first request; absent when its attempts are not kept any more. */
  readonly toFirstAttempt?: Percentiles;
  /** From the write of the resource to the end of its delivery, retries and waiting included. */
  readonly toDelivered: Percentiles;
}

interface SampleRow {
  event_no: number;
  written_at: Date;
  ended_at: Date;
}

/** Of the latest delivered ones among the last event numbers; undefined when there are none. Indexes: delivery_pkey, attempt_delivery. */
export async function latencyOf(db: Tx, subscriptionKey: number): Promise<LatencyView | undefined> {
  const { rows } = await db.query<SampleRow>({
    name: 'deliveries.latency-sample',
    text: `select d.event_no, d.written_at, d.ended_at from delivery d
            where d.subscription_key = $1 and d.state = 'delivered'
              and d.event_no > (select r.last_event_no - $2::bigint from subscription_runtime r where r.subscription_key = $1)
            order by d.event_no desc limit $3::int`,
    values: [subscriptionKey, LATENCY_ROWS_MAX, LATENCY_SAMPLE_MAX],
  });
  if (rows.length === 0) return undefined;
  const started = await firstAttempts(db, subscriptionKey, rows);
  const first = rows.flatMap((row) => {
    const at = started.get(row.event_no);
    return at === undefined ? [] : [at.getTime() - row.written_at.getTime()];
  });
  return {
    sample: rows.length,
    ...(first.length > 0 && { toFirstAttempt: percentilesOf(first) }),
    toDelivered: percentilesOf(rows.map((row) => row.ended_at.getTime() - row.written_at.getTime())),
  };
}

/** Partitions of before the oldest write are not looked into. */
async function firstAttempts(
  db: Tx,
  subscriptionKey: number,
  sample: readonly SampleRow[],
): Promise<Map<number, Date>> {
  const since = sample.reduce(
    (oldest, row) => (row.written_at < oldest ? row.written_at : oldest),
    sample[0]!.written_at,
  );
  const { rows } = await db.query<{ event_no: number; started_at: Date }>({
    name: 'deliveries.latency-first-attempts',
    text: `select event_no, min(started_at) as started_at from attempt
            where subscription_key = $1 and event_no = any($2::bigint[]) and started_at >= $3::timestamptz and sent group by 1`,
    values: [subscriptionKey, sample.map((row) => row.event_no), since],
  });
  return new Map(rows.map((row) => [row.event_no, row.started_at]));
}

function percentilesOf(times: readonly number[]): Percentiles {
  const sorted = times.map((ms) => Math.max(0, ms)).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1]!;
  return { p50Ms: at(0.5), p95Ms: at(0.95) };
}
