// Event numbers must be 1..n without a gap (I4). Counting all of them again and again would read the whole ledger; so each subscription has a
// watermark up to where they were counted, and what the retention has removed by right is not missed.
import type { Tx } from '../../platform';
import { AUDIT_PAGE_SUBSCRIPTIONS, GAP_ROWS_MAX, GAP_ROWS_PER_SUBSCRIPTION } from '../limits';
import { columns } from '../sql';

export interface NumberGap {
  readonly subscriptionKey: number;
  /** Found in this pass, told for the first time now. */
  readonly missing: number;
  /** The stretch of numbers in which some are missing. */
  readonly after: number;
  readonly upTo: number;
}

export interface NumberPage {
  readonly gaps: readonly NumberGap[];
  /** Rows counted. */
  readonly counted: number;
  readonly next?: number;
}

/** How far each of the next subscriptions was counted. $1 last key, $2 subscriptions. Indexes: subscription_runtime_pkey, delivery_watermark_pkey. */
const PROGRESS = `
select r.subscription_key as k, r.last_event_no as n, coalesce(m.checked_event_no, 0) as checked, coalesce(m.removed_up_to, 0) as removed,
       m.pass_started_at as started
  from subscription_runtime r left join delivery_watermark m on m.subscription_key = r.subscription_key
 where r.subscription_key > $1 order by r.subscription_key limit $2::int`;

/**
 * One snapshot of watermark and rows. $1 keys, $2 after, $3 up to, $4 is a new pass, $5 now, $6 whether the pass ends here.
 * Indexes: delivery_pkey, delivery_watermark_pkey.
 */
const COUNT = `
with c as (
  select c.k, greatest(c.a, coalesce(m.removed_up_to, 0)) as a, c.b, c.is_new, c.is_end,
         case when c.is_new then 0 else coalesce(m.missing, 0) end as missing, coalesce(m.reported, 0) as reported
    from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::boolean[], $6::boolean[]) c(k, a, b, is_new, is_end)
    left join delivery_watermark m on m.subscription_key = c.k),
f as (
  select c.*, c.missing + greatest(0, c.b - c.a) - (select count(*) from delivery d
      where d.subscription_key = c.k and d.event_no > c.a and d.event_no <= c.b) as found from c)
insert into delivery_watermark as w (subscription_key, checked_event_no, missing, reported, pass_started_at)
select k, b, found, case when is_end then found else greatest(found, reported) end, $5::timestamptz from f order by k
on conflict (subscription_key) do update
   set checked_event_no = excluded.checked_event_no, missing = excluded.missing, reported = excluded.reported,
       pass_started_at = case when w.subscription_key = any($7::bigint[]) then excluded.pass_started_at else w.pass_started_at end
returning subscription_key as k, (select greatest(0, f.found - f.reported) from f where f.k = w.subscription_key) as missing,
          (select f.a from f where f.k = w.subscription_key) as a, checked_event_no as b`;

type ProgressRow = { k: number; n: number; checked: number; removed: number; started: Date | null };

/** Numbers to count of one subscription. */
interface Stretch {
  readonly key: number;
  readonly after: number;
  readonly upTo: number;
  readonly isNewPass: boolean;
  readonly isEnd: boolean;
}

/**
 * Counts the numbers of the next subscriptions after `after` that were not counted yet, a bounded number of rows; and all of them anew when
 * the last pass began before `recount`. Out: gaps not told before.
 */
export async function countNumbers(tx: Tx, now: Date, recount: Date, after: number): Promise<NumberPage> {
  const { rows } = await tx.query<ProgressRow>({
    name: 'deliveries.audit-progress',
    text: PROGRESS,
    values: [after, AUDIT_PAGE_SUBSCRIPTIONS],
  });
  const stretches = stretchesOf(rows, recount);
  const counted = stretches.reduce((sum, stretch) => sum + stretch.upTo - stretch.after, 0);
  const gaps = stretches.length === 0 ? [] : await count(tx, now, stretches);
  const last = rows.at(-1);
  if (last === undefined || rows.length < AUDIT_PAGE_SUBSCRIPTIONS) return { gaps, counted };
  return { gaps, counted, next: last.k };
}

/** What of the page is counted now: nobody more than a share, all together no more than a round's part. */
function stretchesOf(rows: readonly ProgressRow[], recount: Date): Stretch[] {
  const stretches: Stretch[] = [];
  let left = GAP_ROWS_MAX;
  for (const row of rows) {
    const isNewPass = row.started === null || (row.checked >= row.n && row.started < recount);
    const after = isNewPass ? row.removed : Math.max(row.checked, row.removed);
    if (row.n <= after || left <= 0) continue;
    const upTo = Math.min(row.n, after + Math.min(left, GAP_ROWS_PER_SUBSCRIPTION));
    left -= upTo - after;
    stretches.push({ key: row.k, after, upTo, isNewPass, isEnd: upTo === row.n });
  }
  return stretches;
}

async function count(tx: Tx, now: Date, stretches: readonly Stretch[]): Promise<NumberGap[]> {
  const [keys, after, upTo, isNew, isEnd] = columns(
    stretches,
    (s) => s.key,
    (s) => s.after,
    (s) => s.upTo,
    (s) => s.isNewPass,
    (s) => s.isEnd,
  ) as [unknown[], unknown[], unknown[], unknown[], unknown[]];
  const newKeys = stretches.filter(({ isNewPass }) => isNewPass).map(({ key }) => key);
  const { rows } = await tx.query<{ k: number; missing: number; a: number; b: number }>({
    name: 'deliveries.audit-count-numbers',
    text: COUNT,
    values: [keys, after, upTo, isNew, now, isEnd, newKeys],
  });
  return rows
    .filter((row) => row.missing > 0)
    .map((row) => ({ subscriptionKey: row.k, missing: row.missing, after: row.a, upTo: row.b }));
}
