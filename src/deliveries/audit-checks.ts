// The ledger's own checks, each walking its index page by page and going on in the next round where it had to stop.
import type { Database } from '../platform';
import type { AuditCheck, AuditNote } from './audit';
import { deadLetterCheck } from './dead-letter-check';
import type { DeliveryDoorbell } from './delivery.doorbell';
import { findDamagedKeys, KEY_WALKS, repairKeys, type KeyPosition, type KeyWalk } from './ledger/audit-keys';
import { oldestUnclaimed } from './ledger/backlog';
import { findDamagedSlices, repairSlices } from './ledger/audit-slices';
import { countNumbers } from './ledger/watermarks';
import { AUDIT_DETAILS_MAX, AUDIT_PAGES_MAX, GAP_RECOUNT_MS } from './limits';

export interface LedgerCheckDeps {
  readonly database: Database;
  readonly doorbell: DeliveryDoorbell;
  readonly leaseMs: number;
}

/** What the deliveries room has audited every round. */
export function ledgerChecks(deps: LedgerCheckDeps): AuditCheck[] {
  const keys = KEY_WALKS.map((walk) => keyCheck(deps, walk));
  return [sliceCheck(deps), ...keys, numberCheck(deps), overdueCheck(deps), deadLetterCheck(deps.database)];
}

function sliceCheck({ database, doorbell, leaseMs }: LedgerCheckDeps): AuditCheck {
  let after = 0;
  const look = async (now: Date): Promise<readonly AuditNote[]> => {
    const notes: AuditNote[] = [];
    for (let page = 0; page < AUDIT_PAGES_MAX; page += 1) {
      const { damaged, next } = await findDamagedSlices(database, now, leaseMs, after);
      const repaired = await repairSlices(database, now, leaseMs, damaged);
      notes.push(...repaired.map(({ damage, ...slice }) => repairOf(damage, slice)));
      doorbell.ring(repaired.map(({ subscriptionKey }) => subscriptionKey));
      after = next ?? 0;
      if (next === undefined) break;
    }
    return gathered(notes);
  };
  return { name: 'slices', look };
}

const FIRST_KEY: KeyPosition = { subscriptionKey: 0, keyHash: -1 };

function keyCheck({ database, doorbell }: LedgerCheckDeps, walk: KeyWalk): AuditCheck {
  let after = FIRST_KEY;
  const look = async (now: Date): Promise<readonly AuditNote[]> => {
    const notes: AuditNote[] = [];
    for (let page = 0; page < AUDIT_PAGES_MAX; page += 1) {
      const { damaged, next } = await findDamagedKeys(database, walk, after);
      const repaired = await repairKeys(database, now, damaged);
      notes.push(...repaired.map(({ damage, ...key }) => repairOf(damage, key)));
      doorbell.ring(repaired.map(({ subscriptionKey }) => subscriptionKey));
      after = next ?? FIRST_KEY;
      if (next === undefined) break;
    }
    return gathered(notes);
  };
  return { name: `keys-${walk}`, look };
}

/** A gap cannot be mended: the number was given, and its delivery is not there. */
function numberCheck({ database }: LedgerCheckDeps): AuditCheck {
  let after = 0;
  const look = async (now: Date): Promise<readonly AuditNote[]> => {
    const notes: AuditNote[] = [];
    const recount = new Date(now.getTime() - GAP_RECOUNT_MS);
    for (let page = 0; page < AUDIT_PAGES_MAX; page += 1) {
      const { gaps, next } = await countNumbers(database, now, recount, after);
      for (const { missing, ...gap } of gaps) {
        notes.push({ kind: 'number-gap', action: 'alarm', count: missing, detail: { found: [gap] } });
      }
      after = next ?? 0;
      if (next === undefined) break;
    }
    return gathered(notes);
  };
  return { name: 'numbers', look };
}

/** Slices that could be claimed and are not: no deliverer runs, or all are more than busy. Not damage, so nothing is repaired. */
function overdueCheck({ database, leaseMs }: LedgerCheckDeps): AuditCheck {
  const look = async (now: Date): Promise<readonly AuditNote[]> => {
    const dueAt = await oldestUnclaimed(database, new Date(now.getTime() - 2 * leaseMs));
    if (dueAt === undefined) return [];
    const ageMs = now.getTime() - dueAt.getTime();
    return [{ kind: 'unclaimed-slice', action: 'alarm', count: 1, detail: { dueSinceMs: ageMs } }];
  };
  return { name: 'unclaimed', look };
}

function repairOf(kind: string, detail: object): AuditNote {
  return { kind, action: 'repaired', count: 1, detail: { found: [detail] } };
}

/** One note of each kind, with the first of what was found. */
function gathered(notes: readonly AuditNote[]): AuditNote[] {
  const kinds = new Map<string, AuditNote & { detail: { found: object[] } }>();
  for (const note of notes) {
    const { found } = note.detail as { found: object[] };
    const known = kinds.get(note.kind);
    const all = [...(known?.detail.found ?? []), ...found].slice(0, AUDIT_DETAILS_MAX);
    kinds.set(note.kind, { ...note, count: (known?.count ?? 0) + note.count, detail: { found: all } });
  }
  return [...kinds.values()];
}
