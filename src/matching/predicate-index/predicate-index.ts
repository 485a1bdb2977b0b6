// The match index: groups are found by what the event says, not looked at one after the other, so an event costs what it matches. It
// follows the registry's groups and changes between two events; nothing is ever rebuilt.
import { SearchSubject, type FhirDefinitions, type SearchQuery } from '../../fhir';
import { isInside, type GroupFollower, type RegistryGroup, type RegistryMember } from '../../subscriptions';
import type { AskedChain, BrokenCriteria, MatchAnswer, MatchIndex, MatchInput } from '../match-index.contract';
import { EventWalk } from './event-walk';
import { GroupColumns } from './group-columns';
import { Review } from './review';
import { TypeIndex } from './type-index';

/** The part of the registry that is followed. */
export interface GroupSource {
  follow(follower: GroupFollower): void;
  hasGroups(tenant: string, type: string): boolean;
  wantsDeletes(tenant: string, type: string): boolean;
}

interface Place {
  readonly baseUrl: string;
  readonly index: TypeIndex;
}

export class PredicateIndex implements MatchIndex, GroupFollower {
  private readonly columns = new GroupColumns();
  /** By tenant and type; several only when subscriptions were written under different base URLs. */
  private readonly places = new Map<string, Place[]>();
  private readonly review = new Review();
  private event = 0;

  /** Takes over whatever `source` holds from now on; it must be empty still. */
  constructor(
    private readonly source: GroupSource,
    private readonly definitions: FhirDefinitions,
  ) {
    source.follow(this);
  }

  added(group: RegistryGroup, query: SearchQuery): void {
    this.placeOf(group).index.add(group, query);
  }

  removed(group: RegistryGroup): void {
    const place = this.placeOf(group);
    place.index.remove(group);
    if (!place.index.root.isEmpty) return;
    const name = nameOf(group.tenant, group.type);
    const others = this.places.get(name)!.filter((other) => other !== place);
    if (others.length > 0) this.places.set(name, others);
    else this.places.delete(name);
  }

  mayMatch(tenant: string, type: string, isDelete: boolean): boolean {
    return isDelete ? this.source.wantsDeletes(tenant, type) : this.source.hasGroups(tenant, type);
  }

  chainsOf(tenant: string, type: string): readonly AskedChain[] {
    const places = this.places.get(nameOf(tenant, type)) ?? [];
    return places.flatMap(({ baseUrl, index }) => index.chains.inUse().map((path) => ({ path, baseUrl })));
  }

  match(input: MatchInput): MatchAnswer {
    const matched: RegistryMember[] = [];
    const broken: BrokenCriteria[] = [];
    const subject = new SearchSubject(this.definitions, input.resource, input.referenced);
    // Group and predicate remember the event they were asked about; 31 bits of events, then from the beginning again.
    this.event = this.event === 0x7fffffff ? 1 : this.event + 1;
    for (const { baseUrl, index } of this.places.get(nameOf(input.tenant, input.type)) ?? []) {
      index.statistics.observe(subject, baseUrl);
      const walk = new EventWalk(index, this.columns, {
        subject,
        baseUrl,
        event: this.event,
        isDelete: input.isDelete,
      });
      walk.run();
      for (const hit of walk.hits) collect(this.columns.groups[hit]!, input, matched);
      for (const { group, reason } of walk.failures) {
        broken.push({ entries: this.columns.groups[group]!.members, reason });
      }
      for (const bucket of walk.suspects) this.review.suspect(bucket, this.event);
    }
    this.refileSome();
    return { matched: inOrder(matched), broken };
  }

  private refileSome(): void {
    for (const number of this.review.next()) {
      const group = this.columns.groups[number];
      if (group) this.placeOf(group).index.refile(group);
    }
  }

  private placeOf({ tenant, type, baseUrl }: RegistryGroup): Place {
    const name = nameOf(tenant, type);
    const known = this.places.get(name) ?? [];
    const found = known.find((place) => place.baseUrl === baseUrl);
    if (found) return found;
    const place: Place = { baseUrl, index: new TypeIndex(this.definitions, this.columns, { type, baseUrl }) };
    this.places.set(name, [...known, place]);
    return place;
  }
}

function nameOf(tenant: string, type: string): string {
  return `${tenant}/${type}`;
}

function collect(group: RegistryGroup, input: MatchInput, matched: RegistryMember[]): void {
  for (const member of group.members) if (concerns(member, input)) matched.push(member);
}

/** Whether the event concerns this subscriber, its criteria apart. */
function concerns(member: RegistryMember, input: MatchInput): boolean {
  if (input.isDelete && !member.sendDeletes) return false;
  if (member.startsAt !== undefined && input.writtenAt < member.startsAt) return false;
  if (member.endsAt !== undefined && input.writtenAt > member.endsAt) return false;
  // No Subscription hears of itself: its own status changes would never end.
  if (input.type === 'Subscription' && input.id === member.id) return false;
  return isInside(input.xid, member);
}

/** In order of subscription key, each once. One group's members are in order already. */
function inOrder(matched: RegistryMember[]): readonly RegistryMember[] {
  let isOrdered = true;
  for (let at = 1; at < matched.length; at += 1) {
    if (matched[at - 1]!.subscriptionKey < matched[at]!.subscriptionKey) continue;
    isOrdered = false;
    break;
  }
  if (isOrdered) return matched;
  matched.sort((a, b) => a.subscriptionKey - b.subscriptionKey);
  return matched.filter((member, at) => at === 0 || matched[at - 1]!.subscriptionKey !== member.subscriptionKey);
}
