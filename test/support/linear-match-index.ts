// The plainest thing that answers "who matches?": every event against every distinct criteria of its type, each member asked for itself.
// What the match index must agree with, and is measured against.
import {
  chainPathOf,
  matchesSubject,
  parseCriteria,
  SearchSubject,
  type FhirDefinitions,
  type SearchQuery,
} from '../../src/fhir';
import type { AskedChain, BrokenCriteria, MatchAnswer, MatchIndex, MatchInput } from '../../src/matching';
import { isInside, type RegistryEntry, type RegistryGroup, type RegistryMember } from '../../src/subscriptions';

/** The part of the registry that is asked. */
export interface GroupSource {
  groupsFor(tenant: string, type: string): Iterable<RegistryGroup>;
}

export class LinearMatchIndex implements MatchIndex {
  private readonly queries = new WeakMap<RegistryGroup, SearchQuery>();

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

  chainsOf(tenant: string, type: string): readonly AskedChain[] {
    return [...this.source.groupsFor(tenant, type)].flatMap((group) =>
      this.queryOf(group).clauses.flatMap((clause) => {
        const path = chainPathOf(this.definitions, type, clause);
        return path ? [{ path, baseUrl: group.baseUrl }] : [];
      }),
    );
  }

  match(input: MatchInput): MatchAnswer {
    const matched = new Map<number, RegistryEntry>();
    const broken: BrokenCriteria[] = [];
    const subject = new SearchSubject(this.definitions, input.resource, input.referenced);
    for (const group of this.source.groupsFor(input.tenant, input.type)) {
      if (input.isDelete && group.deleteWishes === 0) continue;
      const verdict = this.evaluate(group, subject);
      if (verdict === true) collect(group, input, matched);
      if (typeof verdict === 'string') broken.push({ entries: group.members, reason: verdict });
    }
    return { matched: [...matched.values()].sort((a, b) => a.subscriptionKey - b.subscriptionKey), broken };
  }

  /** The reason when the evaluation threw. */
  private evaluate(group: RegistryGroup, subject: SearchSubject): boolean | string {
    try {
      return matchesSubject(this.queryOf(group), subject);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  private queryOf(group: RegistryGroup): SearchQuery {
    const known = this.queries.get(group) ?? parseCriteria(this.definitions, group.canonical, group);
    this.queries.set(group, known);
    return known;
  }
}

function collect(group: RegistryGroup, input: MatchInput, matched: Map<number, RegistryEntry>): void {
  for (const member of group.members) if (concerns(member, input)) matched.set(member.subscriptionKey, member);
}

function concerns(member: RegistryMember, input: MatchInput): boolean {
  if (input.isDelete && !member.sendDeletes) return false;
  if (member.startsAt !== undefined && input.writtenAt < member.startsAt) return false;
  if (member.endsAt !== undefined && input.writtenAt > member.endsAt) return false;
  if (input.type === 'Subscription' && input.id === member.id) return false;
  return isInside(input.xid, member);
}
