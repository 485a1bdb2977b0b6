// The verdict: the worst first, and who has to do something.
import { verdictOf, type StatusFigures } from './status';

const now = new Date('2026-03-01T12:00:00.000Z');
const ago = (ms: number): Date => new Date(now.getTime() - ms);
const running = { name: 'matcher', state: 'running', restarts: 0 } as const;
const audit = {
  auditedAt: ago(1_000),
  durationMs: 5,
  repairs: {},
  alarms: {},
  repairsTotal: {},
  alarmsTotal: {},
  missingNumbers: 0,
};
const well: StatusFigures = {
  now,
  unmatched: { count: 0 },
  backlog: { waiting: 0, failingSubscriptions: 0 },
  deadLetters: 0,
  audit,
  workers: [running],
};

const backlog = { waiting: 3417, oldestAt: ago(7_200_000), failingSubscriptions: 2 };
const cases: readonly (readonly [StatusFigures, RegExp])[] = [
  [well, /^All is well: nothing waits\.$/],
  [{ ...well, audit: undefined }, /^All is well/],
  [{ ...well, unmatched: { count: 2, oldestAt: ago(20) } }, /^All is well: 2 events are to be matched, 0 deliveries/],
  [
    { ...well, backlog },
    /^Nothing is lost; 2 Subscription\(s\) fail, 3417 deliveries wait, the oldest for 2 h: it is them\.$/,
  ],
  [{ ...well, deadLetters: 2 }, /^Nothing is lost, but 2 dead letter\(s\) wait for somebody's decision: GET/],
  [{ ...well, backlog, deadLetters: 2 }, /: it is them\. 2 dead letter\(s\) wait for somebody's decision\.$/],
  [{ ...well, audit: { ...audit, alarms: { 'dead-letters': 2 } } }, /^All is well/],
  [{ ...well, backlog: { ...backlog, waiting: 100_000 } }, /at least 100000 deliveries wait/],
  [{ ...well, backlog, audit: { ...audit, alarms: { 'long-reads': 1 } } }, /raised an alarm: long-reads/],
  [
    { ...well, backlog, audit: { ...audit, repairs: { 'idle-slice': 2, 'lost-head': 1 } } },
    /had to repair 3 place\(s\)/,
  ],
  [{ ...well, audit: { ...audit, auditedAt: ago(7_200_000) } }, /^The last audit was 2 h ago/],
  [
    { ...well, backlog, refusal: 'There are more than 5 events.' },
    /writes are refused: There are more than 5 events\.$/,
  ],
  [{ ...well, backlog, unmatched: { count: 9, oldestAt: ago(90_000) } }, /we are behind: .* for 90 s\.$/],
  [{ ...well, workers: [running, { name: 'audit', state: 'restarting', restarts: 3 }] }, /stands still .*: audit\.$/],
  [{ ...well, backlog, audit: { ...audit, missingNumbers: 4 } }, /^Something is lost, by us: 4 event number/],
];

it.each(cases)('says what is worst (%#)', (figures, sentence) => {
  expect(verdictOf(figures)).toMatch(sentence);
});
