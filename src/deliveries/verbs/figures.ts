// What an operator has still to look at, per subscription: dead letters, and resends that wait or went wrong.
import type { Tx } from '../../platform';
import type { DeadLetterReason } from './dead-letters';
import { FIGURES_MAX } from './limits';

/** A dead letter in a word: which, why, and what its last attempt came to. */
export interface LastDeadLetter {
  readonly eventNumber: number;
  readonly resource: string;
  readonly cause: DeadLetterReason;
  readonly diedAt: Date;
  readonly status?: number;
  readonly reason?: string;
}

/** Each counted up to a limit. */
export interface OperatorFigures {
  /** Dead letters nobody has dealt with. */
  readonly deadLetters: number;
  /** The one with the highest event number. */
  readonly lastDeadLetter?: LastDeadLetter;
  readonly resendsWaiting: number;
  /** Resends whose one attempt failed since the moment asked about. */
  readonly resendsFailed: number;
}

interface FigureRow {
  k: number;
  dead: number;
  waiting: number;
  failed: number;
  event_no: number | null;
  resource: string;
  cause: DeadLetterReason;
  ended_at: Date;
  status: number | null;
  why: string | null;
}

const FIGURES = `
select c.k,
       (select count(*)::int from (select 1 from delivery d where d.subscription_key = c.k and d.state = 'dead' and d.discarded_at is null
                                    limit $3::int) x) as dead,
       (select count(*)::int from (select 1 from resend r where r.subscription_key = c.k and r.done_at is null limit $3::int) x) as waiting,
       (select count(*)::int from (select 1 from resend r where r.subscription_key = c.k and r.done_at >= $2::timestamptz and r.class <> 'S'
                                    limit $3::int) x) as failed,
       l.event_no, l.type || '/' || l.id as resource, l.reason as cause, l.ended_at, a.status, a.reason as why
  from unnest($1::bigint[]) c(k)
  left join lateral (
    select d.subscription_key, d.event_no, d.type, d.id, d.reason, d.ended_at from delivery d
     where d.subscription_key = c.k and d.state = 'dead' and d.discarded_at is null order by d.event_no desc limit 1) l on true
  left join lateral (
    select t.status, t.reason from attempt t where t.subscription_key = l.subscription_key and t.event_no = l.event_no
     order by t.started_at desc limit 1) a on true`;

/** Indexes: delivery_dead_letter, resend_waiting, resend_of, attempt_delivery. */
export async function operatorFigures(
  db: Tx,
  keys: readonly number[],
  failedSince: Date,
): Promise<Map<number, OperatorFigures>> {
  if (keys.length === 0) return new Map();
  const values = [keys, failedSince, FIGURES_MAX];
  const { rows } = await db.query<FigureRow>({ name: 'deliveries.operator-figures', text: FIGURES, values });
  return new Map(rows.map((row) => [row.k, figuresOf(row)]));
}

function figuresOf(row: FigureRow): OperatorFigures {
  const counts = { deadLetters: row.dead, resendsWaiting: row.waiting, resendsFailed: row.failed };
  if (row.event_no === null) return counts;
  const lastDeadLetter: LastDeadLetter = {
    eventNumber: row.event_no,
    resource: row.resource,
    cause: row.cause,
    diedAt: row.ended_at,
    status: row.status ?? undefined,
    reason: row.why ?? undefined,
  };
  return { ...counts, lastDeadLetter };
}
