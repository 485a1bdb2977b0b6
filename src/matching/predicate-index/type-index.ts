// The groups of one tenant, resource type and base URL: where each lies, and what is left to verify once it was found.
import { parseCriteria, type FhirDefinitions, type SearchQuery } from '../../fhir';
import type { RegistryGroup } from '../../subscriptions';
import { REREAD_MAX } from '../limits';
import { Bucket, type BucketGroups } from './bucket';
import { ChainParameters } from './chain-parameters';
import type { GroupColumns } from './group-columns';
import { planQuery } from './plan';
import type { PlannedClause } from './planned-clause';
import { Predicates, type Predicate } from './predicates';
import { Statistics } from './statistics';

export class TypeIndex implements BucketGroups {
  readonly statistics = new Statistics();
  readonly predicates: Predicates;
  readonly chains: ChainParameters;
  readonly root: Bucket;
  /** Clauses of other groups that were read again for the change at hand. */
  private readonly reread = new Map<number, readonly PlannedClause[]>();

  constructor(
    private readonly definitions: FhirDefinitions,
    private readonly columns: GroupColumns,
    home: Pick<RegistryGroup, 'type' | 'baseUrl'>,
  ) {
    this.predicates = new Predicates(definitions, home.type, home.baseUrl);
    this.chains = new ChainParameters(definitions, home.type);
    this.root = new Bucket(this, []);
  }

  /** Throws, and changes nothing, when the query cannot be planned. */
  add(group: RegistryGroup, query: SearchQuery): void {
    this.file(group, planQuery(this.definitions, query, this.chains));
    this.chains.take(query);
  }

  remove(group: RegistryGroup): void {
    const query = this.queryOf(group.number);
    this.takeOut(group.number, planQuery(this.definitions, query, this.chains));
    this.chains.giveBack(query);
    this.columns.clear(group.number);
  }

  /** Places it again, by what is known of the events now. */
  refile(group: RegistryGroup): void {
    const clauses = this.read(group.number);
    this.takeOut(group.number, clauses);
    this.file(group, clauses);
  }

  private file(group: RegistryGroup, clauses: readonly PlannedClause[]): void {
    this.reread.clear();
    for (const { parameter, values } of clauses) {
      for (const { form } of values ?? []) this.statistics.watch(parameter, form);
    }
    // Before it is placed: a bucket that splits asks for the clauses of what lies in it.
    this.columns.set(group, clauses.length, -1);
    const access = this.root.add(group.number, clauses);
    this.reread.clear();
    if (access?.isExact) this.columns.proven[group.number] = clauses.indexOf(access);
    if (!isProvenByPlace(clauses, access)) this.compile(group.number, clauses);
  }

  private takeOut(number: number, clauses: readonly PlannedClause[]): void {
    this.root.remove(number, clauses);
    const held = this.columns.residuals[number];
    for (const predicate of held === undefined ? [] : [held].flat()) this.predicates.giveBack(predicate);
  }

  clausesOf(number: number): readonly PlannedClause[] {
    let clauses = this.reread.get(number);
    if (clauses) return clauses;
    if (this.reread.size >= REREAD_MAX) this.reread.clear();
    this.reread.set(number, (clauses = this.read(number)));
    return clauses;
  }

  private read(number: number): readonly PlannedClause[] {
    return planQuery(this.definitions, this.queryOf(number), this.chains);
  }

  private queryOf(number: number): SearchQuery {
    const { canonical, baseUrl } = this.columns.groups[number]!;
    return parseCriteria(this.definitions, canonical, { baseUrl });
  }

  /** What a candidate must satisfy besides the clause that every path to it proves. */
  residualsOf(number: number): readonly Predicate[] | Predicate {
    return this.columns.residuals[number] ?? this.compile(number, this.read(number));
  }

  private compile(number: number, clauses: readonly PlannedClause[]): readonly Predicate[] | Predicate {
    const proven = this.columns.proven[number];
    const held = clauses.filter((_, index) => index !== proven).map((clause) => this.predicates.take(clause));
    const residuals = held.length === 1 ? held[0]! : held;
    this.columns.residuals[number] = residuals;
    return residuals;
  }
}

/** Whether whatever finds the group proves its clauses: by one key, by one bound, or by a key and a bound below it. */
function isProvenByPlace(clauses: readonly PlannedClause[], access: PlannedClause | undefined): boolean {
  if (!access) return clauses.length === 0;
  if (clauses.length === 1) return access.isExact || access.bound !== undefined;
  const [first, second] = clauses;
  const other = first === access ? second : first;
  return clauses.length === 2 && access.isExact && other!.bound !== undefined;
}
