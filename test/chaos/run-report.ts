// Gathers the books of a run, has them judged, and puts the figures beside the verdict.
import { auditLedger } from '../../src/deliveries';
import { Ledger } from '../support/ledger';
import type { Arrival } from './arrival';
import type { Expectation } from './verdict';
import { readFacts, type Facts } from './facts';
import type { Fault, FaultMaker } from './faults';
import type { Fleet } from './fleet';
import type { ChaosOptions } from './options';
import type { RunReport } from './report';
import { deadlineMs } from './settings';
import type { Stage } from './stage';
import { faultFigures, moodFigures, phaseFigures, waysTo } from './stalls';
import { readTopic } from './topic-book';
import { judge, type Verdict } from './verdict';
import { judgeTopic } from './verdict-topic';
import type { Writer } from './writers';

/** Kinds of audit alarms that are no damage: something took long, or was given up, which is an allowed end. */
const harmless = /"kind":"(unclaimed-slice|unmatched-event|long-writes|long-reads|dead-letters)"/;

/** How long before and after a wipe is looked at. */
const phaseMs = 10_000;

/** What the run hands over when all has ended. */
export interface RunBooks {
  readonly options: ChaosOptions;
  readonly stage: Stage;
  readonly fleet: Fleet;
  readonly maker: FaultMaker;
  readonly writers: readonly Writer[];
  readonly expectations: ReadonlyMap<string, Expectation>;
  /** Log lines of the running audits. */
  readonly auditLines: readonly string[];
  readonly isDrained: boolean;
  readonly drainMs: number;
  /** Of the processes, when they were told to stop. */
  readonly exitCodes: readonly (number | null)[];
}

interface Judged {
  readonly facts: Facts;
  readonly arrivals: readonly Arrival[];
  readonly verdict: Verdict;
  readonly topicFigures: Readonly<Record<string, string | number>>;
}

export async function reportOn(books: RunBooks): Promise<RunReport> {
  const { options, maker, fleet, auditLines } = books;
  const judged = await judgeBooks(books);
  const { facts, arrivals, verdict } = judged;
  const answers = books.writers.flatMap(({ acknowledged }) => acknowledged.map(({ at }) => at)).sort((a, b) => a - b);
  const { seed, minutes, profile, plan } = options;
  const ways = waysTo('well', facts.deliveries, arrivals);
  return {
    seed,
    minutes,
    profile,
    verdict,
    audit: await findings(books),
    figures: figures(books, judged),
    faults: faultFigures(faultsOf(books), ways, answers),
    phases: plan === 'wipes' ? phaseFigures(maker.faults, ways, answers, phaseMs) : [],
    moods: moodFigures(arrivals),
    notes: [
      ...(fleet.failedStarts > 0 ? [`starts that failed while the database was away: ${fleet.failedStarts}`] : []),
      ...harmlessAlarms(auditLines),
      ...maker.missed.map((text) => `a fault that met another one: ${text}`),
    ],
  };
}

export function faultsOf({ maker, fleet }: Pick<RunBooks, 'maker' | 'fleet'>): Fault[] {
  const struck = fleet.struck.map(({ at }) => ({
    kind: 'died at its failpoint',
    from: at,
    to: at,
    hits: 1,
    excusesLate: false,
  }));
  return [...maker.faults, ...struck];
}

async function judgeBooks({ stage, writers, maker, expectations }: RunBooks): Promise<Judged> {
  const facts = await readFacts(stage.database);
  const topic = stage.servers && judgeTopic(facts, await readTopic(stage.servers));
  const arrivals = await stage.arrivals();
  const acknowledged = writers.flatMap((writer) => writer.acknowledged);
  const frozen = maker.faults.filter(({ excusesLate }) => excusesLate);
  const afterFreezeMs = deadlineMs + 1_000;
  const verdict = judge({ facts, arrivals, acknowledged, expectations, frozen, afterFreezeMs });
  if (!topic) return { facts, arrivals, verdict, topicFigures: {} };
  const topicFigures = {
    'read in the topic (repeats)': `${topic.read} (${topic.repeats})`,
    'the topic was emptied': topic.isWhole ? 'never' : 'by a fault',
  };
  return { facts, arrivals, verdict: together(verdict, topic), topicFigures };
}

function together(verdict: Verdict, topic: ReturnType<typeof judgeTopic>): Verdict {
  return {
    ...verdict,
    lost: [...verdict.lost, ...topic.lost],
    disorder: [...verdict.disorder, ...topic.disorder],
    wrong: [...verdict.wrong, ...topic.wrong],
  };
}

/** What must not be and stands in no book: the audits' words, and how processes ended. */
async function findings({ stage, fleet, auditLines, isDrained, exitCodes }: RunBooks): Promise<string[]> {
  const now = new Date(performance.timeOrigin + performance.now());
  const found = (await auditLedger(stage.database, now)).map((finding) => JSON.stringify(finding));
  const violated = (await new Ledger(stage.database).violations()).map((one) => JSON.stringify(one));
  return [
    ...(isDrained ? [] : ['not drained at the deadline']),
    ...found,
    ...violated,
    // What the running audit mended, or cannot mend. What faults do by right stands in the notes.
    ...auditLines.filter((line) => !harmless.test(line)),
    ...exitCodes.filter((code) => code !== 0).map((code) => `a process ended with ${code} when it was asked to drain`),
    ...fleet.strayEnds.map((output) => `a process ended by itself: ${output}`),
  ];
}

function harmlessAlarms(lines: readonly string[]): string[] {
  const kinds = lines.flatMap((line) => harmless.exec(line)?.[1] ?? []);
  return [...new Set(kinds)].map(
    (kind) => `audit alarms that are no damage: ${kind} ${kinds.filter((one) => one === kind).length}`,
  );
}

function figures(books: RunBooks, { facts, verdict, topicFigures }: Judged): RunReport['figures'] {
  const { writers, auditLines, drainMs } = books;
  const sum = (pick: (counts: Writer['counts']) => number): number =>
    writers.reduce((total, writer) => total + pick(writer.counts), 0);
  const { duplicates, states, kept } = verdict;
  return {
    'writes answered': sum((counts) => counts.answered),
    'writes nobody answered': sum((counts) => counts.unanswered),
    'writes refused (409, 429)': sum((counts) => counts.refused),
    'versions committed': facts.versions.length,
    'matched by nobody': verdict.matchedByNobody,
    deliveries: facts.deliveries.length,
    'by state': JSON.stringify(states),
    'attempts (stale)': `${facts.attempts} (${facts.staleAttempts})`,
    'kept by the receiver': kept,
    duplicates: `${duplicates} (${((100 * duplicates) / Math.max(1, kept - duplicates)).toFixed(2)} %)`,
    'late requests of frozen processes': verdict.excused,
    'audit repairs': auditLines.filter((line) => line.includes('"audit.repaired"')).length,
    ...topicFigures,
    faults: faultsOf(books).length,
    'drained within': `${(drainMs / 1000).toFixed(1)} s`,
  };
}
