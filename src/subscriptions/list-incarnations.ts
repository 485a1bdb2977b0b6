// Living Subscriptions page by page, for the operator.
import type { SubscriptionStatus } from '../fhir';
import type { Tx } from '../platform';
import { INCARNATION_COLUMNS, incarnationFrom, type Incarnation, type IncarnationRow } from './incarnation';

export interface IncarnationPage {
  /** FHIR id after which the page begins; empty for the first page. */
  readonly afterId: string;
  readonly limit: number;
  readonly status?: SubscriptionStatus;
}

/** In: a tenant and a page. Out: living incarnations in the order of their FHIR ids, at most `limit`. */
export async function listIncarnations(tx: Tx, tenant: string, page: IncarnationPage): Promise<Incarnation[]> {
  const { rows } = await tx.query<IncarnationRow>({
    name: 'subscription_incarnation_list',
    // Counts on subscription_incarnation_living.
    text: `select ${INCARNATION_COLUMNS} from subscription_incarnation
      where tenant = $1 and id > $2 and alive and ($3::text is null or status = $3) order by id limit $4`,
    values: [tenant, page.afterId, page.status ?? null, page.limit],
  });
  return rows.map(incarnationFrom);
}
