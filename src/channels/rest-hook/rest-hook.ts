// The rest-hook channel: http://hl7.org/fhir/R4/subscription.html, channel type rest-hook. Requests leave through the egress client only.
import { errorIssue, type CanonicalChannel, type Issue } from '../../fhir';
import type { OutboundNotification } from '../../notifications';
import type { Clock, EgressClient } from '../../platform';
import type { AttemptOutcome, Channel, SendOptions } from '../channel.contract';
import { classify } from '../classify';
import { excerptOf } from '../excerpt';
import { headerProblem } from './header-rules';

export interface RestHookDeps {
  readonly egress: Pick<EgressClient, 'request' | 'refuses'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly excerptBytesMax: number;
}

export class RestHookChannel implements Channel {
  readonly type = 'rest-hook';

  constructor(private readonly deps: RestHookDeps) {}

  /** The endpoint: scheme, length, user information, and hosts that are refused whatever they resolve to. Addresses are judged at each send. */
  check(channel: CanonicalChannel): Issue[] {
    const path = 'Subscription.channel.endpoint';
    if (channel.endpoint === undefined) {
      return [errorIssue('required', 'A rest-hook needs an endpoint: give an https URL.', path)];
    }
    const refusal = this.deps.egress.refuses(channel.endpoint);
    return refusal === undefined ? [] : [errorIssue('value', `The endpoint is refused: ${refusal}`, path)];
  }

  async send(notification: OutboundNotification, options: SendOptions): Promise<AttemptOutcome> {
    const { method, url, headers, body, isDoneWhenAbsent } = notification;
    const given = headers.filter(([name]) => name !== 'Content-Type' && !name.startsWith('Herald-'));
    const refusal = refusalOf(given);
    if (refusal) return { class: 'P', reason: refusal, isSent: false };
    const result = await this.deps.egress.request({ method, url, headers, body, ...options });
    return classify(result, {
      isDoneWhenAbsent,
      now: this.deps.clock.now(),
      bodyBytes: body?.length,
      excerptOf: (answer) => {
        const secrets = given.map(([, value]) => value);
        return excerptOf(answer, secrets, this.deps.excerptBytesMax);
      },
    });
  }
}

/** Headers stored before a rule existed are refused here: no request is made. Ours are known to be good. */
function refusalOf(given: OutboundNotification['headers']): string | undefined {
  for (const [name, value] of given) {
    const problem = headerProblem(name, value);
    if (problem) return `a channel.header ${problem}`;
  }
  return undefined;
}
