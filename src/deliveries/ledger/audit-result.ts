// The last audit, kept in one row so that every process can show it.
import type { Database, Tx } from '../../platform';

export type CountsByKind = Readonly<Record<string, number>>;

export interface AuditResult {
  readonly auditedAt: Date;
  readonly durationMs: number;
  /** Of this round. */
  readonly repairs: CountsByKind;
  readonly alarms: CountsByKind;
  /** Of all rounds so far. */
  readonly repairsTotal: CountsByKind;
  readonly alarmsTotal: CountsByKind;
}

/** The last audit, and what is missing by now. */
export interface StandingAudit extends AuditResult {
  /** Event numbers without a delivery, as far as they were counted: falls again when rows are brought back, or when their time is over. */
  readonly missingNumbers: number;
}

type ResultRow = { audited_at: Date; result: Omit<AuditResult, 'auditedAt'>; missing: number };

export async function readAuditResult(tx: Tx): Promise<StandingAudit | undefined> {
  const { rows } = await tx.query<ResultRow>({
    text: `select audited_at, result, (select coalesce(sum(reported), 0)::bigint from delivery_watermark) as missing from delivery_audit`,
    values: [],
  });
  return rows[0] && { ...rows[0].result, auditedAt: rows[0].audited_at, missingNumbers: rows[0].missing };
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
