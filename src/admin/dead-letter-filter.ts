// Which dead letters are meant, as the list and the commands both take it.
import type { DeadLetterFilter, DeadLetterReason } from '../deliveries';
import type { Database } from '../platform';
import type { Command } from './command';
import { resourceOf, type Query } from './query';
import { incarnationFor, TENANT } from './subject';

export const DEAD_LETTER_PARAMETERS = [
  'subscription',
  'subscriptionKey',
  'cause',
  'resource',
  'fromEventNumber',
  'toEventNumber',
  'since',
  'until',
];

const CAUSES = ['poison', 'skipped', 'expired', 'refused', 'too-large'] as const satisfies DeadLetterReason[];

/** `subscription` (a FHIR id) goes before `subscriptionKey`. @throws FhirError 400 naming the parameter, 404 for an unknown Subscription */
export async function deadLetterFilter(
  parameters: Pick<Command | Query, 'text' | 'number' | 'oneOf' | 'time'>,
  database: Database,
): Promise<DeadLetterFilter> {
  const id = parameters.text('subscription');
  const key = parameters.number('subscriptionKey', 1);
  return {
    tenant: TENANT,
    subscriptionKey: id === undefined ? key : (await incarnationFor(database, id)).subscriptionKey,
    reason: parameters.oneOf('cause', CAUSES),
    ...resourceOf(parameters.text('resource')),
    fromEventNumber: parameters.number('fromEventNumber', 1),
    toEventNumber: parameters.number('toEventNumber', 1),
    since: parameters.time('since'),
    until: parameters.time('until'),
  };
}
