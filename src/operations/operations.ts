// The lists of operations and of notes on writes: a new one is one line here.
import type { DeliveryVerbs } from '../deliveries';
import type { Database } from '../platform';
import type { FhirOperation, WriteNote } from '../rest';
import type { ResourceStore } from '../store';
import { SearchParameterState } from './search-parameter-state';
import { SubscriptionExplain, type SubscriptionExplainDeps } from './subscription-explain';
import { SubscriptionOutlook } from './subscription-outlook';
import { SubscriptionResend } from './subscription-resend';

export interface OperationDeps extends SubscriptionExplainDeps {
  /** The pool of the API role. */
  readonly database: Database;
  readonly verbs: DeliveryVerbs;
  readonly store: SubscriptionExplainDeps['store'] & Pick<ResourceStore, 'learn'>;
}

/** Every operation this build offers. */
export function operationList(deps: OperationDeps): readonly FhirOperation[] {
  return [
    new SubscriptionResend(deps),
    new SubscriptionExplain(deps, 'type'),
    new SubscriptionExplain(deps, 'instance'),
  ];
}

/** Every note on writes this build has. */
export function writeNoteList(deps: OperationDeps): readonly WriteNote[] {
  return [new SubscriptionOutlook(deps), new SearchParameterState(deps)];
}
