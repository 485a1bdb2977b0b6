// Whom a question or a command is about.
import { errorIssue, FhirError } from '../fhir';
import type { Database } from '../platform';
import { incarnationOf, type Incarnation } from '../subscriptions';

export const TENANT = 'default';

/** The newest incarnation of a Subscription, also of a deleted one. @throws FhirError 404 */
export async function incarnationFor(database: Database, id: string): Promise<Incarnation> {
  const incarnation = await incarnationOf(database, TENANT, id);
  if (incarnation === undefined) throw notFound(`There is no Subscription '${id.slice(0, 64)}' and never was.`);
  return incarnation;
}

export function notFound(text: string): FhirError {
  return new FhirError(404, errorIssue('not-found', text));
}
