// A match index and the evaluation of everything, on the same subscriptions: both must answer the same to each of the official examples.
import { definitionsFor, FhirError, parseCriteria, type FhirDefinitions, type FhirResource } from '../../src/fhir';
import { PredicateIndex, type MatchAnswer, type MatchInput } from '../../src/matching';
import { RegistryGroups } from '../../src/subscriptions/registry-groups';
import { exampleResources, generatedCriteria, referencedAmong, type Random } from '../support/generated-criteria';
import { LinearMatchIndex } from '../support/linear-match-index';

export const standard = definitionsFor('R4');
const baseUrl = 'http://127.0.0.1/fhir';
/** The official examples. */
export const byType = new Map<string, FhirResource[]>();
const examples = exampleResources();
export const amongExamples = referencedAmong(standard, examples);
for (const resource of examples) {
  byType.set(resource.resourceType, [...(byType.get(resource.resourceType) ?? []), resource]);
}
export const types = [...byType.keys()];

/** Two indexes on equal registries, which always hear the same. */
export class Duel {
  private readonly followed = new RegistryGroups();
  private readonly plain = new RegistryGroups();
  private readonly index: PredicateIndex;
  private readonly oracle: LinearMatchIndex;
  /** Kinds of the values that were asked for. */
  readonly kinds = new Set<string>();

  constructor(
    private readonly random: Random,
    private readonly definitions: FhirDefinitions = standard,
  ) {
    this.index = new PredicateIndex(this.followed, definitions);
    this.oracle = new LinearMatchIndex(this.plain, definitions);
  }

  /** Adds the subscription, or replaces what has its key. */
  put(subscriptionKey: number, type: string): void {
    this.subscribe(subscriptionKey, generatedCriteria(this.random, this.definitions, byType.get(type)!));
  }

  /** The same with criteria given. */
  subscribe(subscriptionKey: number, criteria: string): void {
    try {
      const query = parseCriteria(this.definitions, criteria, { baseUrl });
      const facts = { subscriptionKey, tenant: 'default', id: `s${subscriptionKey}` };
      const entry = { ...facts, sendDeletes: this.random() < 0.2, intervals: [{ query }] };
      this.followed.put(entry);
      this.plain.put(entry);
      for (const { values } of query.clauses) for (const { kind } of values) this.kinds.add(kind);
    } catch (error) {
      // Expected: criteria that cannot be evaluated exactly, such as a text that folds to nothing.
      if (!(error instanceof FhirError)) throw error;
    }
  }

  remove(subscriptionKey: number): void {
    this.followed.remove(subscriptionKey);
    this.plain.remove(subscriptionKey);
  }

  /** What both answer; fails when they differ. */
  compare(resource: FhirResource, isDelete: boolean, referenced = amongExamples): number {
    const { resourceType: type, id = 'x' } = resource;
    const writtenAt = new Date('2026-01-01T00:00:00Z');
    const input: MatchInput = { tenant: 'default', type, id, xid: 100, writtenAt, isDelete, resource, referenced };
    const [found, expected] = [this.index.match(input), this.oracle.match(input)];
    expect(this.texts(found)).toEqual(this.texts(expected));
    if (found.matched.length > 0) expect(this.index.mayMatch('default', type, isDelete)).toBe(true);
    return found.matched.length;
  }

  private texts({ matched, broken }: MatchAnswer): unknown {
    return { matched: matched.map(({ subscriptionKey }) => subscriptionKey), broken: broken.length };
  }
}
