// Nothing here may fail for one row's sake: a cast of what somebody changed by hand would stop all matching.
// What a registry keeps of subscriptions: the living incarnation, and the marks of its intervals since the last closing whose snapshot
// was cleared. Counts on subscription_change_by_key and on the primary key of subscription_incarnation.

const columns = `i.subscription_key, i.tenant, i.id, i.ends_at,
    coalesce(i.config ->> 'sendDeletes' = 'true', false) as send_deletes, i.config ->> 'startsAt' as starts_at,
    c.opens, c.closes, c.criteria, c.base_url, c.snapshot::text as snapshot, c.xid::text as xid`;

const marks = `join lateral (
    select m.* from subscription_change m
    where m.subscription_key = i.subscription_key and (m.opens or m.closes)
      and m.change_no >= coalesce((select max(p.change_no) from subscription_change p
        where p.subscription_key = i.subscription_key and p.closes and p.snapshot is null), 0)) c on true`;

/** $1 keys. Without a row: dead, or never active. */
export const registryEntriesSql = {
  name: 'subscription_registry_entries',
  text: `select ${columns}
    from subscription_incarnation i ${marks}
    where i.alive and i.subscription_key = any($1::bigint[])
    order by i.subscription_key, c.change_no`,
};

/** $1 last key of the page before, $2 keys a page. */
export const registryPageSql = {
  name: 'subscription_registry_page',
  text: `select subscription_key from subscription_incarnation
    where alive and subscription_key > $1 order by subscription_key limit $2`,
};
