// The list of channels: a new one is one line here. And the catalogue through which Subscriptions are checked without knowing channels.
import { errorIssue, type CanonicalChannel, type Issue } from '../fhir';
import type { Channel } from './channel.contract';
import { RestHookChannel, type RestHookDeps } from './rest-hook/rest-hook';

export type ChannelDeps = RestHookDeps;

/** Every channel this build can send through. */
export function channelList(deps: ChannelDeps): readonly Channel[] {
  return [new RestHookChannel(deps)];
}

/** Answers for all channels at once: may a Subscription with this channel be saved? */
export class ChannelCatalogue {
  private readonly channels: ReadonlyMap<string, Channel>;

  constructor(channels: readonly Channel[]) {
    this.channels = new Map(channels.map((channel) => [channel.type, channel]));
  }

  /** Codes of the channels there are, for the CapabilityStatement and the admin view. */
  get types(): readonly string[] {
    return [...this.channels.keys()];
  }

  channel(type: string): Channel | undefined {
    return this.channels.get(type);
  }

  /** Issues with FHIRPath expressions; none when notifications can be sent. */
  check(channel: CanonicalChannel): Issue[] {
    const known = this.channels.get(channel.type);
    if (known) return known.check(channel);
    const text = `The channel type "${channel.type}" is not supported: use ${this.types.join(', ')}.`;
    return [errorIssue('not-supported', text, 'Subscription.channel.type')];
  }
}

/** The catalogue over every channel of this build. */
export function channelCatalogue(deps: ChannelDeps): ChannelCatalogue {
  return new ChannelCatalogue(channelList(deps));
}
