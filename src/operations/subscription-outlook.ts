// What a Subscription that was just written will be like: how many of the last changes it would have heard of, for clients that ask for an
// OperationOutcome. After the commit, so no lock waits for it.
import { parseCriteria } from '../fhir';
import type { Database } from '../platform';
import type { WriteNote } from '../rest';
import type { StoredVersion, WriteContext } from '../store';
import { incarnationOf } from '../subscriptions';
import { OUTLOOK_CHANGES_MAX } from './limits';
import { lookBack, type LookBackDeps } from './look-back';

export class SubscriptionOutlook implements WriteNote {
  readonly type = 'Subscription';

  constructor(private readonly deps: LookBackDeps & { readonly database: Database }) {}

  /** @throws FhirError criteria that this process cannot evaluate */
  async about({ id }: StoredVersion, { tenant }: WriteContext): Promise<readonly string[]> {
    const stored = await incarnationOf(this.deps.database, tenant, id);
    if (stored === undefined || !stored.alive) return [];
    const query = parseCriteria(this.deps.definitions, stored.criteria, stored);
    const { examined, matched, examples } = await lookBack(this.deps, tenant, query, OUTLOOK_CHANGES_MAX);
    if (examined === 0) return [`There is no ${query.type} here yet that the criteria could be held against.`];
    const [example] = examples;
    const shown = example === undefined ? '' : `, for example of ${example}`;
    return [`It would have heard of ${matched} of the last ${examined} changes of ${query.type}${shown}.`];
  }
}
