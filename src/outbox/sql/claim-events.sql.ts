// The claim of deliveries.md 3a, in its form for hot roots. Close the roots over prev_root_hash, take the lowest seqs of all of them,
// lock in seq order. Never skip locked: that would let version 2 pass version 1. A waiter re-checks matched_at after its wait and
// simply finds the row done.
// `between` instead of `=` is the same to the answer and not to the planner: only outbox_unmatched_root gives that order. With `=`, a plan made while
// a partition was empty walked its whole seq index once for every root until somebody analysed it.
// Counts on outbox_unmatched_moved (the closure), outbox_unmatched_root (the lateral) and outbox_unmatched_seq (the lock), and on sessions
// with jit, enable_seqscan and enable_bitmapscan off.

/** $1 root hashes, $2 most rows. */
export const claimEventsSql = {
  name: 'outbox_claim_events',
  text: `with recursive need(h) as (
      select unnest($1::bigint[])
      union
      select o.prev_root_hash from need n join outbox o on o.root_hash = n.h
       and o.matched_at is null and o.prev_root_hash is not null)
    select o.seq, o.event_id, o.tenant, o.type, o.id, o.version, o.interaction, o.label, o.root, o.root_hash, o.prev_root_hash,
      o.body_bytes, o.request_id, o.xid::text as xid, o.written_at
    from outbox o
    where o.matched_at is null
      and o.seq = any(array(
        select c.seq from need n cross join lateral (
          select x.seq from outbox x where x.root_hash between n.h and n.h and x.matched_at is null
          order by x.root_hash, x.seq limit $2) c
        order by c.seq limit $2))
    order by o.seq
    for update`,
};
