// The sweep's questions: which roots have unmatched rows? First by age, then, when a few hot roots fill that view, by listing.

/** $1 most rows to look at, $2 most roots. Oldest root first. Counts on outbox_unmatched_seq. */
export const oldestRootsSql = {
  name: 'outbox_oldest_roots',
  text: `select w.root_hash, count(*) as seen from (
      select root_hash, seq from outbox where matched_at is null order by seq limit $1) w
    group by w.root_hash order by min(w.seq) limit $2`,
};

/** $1 most roots. Steps from root to root without reading the rows between. Counts on outbox_unmatched_root. */
export const listRootsSql = {
  name: 'outbox_list_roots',
  text: `with recursive r(h) as (
      (select root_hash from outbox where matched_at is null order by root_hash limit 1)
      union all
      select (select o.root_hash from outbox o where o.matched_at is null and o.root_hash > r.h order by o.root_hash limit 1)
      from r where r.h is not null)
    select h as root_hash from r where h is not null limit $1`,
};
