// The book of what operators did: who, what, why, how much. A row is written in the transaction of what it tells, so neither is without the other;
// it also remembers the answer, for whoever asks again with the same key.
import { errorIssue, FhirError } from '../../fhir';
import type { Tx } from '../../platform';

/** Whose wish it is, and why. */
export interface Order {
  readonly tenant: string;
  readonly who: string;
  readonly reason: string;
  readonly requestId: string;
  /** Asked again with the same key, the recorded answer is given and nothing is done. */
  readonly idempotencyKey?: string;
}

export interface Deed {
  readonly verb: string;
  readonly subscriptionKey?: number;
  readonly subscriptionId?: string;
  /** What it was asked for: plain JSON. */
  readonly filter: object;
  /** Deliveries (or keys) that it touched. */
  readonly affected: number;
  readonly result: object;
}

/** The answer recorded under the order's key, if any. @throws FhirError 422 when the key belongs to another wish */
export async function recordedResult(
  db: Tx,
  order: Order,
  verb: string,
  asked: Pick<Deed, 'subscriptionKey' | 'filter'>,
): Promise<object | undefined> {
  if (order.idempotencyKey === undefined) return undefined;
  const { rows } = await db.query<{ result: object; is_same: boolean }>({
    name: 'deliveries.recorded-result',
    // Index: operator_log_once.
    text: `select result, verb = $4 and filter = $5::jsonb and subscription_key is not distinct from $6::bigint as is_same
             from operator_log where tenant = $1 and who = $2 and idempotency_key = $3`,
    values: [
      order.tenant,
      order.who,
      order.idempotencyKey,
      verb,
      JSON.stringify(asked.filter),
      asked.subscriptionKey ?? null,
    ],
  });
  const [found] = rows;
  if (found === undefined) return undefined;
  if (found.is_same) return found.result;
  const text = 'This Idempotency-Key was used for another request before; use a new one for a new wish.';
  throw new FhirError(422, errorIssue('business-rule', text, 'Idempotency-Key'));
}

/** Out: false when a row with the order's key is there already: someone was quicker, the transaction must be undone. */
export async function record(tx: Tx, now: Date, order: Order, deed: Deed): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'deliveries.record-deed',
    text: `insert into operator_log (tenant, at, who, verb, reason, subscription_key, subscription_id, filter, affected, result, request_id,
                                     idempotency_key)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
           on conflict (tenant, who, idempotency_key) where idempotency_key is not null do nothing`,
    values: [
      order.tenant,
      now,
      order.who,
      deed.verb,
      order.reason,
      deed.subscriptionKey ?? null,
      deed.subscriptionId ?? null,
      JSON.stringify(deed.filter),
      deed.affected,
      JSON.stringify(deed.result),
      order.requestId,
      order.idempotencyKey ?? null,
    ],
  });
  return rowCount === 1;
}

export interface OperatorLogFilter {
  readonly tenant: string;
  readonly who?: string;
  readonly verb?: string;
  readonly subscriptionId?: string;
}

export interface OperatorLogEntry {
  readonly number: number;
  readonly at: Date;
  readonly who: string;
  readonly verb: string;
  readonly reason: string;
  readonly subscription?: string;
  readonly filter: object;
  readonly count: number;
  readonly result: object;
  readonly requestId: string;
  readonly idempotencyKey?: string;
}

type LogRow = {
  log_no: number;
  at: Date;
  who: string;
  verb: string;
  reason: string;
  subscription_id: string | null;
  filter: object;
  affected: number;
  result: object;
  request_id: string;
  idempotency_key: string | null;
};

/** Newest first; `before` is the number the page begins after. Indexes: operator_log_pkey, operator_log_subscription. */
export async function listOperatorLog(
  db: Tx,
  filter: OperatorLogFilter,
  page: { readonly limit: number; readonly before?: number },
): Promise<OperatorLogEntry[]> {
  const { rows } = await db.query<LogRow>({
    text: `select log_no, at, who, verb, reason, subscription_id, filter, affected, result, request_id, idempotency_key from operator_log
            where tenant = $1 and ($2::text is null or who = $2) and ($3::text is null or verb = $3)
              and ($4::text is null or subscription_id = $4) and ($5::bigint is null or log_no < $5)
            order by log_no desc limit $6::int`,
    values: [
      filter.tenant,
      filter.who ?? null,
      filter.verb ?? null,
      filter.subscriptionId ?? null,
      page.before ?? null,
      page.limit,
    ],
  });
  return rows.map((row) => ({
    number: row.log_no,
    at: row.at,
    who: row.who,
    verb: row.verb,
    reason: row.reason,
    subscription: row.subscription_id ?? undefined,
    filter: row.filter,
    count: row.affected,
    result: row.result,
    requestId: row.request_id,
    idempotencyKey: row.idempotency_key ?? undefined,
  }));
}
