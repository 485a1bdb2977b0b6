// Rung after the commit of a Subscription's write with its tenant and id: the activation worker need not wait for its sweep.
import { Doorbell } from '../platform';

export class SubscriptionDoorbell extends Doorbell<{ readonly tenant: string; readonly id: string }> {}
