// What this room needs to know of channels, which it may not import: the composition root passes it in.
import type { CanonicalChannel, Issue } from '../fhir';

/** Answers for the channels this server has. */
export interface ChannelCatalogue {
  /** Issues with this channel's type and endpoint, each naming its element; [] when notifications can be sent that way. */
  check(channel: CanonicalChannel): Issue[];
}
