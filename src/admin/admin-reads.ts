// The operator's questions, answered from the doors of the rooms. Reading only; every list is bounded and pages by key.
import { attemptsOf, latencyOf, listDeliveries, operatorFigures, subscriptionRuntime } from '../deliveries';
import type { DeliveryFilter, DeliveryPosition, DeliveryVerbs, ListedAttempt, ListedDelivery } from '../deliveries';
import { SUBSCRIPTION_STATUSES } from '../fhir';
import type { Clock, Database, Metrics, Supervisor } from '../platform';
import { listIncarnations } from '../subscriptions';
import type { Incarnation } from '../subscriptions';
import { ATTEMPTS_ON_LIST_MAX, ATTEMPTS_ON_PAGE_MAX, FAILED_RESENDS_MS } from './limits';
import { nextLink, positionOf, Query, resourceOf } from './query';
import type { RawQuery } from './query';
import { checkReadiness } from './readiness';
import type { Readiness, ReadinessDeps } from './readiness';
import { readStatus, statusView, type StatusDeps } from './status';
import { incarnationFor, notFound, TENANT } from './subject';
import { deliveryView, subscriptionView } from './views';

export interface AdminDeps {
  /** The pool of the API role. */
  readonly database: Database;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly supervisor: Supervisor;
  /** Why this process refuses writes, if it does; absent where it takes none. */
  readonly writeGate?: StatusDeps['writeGate'];
  /** How this process reaches the servers that carry hints, where any are configured. */
  readonly hintServers?: ReadinessDeps['hintServers'];
  /** The deliveries room's door for whoever acts on deliveries. */
  readonly verbs: DeliveryVerbs;
}

const STATES = ['pending', 'held', 'behind', 'delivered', 'dead', 'cancelled'] as const;
const CLASSES = ['S', 'E', 'M', 'G', 'P', 'O'] as const;
const DELIVERY_PARAMETERS = [
  'subscription',
  'subscriptionKey',
  'state',
  'resource',
  'event',
  'fromEventNumber',
  'toEventNumber',
  'class',
  'limit',
  'after',
];

export class AdminReads {
  constructor(private readonly deps: AdminDeps) {}

  readiness(): Promise<Readiness> {
    return checkReadiness(this.deps);
  }

  /** How all is, in one sentence, and the figures behind it. */
  async status(raw: RawQuery): Promise<object> {
    Query.of(raw, []);
    return statusView(await readStatus(this.deps));
  }

  metricsText(): Promise<string> {
    return this.deps.metrics.registry.metrics();
  }

  /** Living Subscriptions by id. Parameters: status, limit, after (an id). @throws FhirError 400 naming the parameter */
  async subscriptions(raw: RawQuery): Promise<object> {
    const query = Query.of(raw, ['status', 'limit', 'after']);
    const limit = query.limit();
    const status = query.oneOf('status', SUBSCRIPTION_STATUSES);
    const page = { afterId: query.text('after') ?? '', limit: limit + 1, status };
    const found = await listIncarnations(this.deps.database, TENANT, page);
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    return {
      asOf: this.deps.clock.now(),
      subscriptions: await this.views(shown),
      next: found.length > limit && last ? nextLink('/admin/subscriptions', raw, last.id) : undefined,
    };
  }

  /** The newest incarnation of one Subscription, also a deleted one, with the times of its latest deliveries. @throws FhirError 404 */
  async subscription(id: string): Promise<object> {
    const incarnation = await this.incarnation(id);
    const [view] = await this.views([incarnation]);
    const latency = await latencyOf(this.deps.database, incarnation.subscriptionKey);
    return { asOf: this.deps.clock.now(), ...view, latency };
  }

  /** Deliveries, newest first, each with its latest attempts. @throws FhirError 400 naming the parameter, 404 unknown subscription */
  async deliveries(raw: RawQuery): Promise<object> {
    const query = Query.of(raw, DELIVERY_PARAMETERS);
    const filter = await this.filterOf(query);
    const after = positionOf(query.text('after'));
    const { deliveries, next } = await listDeliveries(this.deps.database, filter, { count: query.limit(), after });
    return {
      asOf: this.deps.clock.now(),
      deliveries: await this.withAttempts(deliveries, ATTEMPTS_ON_LIST_MAX),
      next: next && nextLink('/admin/deliveries', raw, `${next.subscriptionKey}/${next.eventNumber}`),
    };
  }

  /** One delivery with its attempts. @throws FhirError 400, 404 */
  async delivery(subscriptionKey: string, eventNumber: string): Promise<object> {
    const position = positionOf(`${subscriptionKey}/${eventNumber}`, 'subscriptionKey/eventNumber');
    const number = position?.eventNumber;
    const filter = {
      subscriptionKeys: [position?.subscriptionKey ?? 0],
      fromEventNumber: number,
      toEventNumber: number,
    };
    const { deliveries } = await listDeliveries(this.deps.database, filter, { count: 1 });
    const [view] = await this.withAttempts(deliveries, ATTEMPTS_ON_PAGE_MAX);
    if (view === undefined) throw notFound(`There is no delivery ${subscriptionKey}/${eventNumber}.`);
    return { asOf: this.deps.clock.now(), ...view };
  }

  private async filterOf(query: Query): Promise<DeliveryFilter> {
    const subscription = query.text('subscription');
    const key = query.number('subscriptionKey', 1);
    const state = query.oneOf('state', STATES);
    const keys = subscription === undefined ? key : (await this.incarnation(subscription)).subscriptionKey;
    return {
      ...resourceOf(query.text('resource')),
      subscriptionKeys: keys === undefined ? undefined : [keys],
      states: state && [state],
      eventId: query.text('event'),
      fromEventNumber: query.number('fromEventNumber', 1),
      toEventNumber: query.number('toEventNumber', 1),
      attemptClass: query.oneOf('class', CLASSES),
    };
  }

  private incarnation(id: string): Promise<Incarnation> {
    return incarnationFor(this.deps.database, id);
  }

  private async views(incarnations: readonly Incarnation[]): Promise<object[]> {
    const now = this.deps.clock.now();
    const keys = incarnations.map(({ subscriptionKey }) => subscriptionKey);
    const runtimes = await subscriptionRuntime(this.deps.database, keys, now);
    const failedSince = new Date(now.getTime() - FAILED_RESENDS_MS);
    const figures = await operatorFigures(this.deps.database, keys, failedSince);
    return incarnations.map((each) => ({
      ...subscriptionView(each, runtimes.get(each.subscriptionKey), now),
      ...figures.get(each.subscriptionKey),
    }));
  }

  private async withAttempts(deliveries: readonly ListedDelivery[], perDelivery: number): Promise<object[]> {
    const attempts = new Map<string, ListedAttempt[]>();
    for (const attempt of await attemptsOf(this.deps.database, deliveries, perDelivery)) {
      const name = nameOf(attempt);
      attempts.set(name, [...(attempts.get(name) ?? []), attempt]);
    }
    return deliveries.map((delivery) => deliveryView(delivery, attempts.get(nameOf(delivery)) ?? []));
  }
}

function nameOf({ subscriptionKey, eventNumber }: DeliveryPosition): string {
  return `${subscriptionKey}/${eventNumber}`;
}
