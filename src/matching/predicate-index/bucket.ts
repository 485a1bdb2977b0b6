// A place where groups lie: the root of a type, or what shares a key below it. In a bucket groups are found by a key of one of their
// clauses, lie sorted by a bound, or lie loose and are all looked at. A bucket with too many loose ones is split by keys.
import type { IndexedParameter } from '../../fhir';
import { LOOSE_MAX, SPLITS_MAX } from '../limits';
import type { Form, Key } from './access-keys';
import { afterKey, cheapest, leftOf, type Step } from './access-choice';
import type { Order } from './orders';
import type { PlannedClause, Window } from './planned-clause';
import type { Statistics } from './statistics';
import { Thresholds } from './thresholds';

/** What a bucket needs to know of the groups in it. */
export interface BucketGroups {
  readonly statistics: Statistics;
  /** All clauses of a group, in the order of their texts. */
  clausesOf(group: number): readonly PlannedClause[];
}

/** All groups of this bucket that are found by keys of one form. */
export interface Probe {
  readonly parameter: IndexedParameter;
  readonly form: Form;
  /** One group, or a bucket of several. */
  readonly found: Map<Key, number | Bucket>;
}

/** All groups of this bucket that are sorted by one order. */
export interface Sorted {
  readonly parameter: IndexedParameter;
  readonly order: Order;
  readonly thresholds: Thresholds;
}

export class Bucket {
  /** Looked at whatever the event says: those with nothing left to ask, and those that cannot be told apart (yet). */
  readonly loose: number[] = [];
  readonly probes: Probe[] = [];
  readonly sorted: Sorted[] = [];
  private isSplit: boolean;

  /** `path`: the keys that lead here, from the root on. */
  constructor(
    private readonly groups: BucketGroups,
    private readonly path: readonly Step[],
  ) {
    this.isSplit = path.length === 0;
  }

  get isEmpty(): boolean {
    return this.loose.length === 0 && this.probes.length === 0 && this.sorted.length === 0;
  }

  /** In: a group and those of its clauses that did not lead here. Out: the clause it is filed by, if any. */
  add(group: number, left: readonly PlannedClause[]): PlannedClause | undefined {
    const access = this.isSplit ? cheapest(left, this.groups.statistics) : undefined;
    if (access) {
      this.addByKeys(group, left, access.clause, access.steps);
      return access.clause;
    }
    const ordered = this.isSplit || left.length === 1 ? left.find(({ bound }) => bound) : undefined;
    if (ordered) {
      const { order, at, sureAt } = ordered.bound!;
      this.sortedBy(ordered.parameter, order).thresholds.add(at, sureAt, group);
      return ordered;
    }
    this.loose.push(group);
    if (!this.isSplit && this.path.length <= SPLITS_MAX && this.loose.length > LOOSE_MAX) this.split();
    return undefined;
  }

  /**
   * In: a group and all its clauses. Which of them it was filed by may have been another choice than would be made today, so every place
   * that it can be in is looked at. Answers whether it was anywhere.
   */
  remove(group: number, clauses: readonly PlannedClause[]): boolean {
    let wasHere = this.removeLoose(group);
    for (const clause of this.sorted.length > 0 ? clauses : []) {
      for (const place of [clause.bound, clause.window]) {
        if (place) wasHere = this.removeSorted(group, clause.parameter, place) || wasHere;
      }
    }
    // By what is found here, not by what is asked: below each key of a long list there is nothing to find by its other keys.
    for (const probe of [...this.probes]) {
      for (const key of keysFor(probe, clauses)) wasHere = this.removeKey(group, clauses, probe, key) || wasHere;
    }
    return wasHere;
  }

  /** Every group here and below. */
  *all(): Iterable<number> {
    yield* this.loose;
    for (const { thresholds } of this.sorted) yield* thresholds.groups();
    for (const probe of this.probes) yield* groupsUnder(probe);
  }

  private split(): void {
    this.isSplit = true;
    for (const group of this.loose.splice(0)) this.add(group, leftOf(this.groups.clausesOf(group), this.path));
  }

  private addByKeys(group: number, left: readonly PlannedClause[], clause: PlannedClause, steps: readonly Step[]) {
    const others = afterKey(left, clause);
    if (clause.window)
      this.sortedBy(clause.parameter, clause.window.order).thresholds.add(clause.window.at, NaN, group);
    for (const step of steps) {
      const { found } = this.probeOf(step.parameter, step.form);
      const here = found.get(step.key);
      if (here === undefined) found.set(step.key, group);
      else this.bucketAt(found, step, here).add(group, others);
    }
  }

  private bucketAt(found: Probe['found'], step: Step, here: number | Bucket): Bucket {
    if (here instanceof Bucket) return here;
    const path = [...this.path, step];
    const bucket = new Bucket(this.groups, path);
    found.set(step.key, bucket);
    bucket.add(here, leftOf(this.groups.clausesOf(here), path));
    return bucket;
  }

  private probeOf(parameter: IndexedParameter, form: Form): Probe {
    const known = this.probes.find((probe) => probe.parameter === parameter && probe.form === form);
    if (known) return known;
    const probe: Probe = { parameter, form, found: new Map() };
    this.probes.push(probe);
    return probe;
  }

  private sortedBy(parameter: IndexedParameter, order: Order): Sorted {
    const known = this.sortedOf(parameter, order);
    if (known) return known;
    const sorted: Sorted = { parameter, order, thresholds: new Thresholds(order) };
    this.sorted.push(sorted);
    return sorted;
  }

  private sortedOf(parameter: IndexedParameter, order: Order): Sorted | undefined {
    return this.sorted.find((each) => each.parameter === parameter && each.order.name === order.name);
  }

  private removeLoose(group: number): boolean {
    const place = this.loose.indexOf(group);
    if (place < 0) return false;
    const last = this.loose.pop()!;
    if (last !== group) this.loose[place] = last;
    return true;
  }

  private removeSorted(group: number, parameter: IndexedParameter, { order, at }: Window): boolean {
    const sorted = this.sortedOf(parameter, order);
    if (!sorted?.thresholds.remove(at, group)) return false;
    if (sorted.thresholds.size === 0) this.sorted.splice(this.sorted.indexOf(sorted), 1);
    return true;
  }

  private removeKey(group: number, clauses: readonly PlannedClause[], probe: Probe, key: Key): boolean {
    const here = probe.found.get(key);
    if (here === undefined) return false;
    if (here instanceof Bucket ? !here.remove(group, clauses) : here !== group) return false;
    if (!(here instanceof Bucket) || here.isEmpty) probe.found.delete(key);
    if (probe.found.size === 0) this.probes.splice(this.probes.indexOf(probe), 1);
    return true;
  }
}

/** The keys of these clauses by which the probe may find a group, each as often as they have it. */
function keysFor({ parameter, form }: Probe, clauses: readonly PlannedClause[]): readonly Key[] {
  return clauses.flatMap((clause) =>
    clause.parameter === parameter
      ? (clause.values ?? []).flatMap((value) => (value.form === form ? value.keys : []))
      : [],
  );
}

/** Every group that this probe may find. */
export function* groupsUnder({ found }: Probe): Iterable<number> {
  for (const here of found.values()) {
    if (here instanceof Bucket) yield* here.all();
    else yield here;
  }
}
