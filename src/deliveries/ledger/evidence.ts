// Evidence on whose fault a failure is: read only for heads that have failed often and long.
import type { Tx } from '../../platform';
import { EVIDENCE_MIN } from '../limits';
import { columns, statement } from '../sql';

const evidenceSql = statement('evidence');

export interface SuspectedHead {
  readonly subscriptionKey: number;
  readonly keyHash: number;
  readonly status?: number;
}

export interface LedgerEvidence {
  readonly successes: readonly { readonly sliceNo: number; readonly at: Date }[];
  readonly sameStatusSince: readonly Date[];
}

type EvidenceRow = { i: number; successes: Date[]; success_slices: number[]; same_status_since: Date[] };

/** In: suspected heads. Out: what the ledger knows about the other deliveries of their subscriptions, in the same order. */
export async function readEvidence(tx: Tx, heads: readonly SuspectedHead[]): Promise<LedgerEvidence[]> {
  if (heads.length === 0) return [];
  const { rows } = await tx.query<EvidenceRow>(
    evidenceSql([
      heads.map((_, index) => index),
      ...columns(
        heads,
        (h) => h.subscriptionKey,
        (h) => h.keyHash,
        (h) => h.status ?? null,
      ),
      EVIDENCE_MIN,
    ]),
  );
  const found = new Map(rows.map((row) => [row.i, row]));
  return heads.map((_, index) => {
    const row = found.get(index);
    const successes = row?.successes.map((at, n) => ({ sliceNo: row.success_slices[n]!, at })) ?? [];
    return { successes, sameStatusSince: row?.same_status_since ?? [] };
  });
}
