// Evaluates an event against every distinct criteria of its type, once each, and then asks each subscriber's own conditions.
import { matchesSubject, SearchSubject, type FhirDefinitions } from '../fhir';
import { isInside, type RegistryEntry, type RegistryGroup, type RegistryMember } from '../subscriptions';
import type { BrokenCriteria, MatchAnswer, MatchIndex, MatchInput } from './match-index.contract';

/** The part of the registry that is asked. */
export interface GroupSource {
  groupsFor(tenant: string, type: string): Iterable<RegistryGroup>;
}

export class TypeGroupIndex implements MatchIndex {
  constructor(
    private readonly source: GroupSource,
    private readonly definitions: FhirDefinitions,
  ) {}

  mayMatch(tenant: string, type: string, isDelete: boolean): boolean {
    for (const group of this.source.groupsFor(tenant, type)) {
      if (!isDelete || group.deleteWishes > 0) return true;
    }
    return false;
  }

  match(input: MatchInput): MatchAnswer {
    const matched = new Map<number, RegistryEntry>();
    const broken: BrokenCriteria[] = [];
    const subject = new SearchSubject(this.definitions, input.resource);
    for (const group of this.source.groupsFor(input.tenant, input.type)) {
      if (input.isDelete && group.deleteWishes === 0) continue;
      const verdict = evaluate(group, subject);
      if (verdict === true) collect(group, input, matched);
      if (typeof verdict === 'string') broken.push({ entries: entriesOf(group), reason: verdict });
    }
    return { matched: [...matched.values()].sort((a, b) => a.subscriptionKey - b.subscriptionKey), broken };
  }
}

/** The reason when the evaluation threw. */
function evaluate(group: RegistryGroup, subject: SearchSubject): boolean | string {
  try {
    return matchesSubject(group.query, subject);
  } catch (error) {
    // Expected never: a bug in one search type must not stop the events of everybody else.
    return error instanceof Error ? error.message : String(error);
  }
}

function collect(group: RegistryGroup, input: MatchInput, matched: Map<number, RegistryEntry>): void {
  for (const member of group.members) {
    if (concerns(member, input)) matched.set(member.entry.subscriptionKey, member.entry);
  }
}

function entriesOf(group: RegistryGroup): RegistryEntry[] {
  return [...group.members].map((member) => member.entry);
}

/** Whether the event concerns this subscriber, its criteria apart. */
function concerns(member: RegistryMember, input: MatchInput): boolean {
  const { entry, interval } = member;
  if (input.isDelete && !entry.sendDeletes) return false;
  if (entry.endsAt !== undefined && input.writtenAt > entry.endsAt) return false;
  // No Subscription hears of itself: its own status changes would never end.
  if (input.type === 'Subscription' && input.id === entry.id) return false;
  return isInside(input.xid, interval);
}
