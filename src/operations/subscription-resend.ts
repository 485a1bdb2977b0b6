// POST Subscription/[id]/$resend: sends ended deliveries once more. In: eventId, or since and until (times of the write), or failedOnly; policy; reason.
// Out: 202 and Parameters with the count. Delivered ones are sent again with the same number and bytes; dead letters are redriven, in order.
import type { DeliveryVerbs, ResendFilter } from '../deliveries';
import { errorIssue, FhirError } from '../fhir';
import type { Database } from '../platform';
import type { FhirOperation, OperationAnswer, OperationCall } from '../rest';
import { incarnationOf } from '../subscriptions';
import { InputParameters } from './input-parameters';
import { IDEMPOTENCY_KEY_LENGTH_MAX, REASON_LENGTH_MAX } from './limits';

export interface SubscriptionResendDeps {
  /** The pool of the API role. */
  readonly database: Database;
  readonly verbs: Pick<DeliveryVerbs, 'resendMatching'>;
}

/** Out-parameters, in this order. */
const OUT = ['count', 'redriven', 'waiting'];
const NAMES = ['eventId', 'since', 'until', 'failedOnly', 'policy', 'reason'];

export class SubscriptionResend implements FhirOperation {
  readonly code = 'resend';
  readonly type = 'Subscription';
  readonly level = 'instance';
  readonly definition = 'urn:herald:operation:subscription-resend';

  constructor(private readonly deps: SubscriptionResendDeps) {}

  /** @throws FhirError 400 naming the parameter, 404, 410 deleted, 422 policy not offered or too many deliveries */
  async perform({ id, parameters, context, idempotencyKey }: OperationCall): Promise<OperationAnswer> {
    const input = InputParameters.of(parameters, NAMES);
    checkPolicy(input);
    const filter = filterOf(input);
    const incarnation = await incarnationOf(this.deps.database, context.tenant, id);
    if (incarnation === undefined) throw missing(404, 'not-found', `There is no Subscription/${id}.`);
    if (!incarnation.alive) throw missing(410, 'deleted', `Subscription/${id} was deleted.`);
    const order = {
      tenant: context.tenant,
      who: context.caller ?? 'anyone',
      reason: reasonOf(input),
      requestId: context.requestId,
      idempotencyKey: checkedKey(idempotencyKey),
    };
    const result = await this.deps.verbs.resendMatching(order, incarnation.subscriptionKey, filter);
    return { status: 202, body: JSON.stringify(outParameters(result)) };
  }
}

function filterOf(input: InputParameters): ResendFilter {
  const filter = {
    eventId: input.text('eventId'),
    since: input.time('since'),
    until: input.time('until'),
    failedOnly: input.flag('failedOnly'),
  };
  const { eventId, since, until, failedOnly } = filter;
  if (eventId === undefined && since === undefined && until === undefined && !failedOnly)
    throw input.refuse('', 'eventId, since, until or failedOnly is required: say what to send again');
  if (since !== undefined && until !== undefined && since >= until)
    throw input.refuse('until', "'until' must be later than since");
  return filter;
}

/** What was recorded is what is sent; replacing it by the newest version would change what an event says. */
function checkPolicy(input: InputParameters): void {
  const policy = input.text('policy') ?? 'as-recorded';
  if (policy === 'as-recorded') return;
  if (policy === 'latest')
    throw input.refuse(
      'policy',
      "'policy' may only be as-recorded: this server sends every event as it was recorded, never the latest version in its place",
      422,
    );
  throw input.refuse('policy', "'policy' must be as-recorded or latest");
}

function reasonOf(input: InputParameters): string {
  const reason = input.text('reason') ?? 'asked for by $resend';
  if (reason.length > REASON_LENGTH_MAX)
    throw input.refuse('reason', `'reason' is longer than ${REASON_LENGTH_MAX} characters`);
  return reason.replace(/[\u0000-\u001f\u007f]+/g, ' ');
}

function checkedKey(key: string | undefined): string | undefined {
  if (key === undefined || (key.length <= IDEMPOTENCY_KEY_LENGTH_MAX && /^[\x21-\x7e]+$/.test(key))) return key;
  const text = `The Idempotency-Key must be 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} visible characters, given once.`;
  throw new FhirError(400, errorIssue('value', text, 'Idempotency-Key'));
}

function outParameters(result: object): object {
  const counts = result as Readonly<Record<string, number>>;
  const parameter = OUT.map((name) => ({ name, valueInteger: counts[name] ?? 0 }));
  return { resourceType: 'Parameters', parameter };
}

function missing(status: number, code: 'not-found' | 'deleted', text: string): FhirError {
  return new FhirError(status, errorIssue(code, text));
}
