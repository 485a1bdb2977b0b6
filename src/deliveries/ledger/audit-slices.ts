// Slices that sleep although they have something to do, are missing, or carry a lease that no worker will ever take over (I11): found page by
// page along the runtime rows, repaired behind the slice's lock after a second look.
import type { Database, Tx } from '../../platform';
import { AUDIT_PAGE_SUBSCRIPTIONS } from '../limits';
import { columns, statement } from '../sql';
import type { SliceId } from './rows';

const lockSlices = statement('lock-slices');

export type SliceDamage = 'missing-slice' | 'idle-slice' | 'stuck-lease';

export interface DamagedSlice extends SliceId {
  readonly damage: SliceDamage;
}

export interface AuditPage<T> {
  readonly damaged: readonly T[];
  /** Where the next page begins; undefined after the last one. */
  readonly next?: number;
}

/** $1, $2 keys and slices as relation c; $3 now, $4 where a lease of any worker ends at the latest, doubled. */
const JUDGE = `
select c.k as subscription_key, c.n as slice_no, w.wanted,
       case when x.subscription_key is null then 'missing-slice' when x.lease_until is not null then 'stuck-lease' else 'idle-slice' end as damage
  from c join subscription_runtime r on r.subscription_key = c.k
  left join slice x on x.subscription_key = c.k and x.slice_no = c.n
 cross join lateral (select least(
    case when exists (select 1 from delivery d where d.subscription_key = c.k and d.slice_no = c.n and d.state = 'pending'
                         and d.event_no <= coalesce(r.barriers[1], 9007199254740991)) then $3::timestamptz end,
    (select min(q.next_at) from held_key q where q.subscription_key = c.k and q.slice_no = c.n and q.kind <> 'blocked'
        and q.head_event_no <= coalesce(r.barriers[1], 9007199254740991)),
    case when exists (select 1 from resend o where o.subscription_key = c.k and o.slice_no = c.n and o.done_at is null) then $3::timestamptz end) as wanted) w
 where r.alive and (x.due_at is null or x.due_at > $3::timestamptz)
   and case when x.lease_until is not null then greatest(x.lease_until, x.due_at) > $4::timestamptz
            else r.sending and not r.paused and (r.ends_at is null or r.ends_at > $3::timestamptz) and w.wanted is not null
             and coalesce(x.due_at, 'infinity') > greatest(w.wanted, r.not_before, $3::timestamptz) end`;

/** One page: $1 last key of the page before, $2 subscriptions. Indexes: subscription_runtime_pkey, slice_pkey, delivery_pending, held_key_next, resend_waiting. */
const FIND = `
with p as materialized (
  select subscription_key as k, slices from subscription_runtime where subscription_key > $1 order by subscription_key limit $2::int),
c as (select p.k, n.n from p cross join lateral generate_series(0, p.slices - 1) n(n)),
d as (${JUDGE})
select (select max(k) from p) as last_key, (select count(*)::int from p) as page_size, d.* from (select 1) one left join d on true`;

/** The same question again about slices that are locked now, and its mending. */
const REPAIR = `
with c as (select * from unnest($1::bigint[], $2::int[]) c(k, n)),
d as (${JUDGE})
update slice x
   set epoch = x.epoch + (d.damage = 'stuck-lease')::int, lease_until = null,
       due_at = case d.damage when 'stuck-lease' then $3::timestamptz else greatest(d.wanted, $3::timestamptz) end
  from d where x.subscription_key = d.subscription_key and x.slice_no = d.slice_no
returning x.subscription_key, x.slice_no, d.damage`;

type SliceRow = { subscription_key: number; slice_no: number; damage: SliceDamage };
type FoundRow = { [K in keyof SliceRow]: SliceRow[K] | null } & { last_key: number | null; page_size: number };

/** Looks at the slices of the next subscriptions after `after`. Changes nothing. */
export async function findDamagedSlices(
  tx: Tx,
  now: Date,
  leaseMs: number,
  after: number,
): Promise<AuditPage<DamagedSlice>> {
  const { rows } = await tx.query<FoundRow>({
    name: 'deliveries.audit-slices',
    text: FIND,
    values: [after, AUDIT_PAGE_SUBSCRIPTIONS, now, farthestLease(now, leaseMs)],
  });
  const damaged = rows.flatMap((row) => (row.damage === null ? [] : [damagedOf(row as SliceRow)]));
  const [{ last_key: last, page_size: size } = { last_key: null, page_size: 0 }] = rows;
  return size < AUDIT_PAGE_SUBSCRIPTIONS || last === null ? { damaged } : { damaged, next: last };
}

/** Out: what was still damaged under the lock, and is due now (or at its held key's time). */
export async function repairSlices(
  database: Database,
  now: Date,
  leaseMs: number,
  found: readonly DamagedSlice[],
): Promise<DamagedSlice[]> {
  if (found.length === 0) return [];
  const ids = columns(
    found,
    (slice) => slice.subscriptionKey,
    (slice) => slice.sliceNo,
  );
  return database.transaction(async (tx) => {
    const missing = found.filter(({ damage }) => damage === 'missing-slice');
    await makeSlices(tx, missing);
    await tx.query(lockSlices(ids));
    const { rows } = await tx.query<SliceRow>({
      name: 'deliveries.audit-repair-slices',
      text: REPAIR,
      values: [...ids, now, farthestLease(now, leaseMs)],
    });
    const wasMissing = new Set(missing.map((slice) => `${slice.subscriptionKey}/${slice.sliceNo}`));
    return rows.map((row) => {
      const slice = damagedOf(row);
      return wasMissing.has(`${row.subscription_key}/${row.slice_no}`) ? { ...slice, damage: 'missing-slice' } : slice;
    });
  });
}

/** Asleep first: the repair that follows wakes those that have something to do. */
async function makeSlices(tx: Tx, slices: readonly SliceId[]): Promise<void> {
  if (slices.length === 0) return;
  await tx.query({
    name: 'deliveries.audit-make-slices',
    text: `insert into slice (subscription_key, slice_no, due_at)
           select k, n, 'infinity' from unnest($1::bigint[], $2::int[]) c(k, n) order by 1, 2 on conflict do nothing`,
    values: columns(
      slices,
      (slice) => slice.subscriptionKey,
      (slice) => slice.sliceNo,
    ),
  });
}

/** No worker's lease reaches this far; what does would never be claimed again. */
function farthestLease(now: Date, leaseMs: number): Date {
  return new Date(now.getTime() + 2 * leaseMs);
}

function damagedOf(row: SliceRow): DamagedSlice {
  return { subscriptionKey: row.subscription_key, sliceNo: row.slice_no, damage: row.damage };
}
