// Judges what the topic holds: every event it should, under its own id, versions of a resource in order, and nothing that was never committed.
import type { Facts } from './facts';
import type { TopicBook } from './topic-book';

export interface TopicVerdict {
  readonly lost: string[];
  readonly disorder: string[];
  readonly wrong: string[];
  readonly read: number;
  readonly repeats: number;
  readonly isWhole: boolean;
}

/** Repeats are allowed (a crash, an unknown outcome); what counts is where a version stands first. */
export function judgeTopic({ versions, unpublished }: Facts, book: TopicBook): TopicVerdict {
  const events = new Map(versions.map(({ name, eventId }) => [name, eventId]));
  const first = new Map<string, string>();
  const highest = new Map<string, number>();
  const disorder: string[] = [];
  const wrong: string[] = [];
  for (const { partition, name, eventId } of book.records) {
    if (!events.has(name)) wrong.push(`the topic tells of ${name}, which was never committed`);
    else if (events.get(name) !== eventId) wrong.push(`the topic calls ${name} by another event id`);
    if (first.has(name)) continue;
    first.set(name, eventId);
    const [, resource, version] = /^(.*)\/(\d+)$/.exec(name)!;
    // A resource that moved to another root goes on in another partition, and two partitions have no order.
    const lane = `${resource} in partition ${partition}`;
    const before = highest.get(lane) ?? 0;
    if (Number(version) < before) disorder.push(`${lane}: version ${version} stands behind ${before} in the topic`);
    highest.set(lane, Math.max(before, Number(version)));
  }
  const missing = book.isWhole ? versions.filter(({ name }) => !first.has(name)) : [];
  return {
    lost: [
      ...missing.map(({ name }) => `${name} is not in the topic`),
      ...(unpublished > 0 ? [`${unpublished} events were never published`] : []),
    ],
    disorder,
    wrong,
    read: book.records.length,
    repeats: book.records.length - first.size,
    isWhole: book.isWhole,
  };
}
