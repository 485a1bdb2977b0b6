// What the index keeps of each group beside its place, by the group's number: a few bytes each, since there may be a million.
import type { RegistryGroup } from '../../subscriptions';
import type { Predicate } from './predicates';

const FIRST_LENGTH = 1_024;

export class GroupColumns {
  readonly groups: (RegistryGroup | undefined)[] = [];
  /** What a candidate is verified by; undefined when nothing is, or when it was not needed yet. */
  readonly residuals: (readonly Predicate[] | Predicate | undefined)[] = [];
  /** The event each was last considered for. */
  seenAt = new Int32Array(FIRST_LENGTH);
  /** How many clauses each has. */
  clauses = new Uint8Array(FIRST_LENGTH);
  /** The clause that every path to the group proves, by its place among the clauses; -1 when there is none. */
  proven = new Int8Array(FIRST_LENGTH);

  set(group: RegistryGroup, clauses: number, proven: number): void {
    const { number } = group;
    if (number >= this.seenAt.length) this.grow(Math.max(number + 1, Math.ceil(this.seenAt.length * 1.5)));
    this.groups[number] = group;
    this.residuals[number] = undefined;
    this.seenAt[number] = 0;
    this.clauses[number] = clauses;
    this.proven[number] = proven;
  }

  clear(number: number): void {
    this.groups[number] = undefined;
    this.residuals[number] = undefined;
  }

  private grow(length: number): void {
    const { seenAt, clauses, proven } = this;
    this.seenAt = new Int32Array(length);
    this.seenAt.set(seenAt);
    this.clauses = new Uint8Array(length);
    this.clauses.set(clauses);
    this.proven = new Int8Array(length);
    this.proven.set(proven);
  }
}
