// The only place where an error becomes an OperationOutcome (under /fhir), or a problem document (elsewhere: RFC 9457).
import { STATUS_CODES } from 'node:http';
import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { errorIssue, FhirError, operationOutcome } from '../fhir';
import type { Issue, IssueCode } from '../fhir';
import { isTransient } from '../platform';
import type { Log } from '../platform';
import type { FhirAnswer } from './exchange';
import { pathOf } from './http';
import type { HttpReply, HttpRequest } from './http';
import { RETRY_AFTER_SECONDS } from './limits';
import { FHIR_JSON } from './media-types';

// What Postgres says (SQLSTATE) when it stops a statement, or gives way to another transaction more often than was retried.
const STATEMENT_CANCELLED = '57014';
const DEADLOCK = '40P01';
const SERIALIZATION_FAILURE = '40001';

const PROBLEM_JSON = 'application/problem+json; charset=utf-8';

const frameworkCodes: Readonly<Record<number, IssueCode>> = {
  404: 'not-found',
  405: 'not-supported',
  406: 'not-supported',
  408: 'timeout',
  413: 'too-long',
  414: 'too-long',
  415: 'not-supported',
  431: 'too-long',
};

/** The status and issues for any error. What nobody expected is logged under the request's id, and only the id is told. */
export function refusalOf(error: unknown, log: Log, requestId: string): FhirError {
  if (error instanceof FhirError) return error;
  const postponed = databaseRefusal(error);
  if (postponed !== undefined) {
    log.warn({ error, requestId }, 'request.postponed');
    return postponed;
  }
  const status = frameworkStatus(error);
  if (status !== undefined && status >= 400 && status < 500) {
    const text =
      status === 404 ? 'There is nothing at this address. The FHIR base is /fhir.' : (error as Error).message;
    return new FhirError(status, errorIssue(frameworkCodes[status] ?? 'invalid', text));
  }
  log.error({ error, requestId }, 'request.failed');
  const text = `Something went wrong in this server. The operator finds it in the log under the request id ${requestId}.`;
  return new FhirError(500, errorIssue('exception', text));
}

/** What a database that is away, too slow or busy with others means for the client; undefined for any other error. */
function databaseRefusal(error: unknown): FhirError | undefined {
  const retry = { 'Retry-After': String(RETRY_AFTER_SECONDS) };
  if (isTransient(error)) {
    const text =
      'The database cannot be reached at the moment. Try again in a few seconds; after a write, read first whether it was done.';
    return new FhirError(503, errorIssue('transient', text), retry);
  }
  switch ((error as { code?: unknown } | undefined)?.code) {
    case STATEMENT_CANCELLED:
      return new FhirError(
        503,
        errorIssue('too-costly', 'This took the database longer than allowed and was stopped. Ask for less at once.'),
      );
    case DEADLOCK:
    case SERIALIZATION_FAILURE:
      return new FhirError(
        409,
        errorIssue('lock-error', 'Others were changing the same resources at the same time. Try again.'),
        retry,
      );
    default:
      return undefined;
  }
}

/** Fastify's errors carry `statusCode`, Nest's answer `getStatus()`. */
function frameworkStatus(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { statusCode, getStatus } = error as { statusCode?: unknown; getStatus?: unknown };
  if (typeof getStatus === 'function') return Number(getStatus.call(error));
  return typeof statusCode === 'number' && error.name === 'FastifyError' ? statusCode : undefined;
}

/** An error as the answer to one interaction; used for batch entries as well. */
export function errorAnswer(error: unknown, log: Log, requestId: string): FhirAnswer {
  const { status, issues, headers } = refusalOf(error, log, requestId);
  return { status, body: JSON.stringify(operationOutcome(issues)), isOutcome: true, headers };
}

function problemText(status: number, issues: readonly Issue[], requestId: string): string {
  const [first] = issues;
  return JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: issues.map((issue) => issue.text).join(' '),
    parameter: first?.expression,
    requestId,
  });
}

/** Answers a request with what its error comes to. */
export function answerError(error: unknown, request: HttpRequest, reply: HttpReply, log: Log): void {
  const requestId = request.life?.requestId ?? 'unknown';
  const { status, issues, headers } = refusalOf(error, log, requestId);
  reply.code(status);
  for (const name in headers) reply.header(name, headers[name] ?? '');
  if (/^\/(?:admin|health|metrics)(?:\/|$)/.test(pathOf(request.url))) {
    reply.header('Content-Type', PROBLEM_JSON).send(problemText(status, issues, requestId));
    return;
  }
  reply.header('Content-Type', FHIR_JSON).send(JSON.stringify(operationOutcome(issues)));
}

@Catch()
export class OutcomeFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<HttpReply>();
    if (!reply.sent) answerError(error, http.getRequest<HttpRequest>(), reply, this.log);
  }
}
