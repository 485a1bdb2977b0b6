// What $explain is asked: criteria (as text, or a Subscription's), and a resource (itself, or by reference). Everything is checked here.
import { errorIssue, FhirError, parseCriteria, subscriptionCodecFor, withTerms } from '../fhir';
import type { FhirDefinitions, FhirResource, SearchQuery } from '../fhir';
import type { Database } from '../platform';
import type { OperationCall } from '../rest';
import type { ResourceStore } from '../store';
import { incarnationOf, type Incarnation } from '../subscriptions';
import type { InputParameters } from './input-parameters';

export interface QuestionDeps {
  /** The pool of the API role. */
  readonly database: Database;
  /** Those that stored criteria are read with. */
  readonly definitions: FhirDefinitions;
  /** Those that clients may ask by. */
  readonly asked: FhirDefinitions;
  readonly store: Pick<
    ResourceStore,
    'understood' | 'read' | 'readVersion' | 'readVersions' | 'versionsAsOf' | 'terms'
  >;
}

/** The criteria, understood. */
export interface AskedQuery {
  readonly query: SearchQuery;
  /** The stored Subscription that they are of. */
  readonly stored?: Incarnation;
}

/** The resource, and the reference to its version when it is a stored one. */
export interface AskedResource {
  readonly resource: FhirResource;
  /** When the version was written; absent: it was sent, and is judged by what is there now. */
  readonly at?: Date;
  readonly reference?: string;
}

const literal = /^([A-Z][A-Za-z]*)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/([1-9]\d{0,8}))?$/;

/** @throws FhirError 400 nothing or too much is asked, 404, 410, 422 criteria that this server does not take */
export async function askedQuery(deps: QuestionDeps, call: OperationCall, input: InputParameters): Promise<AskedQuery> {
  const criteria = input.text('criteria');
  const sent = input.resource('subscription');
  const reference = sent === undefined ? input.reference('subscription') : undefined;
  const given = [criteria, sent, reference, call.id === '' ? undefined : call.id].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw input.refuse('criteria', 'criteria or subscription (one of the two) says what is to be explained');
  const text = sent === undefined ? criteria : criteriaOf(deps, input, sent);
  if (text !== undefined) return { query: await understood(deps, call, text) };
  const id = reference === undefined ? call.id : subscriptionId(input, reference);
  const stored = await incarnationOf(deps.database, call.context.tenant, id);
  if (stored === undefined) throw missing(404, 'not-found', `There is no Subscription/${id}.`);
  if (!stored.alive) throw missing(410, 'deleted', `Subscription/${id} was deleted.`);
  return { query: parseCriteria(deps.definitions, stored.criteria, stored), stored };
}

/** As a Subscription with these criteria would understand them if it were written now. */
function understood(deps: QuestionDeps, { context }: OperationCall, criteria: string): Promise<SearchQuery> {
  return deps.store.understood(() =>
    withTerms(
      (termsOf) => parseCriteria(deps.asked, criteria, { baseUrl: context.baseUrl, termsOf }),
      (questions) => deps.store.terms(context, questions),
    ),
  );
}

/** Undefined when no resource is asked about. @throws FhirError 400, 404, 410 */
export async function askedResource(
  deps: QuestionDeps,
  call: OperationCall,
  input: InputParameters,
): Promise<AskedResource | undefined> {
  const resource = input.resource('resource');
  const reference = resource === undefined ? input.reference('resource') : undefined;
  if (resource !== undefined && !deps.definitions.isResourceType(resource.resourceType))
    throw input.refuse('resource', `'resource' is a ${resource.resourceType.slice(0, 64)}, which is no resource type`);
  if (resource !== undefined) return { resource };
  if (reference === undefined) return undefined;
  const [, type, id, version] = literal.exec(reference.replace(`${call.context.baseUrl}/`, '')) ?? [];
  if (type === undefined || id === undefined || !deps.definitions.isResourceType(type))
    throw input.refuse(
      'resource',
      "'resource' must be a resource, or refer to one here: Type/id or Type/id/_history/n",
    );
  const { tenant } = call.context;
  const stored = await (version === undefined
    ? deps.store.read(tenant, type, id)
    : deps.store.readVersion(tenant, type, id, Number(version)));
  if (stored === undefined) throw missing(404, 'not-found', `There is no ${reference.slice(0, 200)}.`);
  const place = `${type}/${id}/_history/${stored.version}`;
  if (stored.body === null)
    throw missing(
      410,
      'deleted',
      `${type}/${id} was deleted with version ${stored.version}; ask about an earlier one.`,
    );
  return { resource: JSON.parse(stored.body) as FhirResource, at: stored.lastUpdated, reference: place };
}

function criteriaOf({ definitions }: QuestionDeps, input: InputParameters, sent: FhirResource): string {
  if (sent.resourceType !== 'Subscription') throw input.refuse('subscription', "'subscription' must be a Subscription");
  const { subscription, issues } = subscriptionCodecFor(definitions.fhirVersion).decode(sent);
  if (subscription === undefined) throw new FhirError(422, issues);
  if (subscription.family === 'criteria') return subscription.criteria;
  throw input.refuse(
    'subscription',
    "'subscription' is a topic subscription, which this server does not serve yet",
    422,
  );
}

function subscriptionId(input: InputParameters, reference: string): string {
  const id = /^(?:Subscription\/)?([A-Za-z0-9\-.]{1,64})$/.exec(reference)?.[1];
  if (id !== undefined) return id;
  throw input.refuse('subscription', "'subscription' must be a Subscription, or refer to one here: Subscription/id");
}

function missing(status: number, code: 'not-found' | 'deleted', text: string): FhirError {
  return new FhirError(status, errorIssue(code, text));
}
