// The fence of a type's index: from its commit on no write of the type is stored whose entries were made without the search parameters known then, whichever
// process makes it and however long it slept. A check constraint on the type's partition, so that types without such parameters cost nothing. ADR 21.
import { brokenConstraint, type Tx } from '../../platform';
import { FENCE_LOCK_TIMEOUT_MS } from '../limits';
import { partitionOf } from '../sql/partition';

const NAME = 'custom_parameters';

/**
 * Raises the fence. Waits for the transactions that have written to the type, and keeps out new ones until the commit, so everything that was written without
 * the parameters is there to be read afterwards. Throws lock_timeout (55P03) when somebody takes too long: try again later.
 */
export async function raiseFence(tx: Tx, type: string, revision: number): Promise<void> {
  const statements = [
    `set local lock_timeout = ${FENCE_LOCK_TIMEOUT_MS}`,
    // Not validated: what is there already is what the rebuilding is for.
    `alter table ${partitionOf(type)} drop constraint if exists ${NAME},
      add constraint ${NAME} check (deleted or coalesce(custom_revision, 0) >= ${Math.trunc(revision)}) not valid`,
  ];
  for (const text of statements) await tx.query({ text, values: [] });
  await tx.query({
    text: `insert into custom_fence (type, revision) values ($1, $2) on conflict (type) do update set revision = excluded.revision`,
    values: [type, revision],
  });
}

/** True when a write was refused because its entries were made without parameters that there are now: compute them anew. */
export function isBehindFence(error: unknown): boolean {
  return brokenConstraint(error) === NAME;
}
