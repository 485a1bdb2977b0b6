// Questions to Postgres about the promises: what is still to do, and which invariant of the delivery design does not hold.
// Tests may look into any table; the product's rooms may not.
import type { Database } from '../../src/platform';
import { eventually } from './deadline';

const waitingSql = `
  select (select count(*) from outbox where matched_at is null) as unmatched,
         (select count(*) from delivery d join subscription_runtime r using (subscription_key)
           where r.alive and d.state in ('pending', 'held', 'behind')) as waiting,
         (select count(*) from slice s join subscription_runtime r using (subscription_key)
           where r.alive and (s.lease_until is not null or s.due_at <= $1)) as busy`;

/** Each statement finds what must not exist; its key is the invariant's number and words. Meant for a moment when nothing is going on. */
const violationSql: Readonly<Record<string, string>> = {
  'I1: every version has exactly one outbox row': `
    select v.type, v.id, v.version, count(o.seq) from resource_version v
      left join outbox o using (tenant, type, id, version) group by 1, 2, 3 having count(o.seq) <> 1`,
  'I1: no outbox row without its version': `
    select o.type, o.id, o.version from outbox o left join resource_version v using (tenant, type, id, version) where v.id is null`,
  'I2: nothing is left unmatched': 'select seq, type, id, version from outbox where matched_at is null',
  'I4: event numbers are 1..n without a gap, but for what the retention has removed': `
    select r.subscription_key, r.last_event_no, w.removed_up_to, count(d.event_no) from subscription_runtime r
      left join delivery_watermark w using (subscription_key)
      left join delivery d on d.subscription_key = r.subscription_key and d.event_no > coalesce(w.removed_up_to, 0)
      group by 1, 2, 3 having count(d.event_no) <> r.last_event_no - coalesce(w.removed_up_to, 0)
        or coalesce(max(d.event_no), w.removed_up_to, 0) <> r.last_event_no`,
  'I5: event numbers follow versionId': `
    select * from (select subscription_key, type, id, version, lag(version) over
      (partition by subscription_key, type, id order by event_no) as before from delivery) x where before >= version`,
  'I7: no attempt starts before the delivery ahead of it in its lane is terminal': `
    with times as (select subscription_key, event_no, min(started_at) as first, max(ended_at) filter (where accepted) as last
        from attempt where trigger <> 'manual' group by 1, 2),
      lane as (select d.subscription_key, d.key_hash, d.event_no, t.first, max(t.last) over
        (partition by d.subscription_key, d.key_hash order by d.event_no rows between unbounded preceding and 1 preceding) as ahead
        from delivery d left join times t using (subscription_key, event_no) where d.redriven_at is null)
    select * from lane where first < ahead`,
  'I11: no held or behind row without its held_key row': `
    select d.subscription_key, d.event_no from delivery d where d.state in ('held', 'behind') and not exists
      (select 1 from held_key h where (h.subscription_key, h.key_hash) = (d.subscription_key, d.key_hash))`,
  'I11: no idle slice with pending rows': `
    select d.subscription_key, d.event_no from delivery d join slice s using (subscription_key, slice_no)
      join subscription_runtime r using (subscription_key)
      where d.state = 'pending' and s.due_at = 'infinity' and r.alive and r.sending and not r.paused`,
  // By the number of the attempt, not by its times: each process has its own idea of them.
  'I14: nothing that was delivered was tried again': `
    select a.subscription_key, a.event_no from attempt a join attempt b using (subscription_key, event_no)
      where a.class = 'S' and a.accepted and a.trigger <> 'manual' and b.accepted and b.sent and b.trigger <> 'manual'
        and (b.epoch, b.started_at) <> (a.epoch, a.started_at) and b.number >= a.number`,
};

export class Ledger {
  constructor(private readonly database: Database) {}

  private async rows<R extends object>(text: string, ...values: unknown[]): Promise<R[]> {
    return (await this.database.query<R>({ text, values })).rows;
  }

  private async work(): Promise<{ unmatched: number; waiting: number; busy: number }> {
    const [row] = await this.rows<{ unmatched: number; waiting: number; busy: number }>(
      waitingSql,
      new Date(performance.timeOrigin + performance.now()),
    );
    return row!;
  }

  /** Until nothing is unmatched and no slice is due or at work: what still waits, waits for its time. */
  async settled(deadlineMs = 30_000): Promise<void> {
    await this.until(({ unmatched, busy }) => unmatched + busy === 0, deadlineMs);
  }

  /** Until nothing is unmatched and nothing waits at all, retries included. */
  async drained(deadlineMs = 30_000): Promise<void> {
    await this.until(({ unmatched, waiting, busy }) => unmatched + waiting + busy === 0, deadlineMs);
  }

  private async until(
    isReached: (work: { unmatched: number; waiting: number; busy: number }) => boolean,
    deadlineMs: number,
  ): Promise<void> {
    let last: unknown;
    const ask = async (): Promise<boolean> => {
      const work = await this.work();
      last = work;
      return isReached(work);
    };
    await eventually(ask, { deadlineMs, what: 'the work to end' }).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(last)}`);
    });
  }

  /** How many deliveries are in which state: of all subscriptions, or of all incarnations of one FHIR id. */
  async states(subscriptionId?: string): Promise<Record<string, number>> {
    const rows = await this.rows<{ state: string; n: number }>(
      `select state, count(*) as n from delivery join subscription_runtime using (subscription_key)
        where $1::text is null or subscription_id = $1 group by 1 order by 1`,
      subscriptionId ?? null,
    );
    return Object.fromEntries(rows.map(({ state, n }) => [state, Number(n)]));
  }

  async versionsOf(type: string): Promise<number> {
    const [row] = await this.rows<{ n: number }>('select count(*) as n from resource_version where type = $1', type);
    return Number(row!.n);
  }

  async staleAttempts(): Promise<number> {
    const [row] = await this.rows<{ n: number }>('select count(*) as n from attempt where not accepted');
    return Number(row!.n);
  }

  /** I8: pairs of attempts of one delivery that ran at the same time although the first one's lease cannot have been over. */
  async overlapsWithinALease(leaseLeastMs: number): Promise<number> {
    const [row] = await this.rows<{ n: number }>(
      `select count(*) as n from attempt a join attempt b using (subscription_key, event_no)
        where a.epoch < b.epoch and b.started_at < a.ended_at and b.started_at < a.started_at + $1 * interval '1 ms'`,
      leaseLeastMs,
    );
    return Number(row!.n);
  }

  /** The invariants that do not hold, each with its first rows. */
  async violations(): Promise<{ invariant: string; rows: object[] }[]> {
    const found = [];
    // Without statistics the planner takes the tables for empty and joins them row by row.
    await this.rows('analyze');
    for (const [invariant, sql] of Object.entries(violationSql)) {
      const rows = await this.rows(`${sql} limit 5`);
      if (rows.length > 0) found.push({ invariant, rows });
    }
    return found;
  }
}
