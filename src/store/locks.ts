// The locking read of a transaction: every old value a write needs, from under the row lock.
import type { Tx } from '../platform';
import { versionMismatch } from './preconditions';
import { lockRowsSql } from './sql/lock-rows.sql';
import { lockOrder, stepName, type Step } from './transaction-plan';

/** A resource row as it was when this transaction locked it. */
export interface LockedRow {
  readonly version: number;
  readonly deleted: boolean;
  readonly lastUpdated: Date;
  readonly root: string;
  readonly rootHash: number;
  readonly replacedBy: readonly string[] | null;
}

interface LockRow {
  id: string;
  version: number;
  deleted: boolean;
  last_updated: Date;
  root: string;
  root_hash: number;
  replaced_by: string[] | null;
}

/** Locks the rows of these steps that exist, sorted by (type, id). Out: by `Type/id`. */
export async function lockRows(tx: Tx, tenant: string, steps: readonly Step[]): Promise<Map<string, LockedRow>> {
  const locked = new Map<string, LockedRow>();
  for (const { type, ids } of lockOrder(steps)) {
    const { rows } = await tx.query<LockRow>({ ...lockRowsSql(type), values: [tenant, ids] });
    for (const row of rows) {
      locked.set(`${type}/${row.id}`, {
        version: row.version,
        deleted: row.deleted,
        lastUpdated: row.last_updated,
        root: row.root,
        rootHash: row.root_hash,
        replacedBy: row.replaced_by,
      });
    }
  }
  return locked;
}

/** Throws FhirError 412 when the step asks for another version than the locked one. */
export function checkIfMatch(step: Step, locked: LockedRow | undefined): void {
  if (step.ifMatch !== undefined && locked?.version !== step.ifMatch) {
    throw versionMismatch(stepName(step), step.ifMatch, locked?.version);
  }
}
