// The rest-hook channel: http://hl7.org/fhir/R4/subscription.html, channel type rest-hook. Requests leave through the egress client only.
import { errorIssue, type CanonicalChannel, type Issue } from '../../fhir';
import type { OutboundNotification } from '../../notifications';
import type { Clock, EgressClient } from '../../platform';
import type { AttemptOutcome, Channel, SendOptions } from '../channel.contract';
import { classify } from '../classify';
import { excerptOf } from '../excerpt';
import { headerIssues, headerProblem } from './header-rules';

/** What can be sent: JSON. Absent means a notification without content. */
const PAYLOADS: ReadonlySet<string> = new Set(['application/fhir+json']);

export interface RestHookDeps {
  readonly egress: Pick<EgressClient, 'request' | 'refuses'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly excerptBytesMax: number;
}

export class RestHookChannel implements Channel {
  readonly type = 'rest-hook';

  constructor(private readonly deps: RestHookDeps) {}

  /** Endpoint, payload and headers: everything that would make sending fail for certain. The address behind a name is judged again at each send. */
  check(channel: CanonicalChannel): Issue[] {
    return [
      ...this.endpointIssues(channel.endpoint),
      ...payloadIssues(channel.payload),
      ...headerIssues(channel.headers),
    ];
  }

  async send(notification: OutboundNotification, options: SendOptions): Promise<AttemptOutcome> {
    const refusal = ownRefusal(notification);
    if (refusal) return { class: 'P', reason: refusal, isSent: false };
    const { method, url, headers, body, isDoneWhenAbsent } = notification;
    const result = await this.deps.egress.request({ method, url, headers, body, ...options });
    return classify(result, {
      isDoneWhenAbsent,
      now: this.deps.clock.now(),
      excerptOf: (answer) =>
        excerptOf(
          answer,
          headers.map(([, value]) => value),
          this.deps.excerptBytesMax,
        ),
    });
  }

  private endpointIssues(endpoint: string | undefined): Issue[] {
    const path = 'Subscription.channel.endpoint';
    if (endpoint === undefined)
      return [errorIssue('required', 'A rest-hook needs an endpoint: give an https URL.', path)];
    const refusal = this.deps.egress.refuses(endpoint);
    return refusal === undefined ? [] : [errorIssue('value', `The endpoint is refused: ${refusal}.`, path)];
  }
}

function payloadIssues(payload: string | undefined): Issue[] {
  if (payload === undefined || PAYLOADS.has(payload)) return [];
  const known = [...PAYLOADS].join(', ');
  return [
    errorIssue(
      'not-supported',
      `The payload "${payload}" cannot be sent: use ${known}, or leave it out for a notification without content.`,
      'Subscription.channel.payload',
    ),
  ];
}

/** Headers stored before a rule existed are refused here: no request is made. Ours are known to be good. */
function ownRefusal(notification: OutboundNotification): string | undefined {
  for (const [name, value] of notification.headers) {
    const problem = name === 'Content-Type' || name.startsWith('Herald-') ? undefined : headerProblem(name, value);
    if (problem) return `a channel.header ${problem}`;
  }
  return undefined;
}
