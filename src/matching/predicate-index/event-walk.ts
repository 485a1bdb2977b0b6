// One event on its way through the groups of its type: follows the event's own keys and ends, and verifies what it finds.
import type { IndexedParameter, ParameterEntries, SearchSubject } from '../../fhir';
import { REJECTS_MAX } from '../limits';
import { ABSENT, PRESENT, type Key } from './access-keys';
import { Bucket, groupsUnder, type Probe, type Sorted } from './bucket';
import type { GroupColumns } from './group-columns';
import type { Predicate } from './predicates';
import type { GroupSink } from './thresholds';
import type { TypeIndex } from './type-index';

export interface WalkInput {
  readonly subject: SearchSubject;
  readonly baseUrl: string;
  /** Number of the event in this process; greater than those before. */
  readonly event: number;
  readonly isDelete: boolean;
}

export class EventWalk implements GroupSink {
  /** Numbers of the groups whose criteria are satisfied, each once. */
  readonly hits: number[] = [];
  /** Groups that could not be evaluated, with the reason. */
  readonly failures: { readonly group: number; readonly reason: string }[] = [];

  /** Buckets of the root in which many were looked at for little. */
  readonly suspects: Bucket[] = [];
  private candidates = 0;
  private depth = 0;

  constructor(
    private readonly index: TypeIndex,
    private readonly columns: GroupColumns,
    private readonly input: WalkInput,
  ) {}

  run(): void {
    this.visit(this.index.root, 0);
  }

  /** A group that the event may satisfy, of whose clauses `proven` are known to be satisfied. Only the first time counts. */
  consider(group: number, proven: number): void {
    const { columns, input } = this;
    if (columns.seenAt[group] === input.event) return;
    columns.seenAt[group] = input.event;
    this.candidates += 1;
    if (input.isDelete && columns.groups[group]!.deleteWishes === 0) return;
    if (proven === columns.clauses[group] || this.isVerified(group)) this.hits.push(group);
  }

  private visit(bucket: Bucket, proven: number): void {
    for (const group of bucket.loose) this.consider(group, proven);
    for (const sorted of bucket.sorted) this.visitSorted(sorted, proven);
    for (const probe of bucket.probes) this.visitProbe(probe, proven);
  }

  private visitSorted({ parameter, order, thresholds }: Sorted, proven: number): void {
    const found = this.entriesOf(parameter, () => thresholds.groups());
    const end = found && order.endOf(found.entries);
    if (end !== undefined) thresholds.select({ end, start: order.startOf?.(found!.entries) }, this, proven);
  }

  private visitProbe(probe: Probe, proven: number): void {
    const { parameter, form } = probe;
    const found = this.entriesOf(parameter, () => groupsUnder(probe));
    if (found === undefined) return;
    if (form.isPresence) return this.follow(probe, found.isPresent ? PRESENT : ABSENT, proven);
    for (const entry of found.entries) {
      const keys = form.keysOf(entry);
      if (keys === undefined) continue;
      if (typeof keys === 'object') for (const key of keys) this.follow(probe, key, proven);
      else this.follow(probe, keys, proven);
    }
  }

  private follow({ form, found }: Probe, key: Key, proven: number): void {
    const here = found.get(key);
    if (here === undefined) return;
    const provenHere = form.isExact ? proven + 1 : proven;
    if (!(here instanceof Bucket)) this.consider(here, provenHere);
    else if (this.depth > 0) this.visit(here, provenHere);
    else this.visitFromRoot(here, provenHere);
  }

  private visitFromRoot(bucket: Bucket, proven: number): void {
    const rejectedBefore = this.candidates - this.hits.length;
    this.depth += 1;
    this.visit(bucket, proven);
    this.depth -= 1;
    if (this.candidates - this.hits.length - rejectedBefore > REJECTS_MAX) this.suspects.push(bucket);
  }

  private isVerified(group: number): boolean {
    const residuals = this.index.residualsOf(group);
    try {
      if (!Array.isArray(residuals)) return this.isTrue(residuals as Predicate);
      for (const predicate of residuals as readonly Predicate[]) if (!this.isTrue(predicate)) return false;
      return true;
    } catch (error) {
      // Expected never: a bug in one search type must not stop the events of everybody else.
      this.fail(group, error);
      return false;
    }
  }

  private isTrue(predicate: Predicate): boolean {
    return this.index.predicates.isTrue(predicate, this.input.subject, this.input.event);
  }

  private entriesOf(parameter: IndexedParameter, waiting: () => Iterable<number>): ParameterEntries | undefined {
    try {
      return this.input.subject.entriesOf(parameter, this.input.baseUrl);
    } catch (error) {
      // Expected never: a bug in the extraction of one parameter. Whoever asks by it cannot be answered; the others go on.
      for (const group of waiting()) this.fail(group, error);
      return undefined;
    }
  }

  private fail(group: number, error: unknown): void {
    this.failures.push({ group, reason: error instanceof Error ? error.message : String(error) });
  }
}
