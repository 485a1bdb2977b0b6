// The audit: looks for what must never be seen, mends what can be mended, and says so. In a healthy system it repairs nothing; whatever it does repair is
// a fault of ours, so each repair is counted, logged, and shown to the operator.
import {
  describeError,
  isTransient,
  type Clock,
  type Database,
  type DutyTurn,
  type Log,
  type Metrics,
} from '../platform';
import { readAuditResult, writeAuditResult, type AuditResult, type CountsByKind } from './ledger/audit-result';

/** What one check found of one kind. */
export interface AuditNote {
  /** A word for metrics and logs: `idle-slice`, `number-gap`, … */
  readonly kind: string;
  readonly action: 'repaired' | 'alarm';
  readonly count: number;
  /** Of what stands until somebody acts: how many of `count` are new since the last round, so that each is told once. Absent: all. */
  readonly news?: number;
  /** For the log line: keys and ages, never content. */
  readonly detail?: object;
}

/** One thing that is looked at. Bounded: what it does not reach in this round it reaches in the next ones. */
export interface AuditCheck {
  readonly name: string;
  look(now: Date): Promise<readonly AuditNote[]>;
}

export interface AuditDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly checks: readonly AuditCheck[];
}

export class Audit {
  constructor(private readonly deps: AuditDeps) {}

  /** One round: every check, one after another. Out: what was found; undefined when the duty went to somebody else meanwhile. */
  async round(turn: Pick<DutyTurn, 'epoch' | 'mayGoOn'>): Promise<AuditResult | undefined> {
    const { database, clock, metrics, checks } = this.deps;
    const startedMs = clock.monotonicMs();
    const notes: AuditNote[] = [];
    for (const check of checks) {
      if (!(await turn.mayGoOn())) return undefined;
      notes.push(...(await this.look(check)));
    }
    for (const note of notes) this.tell(note);
    const before = await readAuditResult(database);
    const repairs = countsOf(notes, 'repaired');
    const alarms = countsOf(notes, 'alarm');
    const auditedAt = clock.now();
    const result: AuditResult = {
      auditedAt,
      durationMs: Math.round(clock.monotonicMs() - startedMs),
      repairs,
      alarms,
      repairsTotal: sumOf(before?.repairsTotal, repairs),
      alarmsTotal: sumOf(before?.alarmsTotal, countsOf(notes, 'alarm', newsOf)),
    };
    await writeAuditResult(database, turn.epoch, result);
    metrics
      .gauge('herald_audit_last_run_seconds', 'When this process last finished an audit, as a Unix time')
      .set(auditedAt.getTime() / 1_000);
    metrics.histogram('herald_audit_duration_seconds', 'How long an audit took').observe(result.durationMs / 1_000);
    return result;
  }

  private async look(check: AuditCheck): Promise<readonly AuditNote[]> {
    try {
      return (await check.look(this.deps.clock.now())).filter(({ count }) => count > 0);
    } catch (error) {
      // Expected: a lost database, which ends the round. Anything else is a bug of one check that must not blind the others.
      if (isTransient(error)) throw error;
      this.deps.log.error({ check: check.name, error, reason: describeError(error) }, 'audit.check-failed');
      return [{ kind: 'check-failed', action: 'alarm', count: 1, detail: { check: check.name } }];
    }
  }

  private tell(note: AuditNote): void {
    const { log, metrics } = this.deps;
    const { kind, action, count, detail } = note;
    if (newsOf(note) === 0) return;
    if (action === 'repaired') {
      metrics
        .counter('herald_audit_repairs_total', 'Damage that the audit found and mended', ['kind'])
        .inc({ kind }, count);
      log.error({ kind, count, ...detail }, 'audit.repaired');
      return;
    }
    metrics
      .counter('herald_audit_alarms_total', 'What the audit found and cannot mend', ['kind'])
      .inc({ kind }, newsOf(note));
    log.error({ kind, count, news: note.news, ...detail }, 'audit.alarm');
  }
}

const newsOf = ({ news, count }: AuditNote): number => news ?? count;

function countsOf(
  notes: readonly AuditNote[],
  action: AuditNote['action'],
  countOf = ({ count }: AuditNote): number => count,
): CountsByKind {
  const counts: Record<string, number> = {};
  for (const note of notes.filter((one) => one.action === action && countOf(one) > 0))
    counts[note.kind] = (counts[note.kind] ?? 0) + countOf(note);
  return counts;
}

function sumOf(before: CountsByKind = {}, now: CountsByKind): CountsByKind {
  const sum: Record<string, number> = { ...before };
  for (const [kind, count] of Object.entries(now)) sum[kind] = (sum[kind] ?? 0) + count;
  return sum;
}
