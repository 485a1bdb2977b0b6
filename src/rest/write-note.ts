// What a room has to say about a write that was done, for a client that asks for an OperationOutcome. Notes live with the operations and are plugged
// in by app.
import type { StoredVersion, WriteContext } from '../store';

export interface WriteNote {
  /** The resource type that it speaks of. */
  readonly type: string;
  /** One sentence each. The write is committed: whatever is thrown is logged, and the answer goes without. */
  about(written: StoredVersion, context: WriteContext): Promise<readonly string[]>;
}
