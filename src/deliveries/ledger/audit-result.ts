// The last audit, kept in one row so that every process can show it.
import type { Database, Tx } from '../../platform';
import type { AuditResult } from '../audit';

type ResultRow = { audited_at: Date; result: Omit<AuditResult, 'auditedAt'> };

export async function readAuditResult(tx: Tx): Promise<AuditResult | undefined> {
  const { rows } = await tx.query<ResultRow>({ text: `select audited_at, result from delivery_audit`, values: [] });
  return rows[0] && { ...rows[0].result, auditedAt: rows[0].audited_at };
}

/** Keeps the result, unless a later holder of the duty has written one. */
export async function writeAuditResult(database: Database, epoch: number, result: AuditResult): Promise<void> {
  const { auditedAt, ...rest } = result;
  await database.query({
    text: `insert into delivery_audit as a (epoch, audited_at, result) values ($1, $2, $3)
           on conflict (only_row) do update set epoch = excluded.epoch, audited_at = excluded.audited_at, result = excluded.result
            where a.epoch <= excluded.epoch`,
    values: [epoch, auditedAt, JSON.stringify(rest)],
  });
}
