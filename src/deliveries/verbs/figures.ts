// What an operator has still to look at, per subscription: dead letters, and resends that wait or went wrong.
import type { Tx } from '../../platform';
import { FIGURES_MAX } from './limits';

/** Each counted up to a limit. */
export interface OperatorFigures {
  /** Dead letters nobody has dealt with. */
  readonly deadLetters: number;
  readonly resendsWaiting: number;
  /** Resends whose one attempt failed since the moment asked about. */
  readonly resendsFailed: number;
}

/** Indexes: delivery_dead_letter, resend_waiting, resend_of. */
export async function operatorFigures(
  db: Tx,
  keys: readonly number[],
  failedSince: Date,
): Promise<Map<number, OperatorFigures>> {
  if (keys.length === 0) return new Map();
  const { rows } = await db.query<{ k: number; dead: number; waiting: number; failed: number }>({
    name: 'deliveries.operator-figures',
    text: `select c.k,
        (select count(*)::int from (select 1 from delivery d where d.subscription_key = c.k and d.state = 'dead' and d.discarded_at is null
                                     limit $3::int) x) as dead,
        (select count(*)::int from (select 1 from resend r where r.subscription_key = c.k and r.done_at is null limit $3::int) x) as waiting,
        (select count(*)::int from (select 1 from resend r where r.subscription_key = c.k and r.done_at >= $2::timestamptz and r.class <> 'S'
                                     limit $3::int) x) as failed
      from unnest($1::bigint[]) c(k)`,
    values: [keys, failedSince, FIGURES_MAX],
  });
  return new Map(
    rows.map((row) => [row.k, { deadLetters: row.dead, resendsWaiting: row.waiting, resendsFailed: row.failed }]),
  );
}
