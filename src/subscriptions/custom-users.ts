// Which Subscriptions use a search parameter of one's own: asked when one is to end, which is rare, so criteria are read one by one.
import { customUses, parseCriteria, type CustomUse, type FhirDefinitions } from '../fhir';
import type { Tx } from '../platform';
import { CUSTOM_USERS_PAGE_ROWS } from './limits';

interface UserRow {
  subscription_key: number;
  id: string;
  criteria: string;
  base_url: string;
}

/** Ids of living Subscriptions whose criteria use one of these, at most `limit`. Those that cannot be read count when they name a code. */
export async function subscriptionsUsing(
  tx: Tx,
  definitions: FhirDefinitions,
  tenant: string,
  uses: readonly CustomUse[],
  limit: number,
): Promise<string[]> {
  const names = new Set(uses.map(({ type, code }) => `${type}.${code}`));
  const found: string[] = [];
  for (let after = 0; found.length < limit;) {
    const { rows } = await tx.query<UserRow>({
      name: 'subscription_custom_users',
      // Counts on the primary key.
      text: `select subscription_key, id, criteria, base_url from subscription_incarnation
        where alive and tenant = $1 and subscription_key > $2 and exists (select 1 from unnest($3::text[]) code where position(code in criteria) > 0)
        order by subscription_key limit $4`,
      values: [tenant, after, uses.map(({ code }) => code), CUSTOM_USERS_PAGE_ROWS],
    });
    found.push(...rows.filter((row) => isUser(definitions, row, names)).map(({ id }) => id));
    if (rows.length < CUSTOM_USERS_PAGE_ROWS) break;
    after = rows.at(-1)!.subscription_key;
  }
  return found.slice(0, limit);
}

function isUser(definitions: FhirDefinitions, row: UserRow, names: ReadonlySet<string>): boolean {
  try {
    const query = parseCriteria(definitions, row.criteria, { baseUrl: row.base_url });
    return customUses(definitions, query).some(({ type, code }) => names.has(`${type}.${code}`));
  } catch {
    // Expected: criteria that cannot be read any more. To be on the safe side they are users.
    return true;
  }
}
