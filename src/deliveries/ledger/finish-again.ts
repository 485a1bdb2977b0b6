// Finishing once more what may have been finished: when a commit was not answered, nobody knows whether it came about.
import type { Tx } from '../../platform';
import { columns, statement } from '../sql';
import { fence, finishResults, type Finished, type FinishResult } from './finish';

const alreadyFinished = statement('already-finished');

/** As `finishResults`; results that are in the ledger already are left as they are and answered as they were written. */
export async function finishAgain(tx: Tx, results: readonly FinishResult[], now: Date): Promise<Finished[]> {
  await fence(tx, results);
  const written = await writtenBefore(tx, results);
  const open = results.filter((_, index) => !written.has(index));
  const finished = await finishResults(tx, open, now);
  const answers = finished[Symbol.iterator]();
  return results.map((_, index) => written.get(index) ?? (answers.next().value as Finished));
}

/** What was accepted had its effect then; what was stale has none now. */
async function writtenBefore(tx: Tx, results: readonly FinishResult[]): Promise<ReadonlyMap<number, Finished>> {
  const tried = results.flatMap((result, index) =>
    result.attempt ? [{ index, result, attempt: result.attempt }] : [],
  );
  if (tried.length === 0) return new Map();
  const { rows } = await tx.query<{ i: number; accepted: boolean }>(
    alreadyFinished(
      columns(
        tried,
        (t) => t.index,
        (t) => t.result.subscriptionKey,
        (t) => t.result.eventNo,
        (t) => t.result.epoch,
        (t) => t.attempt.startedAt,
      ),
    ),
  );
  return new Map(rows.map(({ i, accepted }) => [i, { accepted, changed: accepted }]));
}
