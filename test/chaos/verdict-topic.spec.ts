// The judge of the topic finds what it is there to find.
import type { Facts, VersionFact } from './facts';
import type { TopicBook, TopicRecord } from './topic-book';
import { judgeTopic } from './verdict-topic';

const version = (n: number): VersionFact => ({
  name: `Patient/a/${n}`,
  type: 'Patient',
  id: 'a',
  version: n,
  interaction: 'update',
  body: '{}',
  events: 1,
  eventId: `e-${n}`,
  root: 'Patient/a',
});
const facts: Facts = {
  versions: [version(1), version(2)],
  deliveries: [],
  counters: [],
  attempts: 0,
  staleAttempts: 0,
  unpublished: 0,
};
const record = (n: number, change: Partial<TopicRecord> = {}): TopicRecord => ({
  partition: 0,
  name: `Patient/a/${n}`,
  eventId: `e-${n}`,
  ...change,
});
const whole = (...records: TopicRecord[]): TopicBook => ({ records, isWhole: true });
const well = { lost: [], disorder: [], wrong: [] };

it('says nothing of a topic with every event once or again, in order', () => {
  expect(judgeTopic(facts, whole(record(1), record(2)))).toMatchObject({ ...well, repeats: 0 });
  expect(judgeTopic(facts, whole(record(1), record(2), record(1), record(2)))).toMatchObject({ ...well, repeats: 2 });
});

it.each<[string, 'lost' | 'disorder' | 'wrong', Facts, TopicBook]>([
  ['an event that is not there', 'lost', facts, whole(record(1))],
  ['events that were never published', 'lost', { ...facts, unpublished: 3 }, whole(record(1), record(2))],
  ['a version before the one ahead of it', 'disorder', facts, whole(record(2), record(1))],
  ['an event of nothing', 'wrong', facts, whole(record(1), record(2), record(3))],
  ['an event under two ids', 'wrong', facts, whole(record(1), record(2), record(2, { eventId: 'x' }))],
])('finds %s', (_, kind, given, book) => {
  expect(judgeTopic(given, book)[kind]).toHaveLength(1);
});

it('asks for nothing that was deleted with the topic', () => {
  expect(judgeTopic(facts, { records: [record(2)], isWhole: false })).toMatchObject(well);
});

it('compares versions of a resource within one partition only: a resource that moved has another root', () => {
  expect(judgeTopic(facts, whole(record(2), record(1, { partition: 1 })))).toMatchObject(well);
});
