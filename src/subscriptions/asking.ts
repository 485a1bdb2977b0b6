// Who asks about a resource type: living Subscriptions whose criteria begin with it, page by page in order of key, for the operator's trace.
import type { Tx } from '../platform';
import { INCARNATION_COLUMNS, incarnationFrom, type Incarnation, type IncarnationRow } from './incarnation';
import { ASKING_ROWS_MAX } from './limits';

export interface Asking {
  readonly incarnation: Incarnation;
  /** When the criteria began to count: the activation, or their last change. Absent when they never did. */
  readonly since?: Date;
}

export interface AskingPage {
  readonly asking: readonly Asking[];
  /** The key after which the next page begins; absent on the last. A page may hold fewer than asked for, or none, and still have a next. */
  readonly next?: number;
}

type AskingRow = IncarnationRow & { since: Date | null; is_asking: boolean };

/** At most `limit`, from the ASKING_ROWS_MAX living Subscriptions after the key. */
export async function subscriptionsAsking(
  db: Tx,
  asked: { readonly tenant: string; readonly type: string },
  page: { readonly afterKey: number; readonly limit: number },
): Promise<AskingPage> {
  const columns = INCARNATION_COLUMNS.split(', ').map((name) => `i.${name}`);
  const { rows } = await db.query<AskingRow>({
    // Counts on the primary key of subscription_incarnation and on subscription_change_by_key.
    text: `with seen as (
        select * from subscription_incarnation where alive and tenant = $1 and subscription_key > $2 order by subscription_key limit $3),
      found as (
        select * from seen where split_part(ltrim(btrim(criteria), '/'), '?', 1) = $4 order by subscription_key limit $5)
      select ${columns.join(', ')}, true as is_asking, (select c.changed_at from subscription_change c
          where c.subscription_key = i.subscription_key and c.opens order by c.change_no desc limit 1) as since
        from found i
      union all
      (select ${columns.join(', ')}, false, null from seen i order by i.subscription_key desc limit 1)`,
    values: [asked.tenant, page.afterKey, ASKING_ROWS_MAX, asked.type, page.limit],
  });
  const asking = rows.filter((row) => row.is_asking).sort((a, b) => a.subscription_key - b.subscription_key);
  const last = asking.length === page.limit ? asking.at(-1) : rows.find((row) => !row.is_asking);
  return {
    asking: asking.map((row) => ({
      incarnation: incarnationFrom(row),
      ...(row.since !== null && { since: row.since }),
    })),
    ...(last && { next: last.subscription_key }),
  };
}
