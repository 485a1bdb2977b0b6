// What comes with an operator's command: who asks, why, under which key, and its other parameters; strict, every mistake told with its parameter.
import type { IncomingHttpHeaders } from 'node:http';
import type { Order } from '../deliveries';
import { errorIssue, FhirError } from '../fhir';
import { IDEMPOTENCY_KEY_LENGTH_MAX, REASON_LENGTH_MAX } from './limits';
import { badParameter, oneOf, timeOf } from './query';

/** The little of an HTTP request that a command needs. */
export interface CommandRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  readonly life?: { readonly requestId: string; readonly caller?: string };
}

/** Stands in the log where the server takes requests without a token. */
export const UNKNOWN_CALLER = 'anyone';

const KEY_SYNTAX = new RegExp(`^[\\x21-\\x7e]{1,${IDEMPOTENCY_KEY_LENGTH_MAX}}$`);

export class Command {
  private constructor(
    readonly order: Order,
    private readonly values: Readonly<Record<string, unknown>>,
  ) {}

  /** @param names what may stand in the body beside `reason`. @throws FhirError 400, 415 */
  static of(request: CommandRequest, tenant: string, names: readonly string[] = []): Command {
    const values = bodyOf(request);
    const known = ['reason', ...names];
    for (const name of Object.keys(values)) {
      if (!known.includes(name))
        throw badParameter(name.slice(0, 64), `is not known here; known are ${known.join(', ')}`);
    }
    const order: Order = {
      tenant,
      who: request.life?.caller ?? UNKNOWN_CALLER,
      reason: reasonOf(values['reason']),
      requestId: request.life?.requestId ?? '',
      idempotencyKey: idempotencyKeyOf(request.headers),
    };
    return new Command(order, values);
  }

  raw(name: string): unknown {
    return this.values[name] ?? undefined;
  }

  text(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    throw badParameter(name, 'must be a text that is not empty');
  }

  /** A whole number from `least`. @throws FhirError 400 */
  number(name: string, least: number): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
    throw badParameter(name, `must be a whole number of at least ${least}`);
  }

  flag(name: string): boolean {
    const value = this.raw(name);
    if (value === undefined || typeof value === 'boolean') return value ?? false;
    throw badParameter(name, 'must be true or false');
  }

  /** One of a few words. @throws FhirError 400 naming them */
  oneOf<T extends string>(name: string, words: readonly T[]): T | undefined {
    return oneOf(name, this.raw(name), words);
  }

  /** A point in time with its zone. @throws FhirError 400 */
  time(name: string): Date | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : timeOf(name, text);
  }
}

function bodyOf({ headers, body }: CommandRequest): Readonly<Record<string, unknown>> {
  // Also what keeps a foreign web page from sending commands with a simple form.
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) {
    throw new FhirError(415, errorIssue('not-supported', 'A command is sent as application/json.', 'Content-Type'));
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.isBuffer(body) && body.length > 0 ? body.toString('utf8') : '{}');
  } catch {
    // The client's mistake: no JSON.
    parsed = undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new FhirError(400, errorIssue('structure', 'The body must be one JSON object.', 'body'));
  }
  return parsed as Record<string, unknown>;
}

function reasonOf(value: unknown): string {
  const problem = `is required: a text of at most ${REASON_LENGTH_MAX} characters that says why`;
  if (typeof value !== 'string') throw badParameter('reason', problem);
  const reason = value.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  if (reason === '' || reason.length > REASON_LENGTH_MAX) throw badParameter('reason', problem);
  return reason;
}

function idempotencyKeyOf(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && KEY_SYNTAX.test(key)) return key;
  throw badParameter('Idempotency-Key', `must be 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} visible characters, given once`);
}
