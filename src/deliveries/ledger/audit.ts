// What must never be seen in the ledger (I4, I10, I11), as one question each. In a healthy system every answer is empty.
import type { Tx } from '../../platform';

export interface AuditFinding {
  readonly rule: string;
  readonly subscriptionKey: number;
  readonly detail: number;
}

const RULES: Readonly<Record<string, string>> = {
  'idle slice with pending deliveries': `
    select d.subscription_key, min(d.event_no) as detail from delivery d
      join slice s on s.subscription_key = d.subscription_key and s.slice_no = d.slice_no
      join subscription_runtime r on r.subscription_key = d.subscription_key
     where d.state = 'pending' and s.due_at = 'infinity' and r.alive and r.sending and not r.paused
       and (r.ends_at is null or r.ends_at > $1) and d.event_no <= coalesce(r.barriers[1], 9007199254740991)
     group by d.subscription_key`,
  'pending delivery without a slice': `
    select d.subscription_key, d.event_no as detail from delivery d
     where d.state = 'pending' and not exists (select 1 from slice s where s.subscription_key = d.subscription_key and s.slice_no = d.slice_no)`,
  'held key due but its slice asleep': `
    select q.subscription_key, q.head_event_no as detail from held_key q
      join slice s on s.subscription_key = q.subscription_key and s.slice_no = q.slice_no
      join subscription_runtime r on r.subscription_key = q.subscription_key
     where q.kind <> 'blocked' and s.due_at > greatest(q.next_at, r.not_before, $1) and s.lease_until is null and r.alive and r.sending and not r.paused
       and (r.ends_at is null or r.ends_at > $1) and q.head_event_no <= coalesce(r.barriers[1], 9007199254740991)`,
  'held or behind delivery without a held key': `
    select d.subscription_key, d.event_no as detail from delivery d
     where d.state in ('held', 'behind')
       and not exists (select 1 from held_key q where q.subscription_key = d.subscription_key and q.key_hash = d.key_hash)`,
  'held key whose head is not the first waiting of its key': `
    select q.subscription_key, q.head_event_no as detail from held_key q
     where q.head_event_no is distinct from (select min(d.event_no) from delivery d
       where d.subscription_key = q.subscription_key and d.key_hash = q.key_hash and d.state in ('pending', 'held', 'behind'))`,
  'behind delivery that overtook a pending one of its key': `
    select b.subscription_key, b.event_no as detail from delivery b
      join delivery p on p.subscription_key = b.subscription_key and p.key_hash = b.key_hash and p.state = 'pending' and p.event_no < b.event_no
     where b.state = 'behind'`,
  // What the retention has removed by right is not missing.
  'resend due but its slice asleep': `
    select w.subscription_key, w.event_no as detail from resend w
      join slice s on s.subscription_key = w.subscription_key and s.slice_no = w.slice_no
      join subscription_runtime r on r.subscription_key = w.subscription_key
     where w.done_at is null and s.due_at = 'infinity' and r.alive and r.sending and not r.paused
       and (r.ends_at is null or r.ends_at > $1)`,
  'event numbers with a gap': `
    select r.subscription_key, r.last_event_no as detail from subscription_runtime r
      left join delivery_watermark w on w.subscription_key = r.subscription_key
     where r.last_event_no - coalesce(w.removed_up_to, 0) <> (select count(*) from delivery d
             where d.subscription_key = r.subscription_key and d.event_no > coalesce(w.removed_up_to, 0))
        or r.last_event_no < (select coalesce(max(d.event_no), 0) from delivery d where d.subscription_key = r.subscription_key)`,
};

/** In: the time now. Out: every violation of the ledger's invariants, at rest. Reads everything: for tests and the audit, not for hot paths. */
export async function auditLedger(tx: Tx, now: Date): Promise<AuditFinding[]> {
  const findings: AuditFinding[] = [];
  for (const [rule, text] of Object.entries(RULES)) {
    const { rows } = await tx.query<{ subscription_key: number; detail: number }>({
      text,
      values: text.includes('$1') ? [now] : [],
    });
    findings.push(...rows.map((row) => ({ rule, subscriptionKey: row.subscription_key, detail: row.detail })));
  }
  return findings;
}
