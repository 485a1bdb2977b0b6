// Held keys and what waits for them must name each other (I11). A `held` or `behind` row without its held_key row is never looked at again
// (orphaned-key); a held_key row whose head is not the first that waits sends in the wrong order, or nothing (lost-head).
import type { Database, Tx } from '../../platform';
import { AUDIT_PAGE_KEYS } from '../limits';
import { columns, statement } from '../sql';

const lockSlices = statement('lock-slices');

export type KeyDamage = 'orphaned-key' | 'lost-head';

export interface DamagedKey {
  readonly subscriptionKey: number;
  readonly keyHash: number;
  readonly sliceNo: number;
  readonly damage: KeyDamage;
}

/** After which ordering key the next page begins. */
export interface KeyPosition {
  readonly subscriptionKey: number;
  readonly keyHash: number;
}

export interface KeyPage {
  readonly damaged: readonly DamagedKey[];
  readonly next?: KeyPosition;
}

/** The walks, each along an index of its own. $1, $2 position, $3 keys on a page. */
const WALKS = {
  // delivery_behind, from key to key without reading the rows between.
  behind: `
with recursive b(k, h, n) as (
  (select subscription_key, key_hash, slice_no from delivery
    where state = 'behind' and (subscription_key, key_hash) > ($1::bigint, $2::bigint) order by subscription_key, key_hash, event_no limit 1)
  union all
  select x.* from b cross join lateral (
    select subscription_key, key_hash, slice_no from delivery
     where state = 'behind' and (subscription_key, key_hash) > (b.k, b.h) order by subscription_key, key_hash, event_no limit 1) x)
select b.k, b.h, b.n, not exists (select 1 from held_key q where q.subscription_key = b.k and q.key_hash = b.h) as is_damaged
  from b limit $3::int`,
  // delivery_held.
  held: `
select d.subscription_key as k, d.key_hash as h, d.slice_no as n,
       not exists (select 1 from held_key q where q.subscription_key = d.subscription_key and q.key_hash = d.key_hash) as is_damaged
  from delivery d where d.state = 'held' and (d.subscription_key, d.key_hash) > ($1::bigint, $2::bigint)
 order by d.subscription_key, d.key_hash limit $3::int`,
  // held_key_pkey, delivery_pkey, delivery_behind.
  heads: `
select q.subscription_key as k, q.key_hash as h, q.slice_no as n,
       not exists (select 1 from delivery d where d.subscription_key = q.subscription_key and d.event_no = q.head_event_no
                      and d.state in ('held', 'behind'))
       or exists (select 1 from delivery d where d.subscription_key = q.subscription_key and d.key_hash = q.key_hash
                      and d.state = 'behind' and d.event_no < q.head_event_no) as is_damaged
  from held_key q where (q.subscription_key, q.key_hash) > ($1::bigint, $2::bigint)
 order by q.subscription_key, q.key_hash limit $3::int`,
} as const;

export type KeyWalk = keyof typeof WALKS;
export const KEY_WALKS = Object.keys(WALKS) as KeyWalk[];

type KeyRow = { k: number; h: number; n: number; is_damaged: boolean };

/** Looks at the next ordering keys after `after`. Changes nothing. */
export async function findDamagedKeys(tx: Tx, walk: KeyWalk, after: KeyPosition): Promise<KeyPage> {
  const { rows } = await tx.query<KeyRow>({
    name: `deliveries.audit-keys-${walk}`,
    text: WALKS[walk],
    values: [after.subscriptionKey, after.keyHash, AUDIT_PAGE_KEYS],
  });
  const damage = walk === 'heads' ? 'lost-head' : 'orphaned-key';
  const damaged = rows
    .filter((row) => row.is_damaged)
    .map((row): DamagedKey => ({ subscriptionKey: row.k, keyHash: row.h, sliceNo: row.n, damage }));
  const last = rows.at(-1);
  if (last === undefined || rows.length < AUDIT_PAGE_KEYS) return { damaged };
  return { damaged, next: { subscriptionKey: last.k, keyHash: last.h } };
}

/**
 * The first that waits in each key, as the key must name it: $1 keys, $2 hashes, $3 slices. A dead incarnation's rows are being cancelled and
 * are left alone. Indexes: held_key_pkey, delivery_held, delivery_behind.
 */
const FIRST = `
select distinct on (c.k, c.h) c.k, c.h, c.n, m.held_no, m.behind_no, least(m.held_no, m.behind_no) as head
  from unnest($1::bigint[], $2::bigint[], $3::int[]) c(k, h, n)
  join subscription_runtime r on r.subscription_key = c.k and r.alive
 cross join lateral (
   select (select min(event_no) from delivery d where d.subscription_key = c.k and d.key_hash = c.h and d.state = 'held') as held_no,
          (select min(event_no) from delivery d where d.subscription_key = c.k and d.key_hash = c.h and d.state = 'behind') as behind_no) m`;

const ADOPT = `
insert into held_key (subscription_key, key_hash, slice_no, kind, head_event_no, next_at)
select f.k, f.h, f.n, case when f.head = f.held_no then 'retry' else 'busy' end, f.head, $4::timestamptz from (${FIRST}) f where f.head is not null
on conflict (subscription_key, key_hash) do nothing
returning subscription_key as k, key_hash as h, slice_no as n`;

const REHEAD = `
with f as (${FIRST}),
x as (
  delete from held_key q using f where f.head is null and q.subscription_key = f.k and q.key_hash = f.h
  returning q.subscription_key as k, q.key_hash as h, q.slice_no as n),
u as (
  update held_key q
     set kind = case when f.head = f.held_no then 'retry' else 'busy' end, head_event_no = f.head, next_at = $4::timestamptz, attempts = 0,
         first_failed_at = null, class = null, status = null, reason = null
    from f where q.subscription_key = f.k and q.key_hash = f.h and f.head is distinct from q.head_event_no and f.head is not null
  returning q.subscription_key as k, q.key_hash as h, q.slice_no as n)
select * from x union all select * from u`;

/** A lease under which the damage was not known is taken away: its owner may have a later row of the key in hand. */
const TAKE_BACK = `
update slice x set epoch = x.epoch + (x.lease_until is not null)::int, lease_until = null, due_at = least(x.due_at, $3::timestamptz)
  from (select distinct k, n from unnest($1::bigint[], $2::int[]) c(k, n)) c where x.subscription_key = c.k and x.slice_no = c.n`;

/** Out: what was still damaged under the lock of its slice, and is mended: the key names its first waiting row, or is gone. */
export async function repairKeys(database: Database, now: Date, found: readonly DamagedKey[]): Promise<DamagedKey[]> {
  if (found.length === 0) return [];
  const { damage } = found[0]!;
  return database.transaction(async (tx) => {
    const slicesOf = (keys: readonly { sliceNo: number; subscriptionKey: number }[]): unknown[][] =>
      columns(
        keys,
        (key) => key.subscriptionKey,
        (key) => key.sliceNo,
      );
    await tx.query(lockSlices(slicesOf(found)));
    const keys = columns(
      found,
      (key) => key.subscriptionKey,
      (key) => key.keyHash,
      (key) => key.sliceNo,
    );
    const { rows } = await tx.query<Omit<KeyRow, 'is_damaged'>>({
      name: `deliveries.audit-repair-${damage}`,
      text: damage === 'orphaned-key' ? ADOPT : REHEAD,
      values: [...keys, now],
    });
    const repaired = rows.map((row): DamagedKey => ({
      subscriptionKey: row.k,
      keyHash: row.h,
      sliceNo: row.n,
      damage,
    }));
    await tx.query({ name: 'deliveries.audit-take-back', text: TAKE_BACK, values: [...slicesOf(repaired), now] });
    return repaired;
  });
}
