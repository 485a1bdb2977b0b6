// One change, and for each Subscription of its type: did it match, why or why not, and what became of its delivery.
import { listDeliveries, type ListedDelivery } from '../deliveries';
import {
  explainQuery,
  FhirError,
  parseCriteria,
  type Explanation,
  type FhirDefinitions,
  type FhirResource,
  type ReferencedSubjects,
  type SearchQuery,
} from '../fhir';
import { referencedBy } from '../matching';
import { findEvent, type FoundEvent } from '../outbox';
import type { Clock, Database } from '../platform';
import type { ResourceStore, StoredVersion } from '../store';
import { subscriptionsAsking, type Asking } from '../subscriptions';
import { badParameter, nextLink, Query, type RawQuery } from './query';
import { notFound, TENANT } from './subject';
import { deliveryView } from './views';

export interface TraceDeps {
  /** The pool of the API role. */
  readonly database: Database;
  readonly clock: Clock;
  readonly definitions: FhirDefinitions;
  readonly store: Pick<ResourceStore, 'read' | 'readVersion' | 'readVersions' | 'versionsAsOf'>;
}

/** What is traced: the version, its event if that is still kept, and the body that criteria are held against. */
interface Traced {
  readonly version: StoredVersion;
  readonly found?: FoundEvent;
  readonly eventId?: string;
  readonly judged?: FhirResource;
  /** What the body refers to, as of its event. */
  readonly referenced?: ReferencedSubjects;
}

/** A Subscription, and what it asks for; text when its criteria cannot be evaluated. */
type Judging = Asking & { readonly query: SearchQuery | string };

const EVENT_ID = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const CHANGE = /^([A-Z][A-Za-z]*)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/([1-9]\d{0,8}))?$/;

export class TraceReads {
  constructor(private readonly deps: TraceDeps) {}

  /** Parameters: `event` (its id) or `resource` (`Type/id`, the newest version, or `Type/id/_history/n`); limit, after. @throws FhirError 400, 404 */
  async trace(raw: RawQuery): Promise<object> {
    const query = Query.of(raw, ['event', 'resource', 'limit', 'after']);
    const traced = await this.tracedOf(query.text('event'), query.text('resource'));
    const { type } = traced.version;
    const page = { afterKey: query.number('after', 0) ?? 0, limit: query.limit() };
    const { asking, next } = await subscriptionsAsking(this.deps.database, { tenant: TENANT, type }, page);
    const deliveries = await this.deliveriesOf(traced, asking);
    const judging = asking.map((one) => ({ ...one, query: this.queryOf(one) }));
    const referenced = await this.referencedOf(traced, judging);
    const asked = { ...traced, ...(referenced && { referenced }) };
    return {
      asOf: this.deps.clock.now(),
      change: changeView(traced),
      subscriptions: judging.map((one) =>
        this.decisionView(asked, one, deliveries.get(one.incarnation.subscriptionKey)),
      ),
      next: next === undefined ? undefined : nextLink('/admin/trace', raw, String(next)),
    };
  }

  private async tracedOf(eventId: string | undefined, resource: string | undefined): Promise<Traced> {
    if ((eventId === undefined) === (resource === undefined))
      throw badParameter('event', 'or resource (one of the two) is required: say which change is to be traced');
    return eventId === undefined ? this.tracedByResource(resource!) : this.tracedByEvent(eventId);
  }

  private async tracedByEvent(eventId: string): Promise<Traced> {
    const [, high, low] = EVENT_ID.exec(eventId) ?? [];
    if (high === undefined || low === undefined) throw badParameter('event', 'must be the id of an event (a UUID)');
    const { database } = this.deps;
    const around = new Date(Number.parseInt(high + low, 16));
    const found = await findEvent(database, { tenant: TENANT, eventId, around });
    // Its day may be gone; the ledger knows those that somebody heard of for longer.
    const change = found?.event ?? (await listDeliveries(database, { eventId }, { count: 1 })).deliveries[0];
    if (change === undefined)
      throw notFound(`There is no event ${eventId}, or it was removed by the retention and nobody was told of it.`);
    const version = await this.deps.store.readVersion(TENANT, change.type, change.id, change.version);
    if (version === undefined) throw notFound(`${change.type}/${change.id} has no version ${change.version} any more.`);
    return { version, ...(found && { found }), eventId, judged: await this.judged(version) };
  }

  private async tracedByResource(resource: string): Promise<Traced> {
    const [, type, id, number] = CHANGE.exec(resource) ?? [];
    if (type === undefined || id === undefined || !this.deps.definitions.isResourceType(type))
      throw badParameter('resource', 'must be Type/id or Type/id/_history/n');
    const { store, database } = this.deps;
    const version = await (number === undefined
      ? store.read(TENANT, type, id)
      : store.readVersion(TENANT, type, id, Number(number)));
    if (version === undefined) throw notFound(`There is no ${resource}.`);
    const change = { type, id, version: version.version };
    const found = await findEvent(database, { tenant: TENANT, around: version.lastUpdated, change });
    return { version, ...(found && { found, eventId: found.event.eventId }), judged: await this.judged(version) };
  }

  /** The body a matcher would judge: of a delete that of the version before. */
  private async judged(version: StoredVersion): Promise<FhirResource | undefined> {
    const { type, id } = version;
    const isDelete = version.body === null;
    const judged = isDelete ? await this.deps.store.readVersion(TENANT, type, id, version.version - 1) : version;
    return judged?.body == null ? undefined : (JSON.parse(judged.body) as FhirResource);
  }

  private async referencedOf(
    { version, judged }: Traced,
    judging: readonly Judging[],
  ): Promise<ReferencedSubjects | undefined> {
    if (judged === undefined) return undefined;
    const queries = judging.flatMap(({ query }) => (typeof query === 'string' ? [] : query));
    return referencedBy(this.deps, { tenant: TENANT, resource: judged, at: version.lastUpdated }, queries);
  }

  /** Text: why the criteria cannot be evaluated. */
  private queryOf({ incarnation }: Asking): SearchQuery | string {
    try {
      return parseCriteria(this.deps.definitions, incarnation.criteria, incarnation);
    } catch (error) {
      // Expected: criteria accepted by another version of Herald that this one cannot evaluate.
      if (error instanceof FhirError) return `The criteria cannot be evaluated: ${error.message}`;
      throw error;
    }
  }

  private async deliveriesOf({ eventId }: Traced, asking: readonly Asking[]): Promise<Map<number, ListedDelivery>> {
    if (eventId === undefined || asking.length === 0) return new Map();
    const subscriptionKeys = asking.map(({ incarnation }) => incarnation.subscriptionKey);
    const filter = { subscriptionKeys, eventId };
    const { deliveries } = await listDeliveries(this.deps.database, filter, { count: subscriptionKeys.length });
    return new Map(deliveries.map((delivery) => [delivery.subscriptionKey, delivery]));
  }

  private decisionView(
    traced: Traced,
    { incarnation, since, query }: Judging,
    delivery: ListedDelivery | undefined,
  ): object {
    const explanation = this.explained(traced, query);
    return {
      subscription: incarnation.id,
      subscriptionKey: incarnation.subscriptionKey,
      status: incarnation.status,
      criteria: incarnation.criteria,
      matched: delivery !== undefined,
      why: delivery === undefined ? whyNot(traced, { incarnation, since }, explanation) : 'A delivery was made.',
      clauses: typeof explanation === 'object' ? explanation.clauses : undefined,
      delivery: delivery && deliveryView(delivery, []),
    };
  }

  /** Text: why there is none. */
  private explained({ judged, referenced }: Traced, query: SearchQuery | string): Explanation | string {
    if (judged === undefined) return 'There is no body that the criteria could be held against.';
    return typeof query === 'string' ? query : explainQuery(this.deps.definitions, query, judged, referenced);
  }
}

/** The first thing that kept the change from this Subscription, as far as it can still be told. Pure. */
export function whyNot(
  { version, found }: Pick<Traced, 'version' | 'found'>,
  { incarnation, since }: Asking,
  explanation: Explanation | string,
): string {
  if (typeof explanation === 'string') return explanation;
  if (found !== undefined && found.matchedAt === undefined) return 'The event waits to be matched.';
  if (!explanation.isMatch) return 'The criteria do not match: see the clauses that are not satisfied.';
  if (version.body === null && !incarnation.config.sendDeletes)
    return 'It is a delete, and the Subscription does not ask for deletes.';
  if (version.type === 'Subscription' && version.id === incarnation.id) return 'No Subscription hears of itself.';
  if (since === undefined) return 'The Subscription was never active.';
  if (version.lastUpdated < since)
    return `The criteria count since ${since.toISOString()}, which is after the change was written.`;
  if (incarnation.config.startsAt !== undefined && version.lastUpdated < new Date(incarnation.config.startsAt))
    return `The Subscription starts at ${incarnation.config.startsAt}, which is after the change was written.`;
  if (incarnation.endsAt !== undefined && version.lastUpdated > incarnation.endsAt)
    return 'The Subscription had ended.';
  if (!incarnation.isMatching) return `The Subscription is ${incarnation.status}: it may not have been matching then.`;
  if (found === undefined)
    return 'The criteria match; whether a delivery was made is not kept any more for this change.';
  return 'The criteria match now, but no delivery was made: they were not in force then, or its row was removed by the retention.';
}

function changeView({ version, found, eventId }: Traced): object {
  const { type, id, interaction, lastUpdated } = version;
  return {
    resource: `${type}/${id}`,
    version: version.version,
    interaction,
    writtenAt: lastUpdated,
    eventId,
    label: found?.event.label,
    requestId: found?.event.requestId,
    root: found?.event.root,
    matchedAt: found?.matchedAt,
    state: eventState(found),
  };
}

function eventState(found: FoundEvent | undefined): string {
  if (found === undefined) return 'not kept any more';
  return found.matchedAt === undefined ? 'waits to be matched' : 'matched';
}
