// The registry's memory: entries by key, and the same entries grouped by tenant, type and equal criteria, so that an event is
// evaluated once per distinct criteria. Pure data structure; registry.ts fills it.
import type { SearchQuery } from '../fhir';
import type { Snapshot, SnapshotInterval } from './snapshot';

/** Criteria and the interval in which they count. Snapshots disappear from it once nothing unmatched needs them. */
export interface RegistryInterval extends SnapshotInterval {
  readonly query: SearchQuery;
  opened?: Snapshot;
  readonly closed?: Snapshot;
}

export interface RegistryEntry {
  readonly subscriptionKey: number;
  readonly tenant: string;
  /** FHIR id of the Subscription. */
  readonly id: string;
  readonly sendDeletes: boolean;
  /** Events written later do not match. */
  readonly endsAt?: Date;
  readonly intervals: readonly RegistryInterval[];
}

/** One subscription in one of its intervals. */
export interface RegistryMember {
  readonly entry: RegistryEntry;
  readonly interval: RegistryInterval;
}

/** Everybody who asks the same question. */
export interface RegistryGroup {
  readonly tenant: string;
  readonly type: string;
  /** Equal text, equal meaning. */
  readonly canonical: string;
  readonly query: SearchQuery;
  readonly members: ReadonlySet<RegistryMember>;
  /** How many of the members want deletes. */
  readonly deleteWishes: number;
}

interface MutableGroup extends RegistryGroup {
  readonly members: Set<RegistryMember>;
  deleteWishes: number;
}

/** An entry about to be added: its intervals with their canonical text. */
export interface NewEntry extends Omit<RegistryEntry, 'intervals'> {
  readonly intervals: readonly (RegistryInterval & { readonly canonical: string })[];
}

const none: ReadonlyMap<string, RegistryGroup> = new Map();

export class RegistryGroups {
  private readonly entries = new Map<number, { entry: RegistryEntry; places: [MutableGroup, RegistryMember][] }>();
  private readonly byType = new Map<string, Map<string, MutableGroup>>();
  /** Members that still carry a snapshot. */
  private readonly dated = new Set<RegistryMember>();

  /** Subscriptions that have an interval. */
  get size(): number {
    return this.entries.size;
  }

  /** Groups whose criteria are about this type. Do not keep the answer over an await. */
  groupsFor(tenant: string, type: string): Iterable<RegistryGroup> {
    return (this.byType.get(typeName(tenant, type)) ?? none).values();
  }

  hasGroups(tenant: string, type: string): boolean {
    return this.byType.has(typeName(tenant, type));
  }

  /** Adds or replaces a subscription; one without intervals is only removed. */
  put(next: NewEntry): void {
    this.remove(next.subscriptionKey);
    if (next.intervals.length === 0) return;
    const { intervals, ...facts } = next;
    const placed = intervals.map((interval) => {
      const group = this.groupOf(next.tenant, interval.query, interval.canonical);
      const { opened, closed } = interval;
      // The group's query is shared: ten thousand equal criteria are parsed text in memory once.
      return { group, interval: { query: group.query, ...(opened && { opened }), ...(closed && { closed }) } };
    });
    const entry: RegistryEntry = { ...facts, intervals: placed.map(({ interval }) => interval) };
    const places = placed.map(({ group, interval }): [MutableGroup, RegistryMember] => {
      const member = { entry, interval };
      group.members.add(member);
      if (entry.sendDeletes) group.deleteWishes += 1;
      if (interval.opened ?? interval.closed) this.dated.add(member);
      return [group, member];
    });
    this.entries.set(next.subscriptionKey, { entry, places });
  }

  remove(subscriptionKey: number): void {
    const known = this.entries.get(subscriptionKey);
    if (known === undefined) return;
    this.entries.delete(subscriptionKey);
    for (const [group, member] of known.places) this.removeMember(group, member);
  }

  /** Snapshots still held, as Postgres printed them, each once; at most `limit`. */
  snapshots(limit: number): string[] {
    const texts = new Set<string>();
    for (const { interval } of this.dated) {
      for (const snapshot of [interval.opened, interval.closed]) if (snapshot) texts.add(snapshot.text);
      if (texts.size >= limit) break;
    }
    return [...texts];
  }

  /** Drops these snapshots: what they opened reaches back to the beginning, what they closed is gone. */
  forget(snapshots: ReadonlySet<string>): void {
    for (const member of [...this.dated]) {
      const { interval, entry } = member;
      if (interval.opened && snapshots.has(interval.opened.text)) interval.opened = undefined;
      if (interval.closed && snapshots.has(interval.closed.text)) this.removeInterval(entry.subscriptionKey, member);
      if (!interval.opened && !interval.closed) this.dated.delete(member);
    }
  }

  private removeInterval(subscriptionKey: number, member: RegistryMember): void {
    const known = this.entries.get(subscriptionKey);
    const place = known?.places.find(([, other]) => other === member);
    if (known === undefined || place === undefined) return;
    this.removeMember(...place);
    known.places = known.places.filter((other) => other !== place);
    if (known.places.length === 0) this.entries.delete(subscriptionKey);
  }

  private removeMember(group: MutableGroup, member: RegistryMember): void {
    group.members.delete(member);
    this.dated.delete(member);
    if (member.entry.sendDeletes) group.deleteWishes -= 1;
    if (group.members.size > 0) return;
    const name = typeName(group.tenant, group.type);
    const groups = this.byType.get(name);
    groups?.delete(group.canonical);
    if (groups?.size === 0) this.byType.delete(name);
  }

  private groupOf(tenant: string, query: SearchQuery, canonical: string): MutableGroup {
    const name = typeName(tenant, query.type);
    const groups = this.byType.get(name) ?? new Map<string, MutableGroup>();
    this.byType.set(name, groups);
    const known = groups.get(canonical);
    if (known !== undefined) return known;
    const group: MutableGroup = { tenant, type: query.type, canonical, query, members: new Set(), deleteWishes: 0 };
    groups.set(canonical, group);
    return group;
  }
}

function typeName(tenant: string, type: string): string {
  return `${tenant}/${type}`;
}
