// The ledger report of a run, as text: the sentence that counts first, then the figures, then every finding with its first examples.
import type { FaultFigures, MoodFigures, PhaseFigures } from './stalls';
import type { Verdict } from './verdict';

export interface RunReport {
  readonly seed: number;
  readonly minutes: number;
  readonly profile: string;
  readonly verdict: Verdict;
  /** Findings of the ledger's audit, of the invariants asked in SQL, and of the run itself. */
  readonly audit: readonly string[];
  readonly figures: Readonly<Record<string, string | number>>;
  readonly faults: ReadonlyMap<string, FaultFigures>;
  /** In the plan `wipes`: before, while and after each. */
  readonly phases: readonly PhaseFigures[];
  readonly moods: ReadonlyMap<string, MoodFigures>;
  readonly notes: readonly string[];
}

const examplesMax = 10;

export function isWell({ verdict, audit }: RunReport): boolean {
  return [verdict.lost, verdict.disorder, verdict.gaps, verdict.wrong, audit].every(
    (findings) => findings.length === 0,
  );
}

export function reportText(report: RunReport): string {
  const { verdict, audit, seed, minutes, profile } = report;
  const counts = {
    lost: verdict.lost,
    'order violations': verdict.disorder,
    'number gaps': verdict.gaps,
    'audit findings': [...audit, ...verdict.wrong],
  };
  const head = Object.entries(counts).map(([name, found]) => `${name} ${found.length}`);
  const findings = Object.entries(counts).flatMap(([name, found]) =>
    found.length === 0 ? [] : ['', `${name}: ${found.length}`, ...found.slice(0, examplesMax).map((one) => `  ${one}`)],
  );
  return [
    '',
    `chaos, ${profile} profile, seed ${seed}, ${minutes} min: ${isWell(report) ? 'WELL' : 'NOT WELL'}: ${head.join(', ')}`,
    '',
    ...table([['figure', ''], ...Object.entries(report.figures).map(([name, value]) => [name, String(value)])]),
    '',
    ...table([
      ['fault', 'times', 'hits', 'longest event to the well receiver', 'longest without an answered write'],
      ...[...report.faults].map(([kind, f]) => [
        kind,
        `${f.times}`,
        `${f.hits}`,
        seconds(f.deliveryMs),
        seconds(f.writeMs),
      ]),
    ]),
    '',
    ...phaseTable(report.phases),
    ...table([
      ['receiver', 'times', 'longest until kept'],
      ...[...report.moods].map(([mood, f]) => [mood, `${f.times}`, mood === 'kept' ? '' : seconds(f.recoveryMs)]),
    ]),
    ...(report.notes.length > 0 ? ['', ...report.notes] : []),
    ...findings,
    '',
  ].join('\n');
}

function phaseTable(phases: readonly PhaseFigures[]): string[] {
  if (phases.length === 0) return [];
  const rows = phases.map((one) => [
    one.phase,
    one.writesPerSecond.toFixed(1),
    one.arrivalsPerSecond.toFixed(1),
    seconds(one.deliveryMs),
  ]);
  return [...table([['phase', 'writes/s', 'events/s to the well receiver', 'longest way'], ...rows]), ''];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd());
}
