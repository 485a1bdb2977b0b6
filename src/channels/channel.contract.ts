// What a channel must offer: how bytes leave. Registered by one line in channels.ts; its conformance suite is test/conformance/channel.ts.
import type { CanonicalChannel, Issue } from '../fhir';
import type { OutboundNotification } from '../notifications';

/**
 * Whose trouble an attempt met. S: delivered. E: the endpoint. M: this message. G: the endpoint is gone. P: policy, no request was made.
 * O: ours. The table with all cases: classify.ts.
 */
export type OutcomeClass = 'S' | 'E' | 'M' | 'G' | 'P' | 'O';

export interface ResponseNote {
  readonly status: number;
  /** The beginning of a failure's body, made safe to show; absent on success. */
  readonly excerpt?: string;
}

/** How an attempt ended: a value, never an exception. */
export interface AttemptOutcome {
  readonly class: OutcomeClass;
  /** One line for people: `500`, `connection refused`, … Never a secret, never a body. */
  readonly reason: string;
  /** False when no request left this process. */
  readonly isSent: boolean;
  readonly response?: ResponseNote;
  /** The endpoint's wish, already limited. Milliseconds. */
  readonly retryAfterMs?: number;
  readonly remoteAddress?: string;
  /** True when no connection came about: the name, the connect or the TLS handshake failed. */
  readonly isUnreachable?: boolean;
}

export interface SendOptions {
  /** The whole attempt must be over by then. Milliseconds. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

export interface Channel {
  /** FHIR code of `Subscription.channel.type`. */
  readonly type: string;
  /** Called when a Subscription is saved: issues with FHIRPath expressions, none when it can be served. */
  check(channel: CanonicalChannel): Issue[];
  /** Sends one notification. Never throws. */
  send(notification: OutboundNotification, options: SendOptions): Promise<AttemptOutcome>;
}
