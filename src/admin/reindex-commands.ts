// $reindex for the operator: ask for the search index to be rebuilt, see how far it has come. The work is a duty of one process at a time.
import type { DeliveryVerbs } from '../deliveries';
import type { FhirDefinitions } from '../fhir';
import type { Clock, Database } from '../platform';
import { reindexJobs, requestReindex, type ReindexJob } from '../store';
import { Command, type CommandRequest } from './command';
import { badParameter, Query, type RawQuery } from './query';
import { TENANT } from './subject';

export interface ReindexCommandDeps {
  /** The pool of the API role. */
  readonly database: Database;
  readonly clock: Clock;
  readonly definitions: FhirDefinitions;
  readonly verbs: Pick<DeliveryVerbs, 'logged'>;
  /** Under which absolute references count as our own, for the Host header of a request. */
  readonly baseUrlOf: (host: string | undefined) => string;
}

export class ReindexCommands {
  constructor(private readonly deps: ReindexCommandDeps) {}

  /** Body: reason, and `type` (all types without it). Types under way begin again. @throws FhirError 400 */
  request(request: CommandRequest): Promise<object> {
    const { order, ...command } = this.commandOf(request);
    const { type } = command;
    const types = type === undefined ? this.deps.definitions.resourceTypes : [type];
    const baseUrl = this.deps.baseUrlOf(request.headers.host);
    return this.deps.verbs.logged(order, 'reindex', { type: type ?? 'all' }, async (tx, now) => {
      await requestReindex(tx, now, { tenant: order.tenant, types, baseUrl });
      return { affected: types.length, result: { types: types.length, askedAt: now.toISOString() } };
    });
  }

  /** How far each type has come that was ever asked for. @throws FhirError 400 */
  async progress(raw: RawQuery): Promise<object> {
    Query.of(raw, []);
    const jobs = await reindexJobs(this.deps.database, TENANT);
    const waiting = jobs.filter(({ finishedAt }) => finishedAt === undefined);
    return {
      asOf: this.deps.clock.now(),
      done: waiting.length === 0,
      waiting: waiting.length,
      types: jobs.map(jobView),
    };
  }

  private commandOf(request: CommandRequest): { order: Command['order']; type?: string } {
    const command = Command.of(request, TENANT, ['type']);
    const type = command.text('type');
    if (type !== undefined && !this.deps.definitions.isResourceType(type))
      throw badParameter('type', 'must be a resource type; leave it out for all');
    return { order: command.order, type };
  }
}

function jobView({ type, examined, rebuilt, unreadable, lastUnreadable, ...job }: ReindexJob): object {
  const underWay = job.workedAt === undefined ? 'waiting' : 'running';
  return {
    type,
    state: job.finishedAt === undefined ? underWay : 'done',
    examined,
    rebuilt,
    unreadable,
    lastUnreadable: lastUnreadable && `${type}/${lastUnreadable}`,
    afterId: job.afterId,
    askedAt: job.askedAt,
    workedAt: job.workedAt,
    finishedAt: job.finishedAt,
  };
}
