// The error classes: what an answer, or the lack of one, says about whose trouble it is. Pure.
import type { EgressResult } from '../platform';
import type { AttemptOutcome, OutcomeClass } from './channel.contract';
import { REASON_LENGTH_MAX, RETRY_AFTER_MS_MAX } from './limits';

/** Answers that speak of the endpoint or its gateway, not of the message; 404 is one, since a missing base answers it to everything. */
const ENDPOINT_STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 407, 408, 425, 429]);

/** The class of a status line. `isDoneWhenAbsent`: a delete, for which 404 and 410 mean there is nothing left to do. */
export function classOfStatus(status: number, isDoneWhenAbsent = false): OutcomeClass {
  if (status >= 200 && status < 300) return 'S';
  if (isDoneWhenAbsent && (status === 404 || status === 410)) return 'S';
  if (status === 410) return 'G';
  if (status >= 400 && status < 500 && !ENDPOINT_STATUSES.has(status)) return 'M';
  return 'E';
}

/** True for the answers that later evidence may blame on the message after all: 404 and 5xx. */
export function isDoubtful(status: number | undefined): boolean {
  return status === 404 || (status !== undefined && status >= 500 && status < 600);
}

type FailedPhase = Extract<EgressResult, { kind: 'failed' }>['phase'];

const CLASS_OF_PHASE: Readonly<Record<FailedPhase, OutcomeClass>> = {
  policy: 'P',
  url: 'P',
  resolve: 'E',
  connect: 'E',
  tls: 'E',
  reset: 'E',
  protocol: 'E',
  timeout: 'E',
  aborted: 'O',
  ours: 'O',
};

/** No connection came about: three of these in a row are enough to stop asking for a while. */
const UNREACHABLE: ReadonlySet<FailedPhase> = new Set(['resolve', 'connect', 'tls']);

export interface ClassifyContext {
  readonly isDoneWhenAbsent?: boolean;
  /** Wall time, for a Retry-After that is a date. */
  readonly now: Date;
  /** Bytes of the body that was sent, for the answer that it was too large. */
  readonly bodyBytes?: number;
  /** Makes an excerpt of a failure's body fit to keep and show. */
  readonly excerptOf?: (body: Buffer, isCut: boolean) => string | undefined;
}

/** In: what the egress client answered. Out: the outcome of the attempt. */
export function classify(result: EgressResult, context: ClassifyContext): AttemptOutcome {
  if (result.kind === 'failed') {
    return {
      class: CLASS_OF_PHASE[result.phase],
      reason: clip(
        result.phase === 'policy' || result.phase === 'url' ? result.reason : `${result.phase}: ${result.reason}`,
      ),
      isSent: result.phase !== 'policy' && result.phase !== 'url' && result.phase !== 'ours',
      remoteAddress: result.remoteAddress,
      ...(UNREACHABLE.has(result.phase) && { isUnreachable: true }),
    };
  }
  const outcome = classOfStatus(result.status, context.isDoneWhenAbsent);
  const excerpt = outcome === 'S' ? undefined : context.excerptOf?.(result.body, result.bodyCut);
  return {
    class: outcome,
    reason: reasonOf(result.status, context.bodyBytes),
    isSent: true,
    response: { status: result.status, excerpt },
    retryAfterMs: outcome === 'S' ? undefined : retryAfterMs(result.headers['retry-after'], context.now),
    remoteAddress: result.remoteAddress,
  };
}

/** The status; with 413 also what was too large, since that is what whoever reads it asks next. */
function reasonOf(status: number, bodyBytes: number | undefined): string {
  return status === 413 && bodyBytes !== undefined ? `413 to a body of ${bodyBytes} bytes` : String(status);
}

/** Retry-After as seconds or HTTP date; nonsense and the past are no wish at all, and no wish is longer than an hour. */
export function retryAfterMs(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d{1,12}$/.test(text)) return Math.min(Number(text) * 1_000, RETRY_AFTER_MS_MAX) || undefined;
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const delay = Date.parse(text) - now.getTime();
  return Number.isFinite(delay) && delay > 0 ? Math.min(delay, RETRY_AFTER_MS_MAX) : undefined;
}

/** One short line, fit for logs and for Postgres, which takes no NUL. */
function clip(reason: string): string {
  const text = reason.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return text.length > REASON_LENGTH_MAX ? `${text.slice(0, REASON_LENGTH_MAX - 1)}…` : text;
}
