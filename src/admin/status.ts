// The first question at three in the morning: is anything lost, and is it us or them? One sentence, and the figures behind it.
import {
  countAllDeadLetters,
  countFailing,
  countWaiting,
  oldestWaiting,
  readAuditResult,
  type StandingAudit,
} from '../deliveries';
import { countUnmatched, overdueEvents } from '../outbox';
import type { Clock, Database, Supervisor, WorkerHealth } from '../platform';
import { AUDIT_AGE_MS_MAX, STATUS_COUNT_MAX, UNMATCHED_AGE_MS_MAX } from './limits';

export interface StatusDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly supervisor: Pick<Supervisor, 'health'>;
  /** Why writes are refused now, if they are; absent in a process that takes none. */
  readonly writeGate?: { readonly reason: string | undefined };
}

/** What the verdict is made of. Counts end at a limit; one that reached it says "at least". */
export interface StatusFigures {
  readonly now: Date;
  readonly unmatched: { readonly count: number; readonly oldestAt?: Date };
  readonly backlog: { readonly waiting: number; readonly oldestAt?: Date; readonly failingSubscriptions: number };
  /** Dead letters nobody has dealt with. */
  readonly deadLetters: number;
  readonly audit?: StandingAudit;
  readonly workers: readonly WorkerHealth[];
  readonly refusal?: string;
}

/** Reads the figures; every question is bounded. */
export async function readStatus(deps: StatusDeps): Promise<StatusFigures> {
  const { database, clock, supervisor, writeGate } = deps;
  const now = clock.now();
  const [count, overdue, waiting, oldestAt, failingSubscriptions, deadLetters, audit] = await Promise.all([
    countUnmatched(database, STATUS_COUNT_MAX),
    overdueEvents(database, now),
    countWaiting(database, STATUS_COUNT_MAX),
    oldestWaiting(database),
    countFailing(database),
    countAllDeadLetters(database, STATUS_COUNT_MAX),
    readAuditResult(database),
  ]);
  return {
    now,
    unmatched: { count, oldestAt: overdue.oldestWrittenAt },
    backlog: { waiting, oldestAt, failingSubscriptions },
    deadLetters,
    audit,
    workers: supervisor.health(),
    refusal: writeGate?.reason,
  };
}

/** The worst there is to say, in one sentence that names who has to do something. Pure. */
export function verdictOf(figures: StatusFigures): string {
  const { now, unmatched, backlog, audit, workers, refusal } = figures;
  const ageMs = (time: Date | undefined): number => (time === undefined ? 0 : now.getTime() - time.getTime());
  const down = workers.filter(({ state }) => state !== 'running').map(({ name }) => name);
  const gaps = audit?.missingNumbers ?? 0;
  if (gaps > 0) {
    return `Something is lost, by us: ${gaps} event number(s) have no delivery; the log lines audit.alarm say which.`;
  }
  if (down.length > 0) return `Something of ours stands still in this process: ${down.join(', ')}.`;
  if (ageMs(unmatched.oldestAt) > UNMATCHED_AGE_MS_MAX) {
    return `Nothing is lost, but we are behind: the oldest event has not been matched for ${spoken(ageMs(unmatched.oldestAt))}.`;
  }
  if (refusal !== undefined) return `Nothing is lost, but writes are refused: ${refusal}`;
  if (audit !== undefined && ageMs(audit.auditedAt) > AUDIT_AGE_MS_MAX) {
    return `The last audit was ${spoken(ageMs(audit.auditedAt))} ago: no process does it any more.`;
  }
  const repairs = sum(audit?.repairs);
  if (repairs > 0)
    return `Nothing is lost, but the last audit had to repair ${repairs} place(s): that is a fault of ours.`;
  // Dead letters are counted at this moment: the alarm may be a minute old, and dealt with.
  const alarms = Object.keys(audit?.alarms ?? {}).filter((kind) => kind !== 'dead-letters');
  if (alarms.length > 0) return `Nothing is lost, but the last audit raised an alarm: ${alarms.join(', ')}.`;
  const { waiting, failingSubscriptions: failing } = backlog;
  const letters =
    figures.deadLetters > 0 ? `${counted(figures.deadLetters)} dead letter(s) wait for somebody's decision` : '';
  if (failing > 0) {
    return `Nothing is lost; ${failing} Subscription(s) fail, ${counted(waiting)} deliveries wait, the oldest for ${spoken(ageMs(backlog.oldestAt))}: it is them.${letters && ` ${letters}.`}`;
  }
  if (letters) return `Nothing is lost, but ${letters}: GET /admin/dead-letters.`;
  if (waiting + unmatched.count > 0) {
    return `All is well: ${counted(unmatched.count)} events are to be matched, ${counted(waiting)} deliveries to be sent.`;
  }
  return 'All is well: nothing waits.';
}

/** The answer of GET /admin/status. */
export function statusView(figures: StatusFigures): object {
  const { now, unmatched, backlog, audit, workers, refusal } = figures;
  const since = (time: Date | undefined): object => ({
    oldestAt: time,
    oldestAgeMs: time && Math.max(0, now.getTime() - time.getTime()),
  });
  return {
    asOf: now,
    verdict: verdictOf(figures),
    unmatched: { ...limited(unmatched.count), ...since(unmatched.oldestAt) },
    backlog: {
      ...limited(backlog.waiting),
      ...since(backlog.oldestAt),
      failingSubscriptions: backlog.failingSubscriptions,
    },
    deadLetters: limited(figures.deadLetters),
    writes: { refused: refusal !== undefined, reason: refusal },
    audit: audit && {
      at: audit.auditedAt,
      durationMs: audit.durationMs,
      repairs: audit.repairs,
      alarms: audit.alarms,
      repairsTotal: audit.repairsTotal,
      alarmsTotal: audit.alarmsTotal,
      missingNumbers: audit.missingNumbers,
    },
    workers: workers.map(({ name, state, restarts }) => ({ name, state, restarts })),
  };
}

function limited(count: number): object {
  return count >= STATUS_COUNT_MAX ? { count: STATUS_COUNT_MAX, isAtLeast: true } : { count };
}

function counted(count: number): string {
  return count >= STATUS_COUNT_MAX ? `at least ${STATUS_COUNT_MAX}` : String(count);
}

function sum(counts: Readonly<Record<string, number>> = {}): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** A duration as a person would say it. */
function spoken(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}
