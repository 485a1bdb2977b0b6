// The registry's memory: subscriptions by key, and the same grouped by tenant, type and equal criteria, so that an event is judged once
// per distinct criteria. Pure data structure; registry.ts fills it, a match index follows it. A million subscriptions live here, so a
// subscription is one object and a group another: no wrappers, no parsed queries, one text for equal criteria.
import { canonicalQuery, type SearchQuery } from '../fhir';
import type { RegistryEntry, RegistryGroup, RegistryMember } from './registry-group';
import { Group, GroupHome, Member } from './registry-group';
import type { Snapshot } from './snapshot';

/** Criteria and the interval in which they count. */
export interface NewInterval {
  readonly query: SearchQuery;
  readonly opened?: Snapshot;
  readonly closed?: Snapshot;
}

/** A subscription about to be added, with everything in which it sees events. */
export interface NewEntry extends RegistryEntry {
  readonly intervals: readonly NewInterval[];
}

/** Hears of groups as they come and go; a group's members change without a word. */
export interface GroupFollower {
  /** `query` is what the group's text was made of; it is not kept here. */
  added(group: RegistryGroup, query: SearchQuery): void;
  removed(group: RegistryGroup): void;
}

const silent: GroupFollower = { added: () => undefined, removed: () => undefined };

export class RegistryGroups {
  private readonly entries = new Map<number, Member | readonly Member[]>();
  private readonly homes = new Map<string, GroupHome>();
  private readonly homesOfType = new Map<string, readonly GroupHome[]>();
  /** Members that still carry a snapshot. */
  private readonly dated = new Set<Member>();
  private readonly freeNumbers: number[] = [];
  private numbers = 0;
  private follower = silent;

  /** Subscriptions that have an interval. */
  get size(): number {
    return this.entries.size;
  }

  /** Tells this one of every group. Throws when somebody follows already, or when there are groups it would not hear of. */
  follow(follower: GroupFollower): void {
    if (this.follower !== silent || this.size > 0) throw new Error('Groups are followed once, and from the beginning');
    this.follower = follower;
  }

  /** Groups whose criteria are about this type. Do not keep the answer over an await. */
  *groupsFor(tenant: string, type: string): Iterable<RegistryGroup> {
    for (const home of this.homesOfType.get(typeName(tenant, type)) ?? []) yield* home.groups.values();
  }

  hasGroups(tenant: string, type: string): boolean {
    return this.homesOfType.has(typeName(tenant, type));
  }

  /** Whether anybody asks to hear of deletes of this type. */
  wantsDeletes(tenant: string, type: string): boolean {
    return (this.homesOfType.get(typeName(tenant, type)) ?? []).some((home) => home.deleteWishes > 0);
  }

  /** Adds or replaces a subscription; one without intervals is only removed. */
  put(next: NewEntry): void {
    this.remove(next.subscriptionKey);
    const members: Member[] = [];
    for (const { query, opened, closed } of next.intervals) {
      const member = new Member(this.groupOf(next.tenant, query), next, opened, closed);
      member.group.add(member);
      if (opened ?? closed) this.dated.add(member);
      members.push(member);
      // At once: should a later interval be refused, removing the subscription finds what is there.
      this.entries.set(next.subscriptionKey, members.length === 1 ? member : members);
    }
  }

  remove(subscriptionKey: number): void {
    for (const member of this.membersOf(subscriptionKey)) this.removeMember(member);
    this.entries.delete(subscriptionKey);
  }

  /** Snapshots still held, as Postgres printed them, each once; at most `limit`. */
  snapshots(limit: number): string[] {
    const texts = new Set<string>();
    for (const { opened, closed } of this.dated) {
      for (const snapshot of [opened, closed]) if (snapshot) texts.add(snapshot.text);
      if (texts.size >= limit) break;
    }
    return [...texts];
  }

  /** Drops these snapshots: what they opened reaches back to the beginning, what they closed is gone. */
  forget(snapshots: ReadonlySet<string>): void {
    for (const member of this.dated) {
      if (member.opened && snapshots.has(member.opened.text)) member.opened = undefined;
      if (member.closed && snapshots.has(member.closed.text)) this.removeInterval(member);
      else if (!member.opened && !member.closed) this.dated.delete(member);
    }
  }

  private membersOf(subscriptionKey: number): readonly Member[] {
    const known = this.entries.get(subscriptionKey);
    if (known === undefined) return [];
    return known instanceof Member ? [known] : known;
  }

  private removeInterval(member: Member): void {
    const others = this.membersOf(member.subscriptionKey).filter((other) => other !== member);
    this.removeMember(member);
    if (others.length === 0) this.entries.delete(member.subscriptionKey);
    else this.entries.set(member.subscriptionKey, others);
  }

  private removeMember(member: Member): void {
    const { group } = member;
    this.dated.delete(member);
    group.remove(member);
    if (!group.isEmpty) return;
    this.follower.removed(group);
    this.freeNumbers.push(group.number);
    const { home } = group;
    home.groups.delete(group.canonical);
    if (home.groups.size > 0) return;
    const name = typeName(home.tenant, home.type);
    const others = (this.homesOfType.get(name) ?? []).filter((other) => other !== home);
    this.homes.delete(homeName(home.tenant, home));
    if (others.length === 0) this.homesOfType.delete(name);
    else this.homesOfType.set(name, others);
  }

  private groupOf(tenant: string, query: SearchQuery): Group {
    const home = this.homeOf(tenant, query);
    const canonical = canonicalQuery(query);
    const known = home.groups.get(canonical);
    if (known !== undefined) return known;
    const group = new Group(this.freeNumbers.pop() ?? this.numbers++, home, canonical);
    this.follower.added(group, query);
    home.groups.set(canonical, group);
    return group;
  }

  private homeOf(tenant: string, query: SearchQuery): GroupHome {
    const known = this.homes.get(homeName(tenant, query));
    if (known !== undefined) return known;
    const home = new GroupHome(tenant, query.type, query.baseUrl);
    const name = typeName(tenant, query.type);
    this.homes.set(homeName(tenant, query), home);
    this.homesOfType.set(name, [...(this.homesOfType.get(name) ?? []), home]);
    return home;
  }
}

export type { RegistryEntry, RegistryGroup, RegistryMember };

function typeName(tenant: string, type: string): string {
  return `${tenant}/${type}`;
}

/** The base URL says which absolute references are our own, so it is part of what criteria mean. */
function homeName(tenant: string, { type, baseUrl }: { readonly type: string; readonly baseUrl: string }): string {
  return `${tenant}/${type} ${baseUrl}`;
}
