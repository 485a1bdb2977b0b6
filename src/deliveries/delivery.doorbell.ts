// The hint from matching to delivering: these subscriptions have something new. The sweep finds what it misses.
import { Doorbell } from '../platform';

/** Rings subscription keys, after the commit that scheduled something for them. */
export class DeliveryDoorbell extends Doorbell<number> {}
