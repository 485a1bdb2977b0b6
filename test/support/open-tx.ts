// A transaction as the code under test sees it, for tests that stand between it and the real one.
import type { OpenTx, Statement } from '../../src/platform';

type Ask = <R extends object>(statement: Statement) => Promise<{ rows: R[]; rowCount: number }>;

/**
 * Runs `run` with a transaction whose every statement goes through `query`, and then waits for what was sent, as COMMIT does: throws what a statement
 * that was sent has failed with.
 */
export async function runThrough<T>(query: Ask, run: (tx: OpenTx) => Promise<T>): Promise<T> {
  const sent: Promise<unknown>[] = [];
  const send: OpenTx['send'] = (statement) => {
    const answer = query<never>(statement);
    // Expected: what is awaited below, unless `run` throws first.
    answer.catch(() => undefined);
    sent.push(answer);
    return answer;
  };
  const result = await run({ query, send });
  await Promise.all(sent);
  return result;
}
