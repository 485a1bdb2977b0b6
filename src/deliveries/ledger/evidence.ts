// Evidence on whose fault a failure is: read only for heads that have failed often and long.
import type { Tx } from '../../platform';
import type { Evidence } from '../judge';
import { EVIDENCE_MIN } from '../limits';
import { columns, statement } from '../sql';

const evidenceSql = statement('evidence');

export interface SuspectedHead {
  readonly subscriptionKey: number;
  readonly keyHash: number;
  readonly status?: number;
}

/** In: suspected heads. Out: what is known about the other deliveries of their subscriptions, in the same order. */
export async function readEvidence(tx: Tx, heads: readonly SuspectedHead[]): Promise<Evidence[]> {
  if (heads.length === 0) return [];
  const { rows } = await tx.query<{ i: number; successes: Date[]; same_status_since: Date[] }>(
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
  const found = new Map(
    rows.map((row) => [row.i, { successes: row.successes, sameStatusSince: row.same_status_since }]),
  );
  return heads.map((_, index) => found.get(index) ?? { successes: [], sameStatusSince: [] });
}
