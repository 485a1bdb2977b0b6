// A subscription in memory, and a group of those that ask the same. Kept small: there may be a million of each.
import type { Snapshot } from './snapshot';

/** What is known of a subscription wherever it matches. */
export interface RegistryEntry {
  readonly subscriptionKey: number;
  readonly tenant: string;
  /** FHIR id of the Subscription. */
  readonly id: string;
  readonly sendDeletes: boolean;
  /** Events written earlier do not match. */
  readonly startsAt?: Date;
  /** Events written later do not match. */
  readonly endsAt?: Date;
}

/** One subscription in one of its intervals. Snapshots disappear from it once nothing unmatched needs them. */
export interface RegistryMember extends RegistryEntry {
  readonly opened?: Snapshot;
  readonly closed?: Snapshot;
}

/** Everybody who asks the same question. */
export interface RegistryGroup {
  /** Dense, from 0; given to another group once this one is gone. */
  readonly number: number;
  readonly tenant: string;
  readonly type: string;
  /** The base URL under which absolute references are our own. */
  readonly baseUrl: string;
  /** The criteria: equal text (and base), equal meaning; parsing it gives the query again. */
  readonly canonical: string;
  /** In order of subscription key. */
  readonly members: readonly RegistryMember[];
  /** How many of the members want deletes. */
  readonly deleteWishes: number;
}

/** What the groups of one tenant, type and base URL share. */
export class GroupHome {
  readonly groups = new Map<string, Group>();
  /** How many members of all groups want deletes. */
  deleteWishes = 0;

  constructor(
    readonly tenant: string,
    readonly type: string,
    readonly baseUrl: string,
  ) {}
}

export class Member implements RegistryMember {
  readonly subscriptionKey: number;
  readonly id: string;
  readonly sendDeletes: boolean;
  readonly startsAt: Date | undefined;
  readonly endsAt: Date | undefined;

  constructor(
    readonly group: Group,
    entry: RegistryEntry,
    public opened: Snapshot | undefined,
    readonly closed: Snapshot | undefined,
  ) {
    this.subscriptionKey = entry.subscriptionKey;
    this.id = entry.id;
    this.sendDeletes = entry.sendDeletes;
    this.startsAt = entry.startsAt;
    this.endsAt = entry.endsAt;
  }

  get tenant(): string {
    return this.group.home.tenant;
  }
}

export class Group implements RegistryGroup {
  deleteWishes = 0;
  /** Most groups have one member: no list for it. */
  private held: Member | Member[] | undefined = undefined;

  constructor(
    readonly number: number,
    readonly home: GroupHome,
    readonly canonical: string,
  ) {}

  get tenant(): string {
    return this.home.tenant;
  }

  get type(): string {
    return this.home.type;
  }

  get baseUrl(): string {
    return this.home.baseUrl;
  }

  get members(): readonly Member[] {
    if (this.held === undefined) return [];
    return this.held instanceof Member ? [this.held] : this.held;
  }

  get isEmpty(): boolean {
    return this.held === undefined;
  }

  add(member: Member): void {
    if (member.sendDeletes) this.countDeleteWish(1);
    if (this.held === undefined) this.held = member;
    else {
      if (this.held instanceof Member) this.held = [this.held];
      insertByKey(this.held, member);
    }
  }

  remove(member: Member): void {
    if (member.sendDeletes) this.countDeleteWish(-1);
    if (this.held instanceof Member) this.held = undefined;
    else if (this.held !== undefined) {
      this.held.splice(this.held.indexOf(member, placeOf(this.held, member.subscriptionKey)), 1);
      if (this.held.length === 1) this.held = this.held[0];
    }
  }

  private countDeleteWish(change: 1 | -1): void {
    this.deleteWishes += change;
    this.home.deleteWishes += change;
  }
}

function insertByKey(members: Member[], member: Member): void {
  const last = members.at(-1);
  if (last === undefined || last.subscriptionKey <= member.subscriptionKey) members.push(member);
  else members.splice(placeOf(members, member.subscriptionKey), 0, member);
}

/** Where the first member with this key, or a greater one, stands. */
function placeOf(members: readonly Member[], subscriptionKey: number): number {
  let low = 0;
  let high = members.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (members[middle]!.subscriptionKey < subscriptionKey) low = middle + 1;
    else high = middle;
  }
  return low;
}
