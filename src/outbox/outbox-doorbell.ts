// Rung by the store after commit with the root hashes that have something new. A hint inside one process, nothing else.
import { Doorbell } from '../platform';

export class OutboxDoorbell extends Doorbell<number> {}
