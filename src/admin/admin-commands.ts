// The operator's commands: parameters in, one verb of the deliveries room, its answer out. Every one is logged there with who and why.
import type { DeliveryVerbs, ResumeFrom } from '../deliveries';
import type { Database } from '../platform';
import { Command, type CommandRequest } from './command';
import { DEAD_LETTER_PARAMETERS, deadLetterFilter } from './dead-letter-filter';
import { badParameter, positionOf } from './query';
import { incarnationFor, TENANT } from './subject';

export interface AdminCommandDeps {
  /** The pool of the API role. */
  readonly database: Database;
  readonly verbs: DeliveryVerbs;
}

export class AdminCommands {
  constructor(private readonly deps: AdminCommandDeps) {}

  /** @throws FhirError 400, 404, 409 when the delivery has not ended or is a dead letter */
  resend(request: CommandRequest, subscriptionKey: string, eventNumber: string): Promise<object> {
    const { order } = Command.of(request, TENANT);
    const at = positionOf(`${subscriptionKey}/${eventNumber}`, 'subscriptionKey/eventNumber')!;
    return this.deps.verbs.resendOne(order, at.subscriptionKey, at.eventNumber);
  }

  /** @throws FhirError 400, 404, 409 when `count` is not what the filter finds now */
  async deadLetters(request: CommandRequest, verb: 'redrive' | 'discard'): Promise<object> {
    const command = Command.of(request, TENANT, [...DEAD_LETTER_PARAMETERS, 'count', 'dryRun']);
    const { database, verbs } = this.deps;
    const filter = await deadLetterFilter(command, database);
    if (command.flag('dryRun')) {
      const living = verb === 'redrive' ? { ...filter, isAlive: true } : filter;
      return { dryRun: true, ...(await verbs.previewDeadLetters(living)) };
    }
    const count = command.number('count', 0);
    if (count === undefined)
      throw badParameter('count', 'is required: the number that the same request with "dryRun": true has told');
    return verb === 'redrive'
      ? verbs.redriveDeadLetters(command.order, filter, count)
      : verbs.discardDeadLetters(command.order, filter, count);
  }

  async pause(request: CommandRequest, id: string): Promise<object> {
    const { order } = Command.of(request, TENANT);
    return this.deps.verbs.pause(order, await this.keyOf(id));
  }

  async resume(request: CommandRequest, id: string): Promise<object> {
    const command = Command.of(request, TENANT, ['from']);
    return this.deps.verbs.resume(command.order, await this.keyOf(id), fromOf(command));
  }

  async probe(request: CommandRequest, id: string): Promise<object> {
    const { order } = Command.of(request, TENANT);
    return this.deps.verbs.probe(order, await this.keyOf(id));
  }

  async test(request: CommandRequest, id: string): Promise<object> {
    const { order } = Command.of(request, TENANT);
    return this.deps.verbs.test(order, await this.keyOf(id));
  }

  async unblock(request: CommandRequest, id: string): Promise<object> {
    const command = Command.of(request, TENANT, ['action', 'eventNumber']);
    const action = command.oneOf('action', ['retry', 'skip']);
    if (action === undefined) throw badParameter('action', 'is required: retry or skip');
    const wish = { action, eventNumber: command.number('eventNumber', 1) };
    return this.deps.verbs.unblock(command.order, await this.keyOf(id), wish);
  }

  private async keyOf(id: string): Promise<number> {
    return (await incarnationFor(this.deps.database, id)).subscriptionKey;
  }
}

function fromOf(command: Command): ResumeFrom {
  const from = command.raw('from');
  if (from === undefined || from === 'first-undelivered') return 'first-undelivered';
  if (from === 'now') return 'now';
  if (Number.isSafeInteger(from) && (from as number) >= 1) return from as number;
  throw badParameter('from', 'must be "first-undelivered", "now" or an event number');
}
