// Which of its clauses a group is found by: the one that the fewest events satisfy, by estimate. Equality goes before order, because
// a bound compares across everything, while below an equality it only sorts what is there.
import type { IndexedParameter } from '../../fhir';
import { LISTED_VALUES_MAX } from '../limits';
import type { Form, Key, ValueKeys } from './access-keys';
import type { PlannedClause } from './planned-clause';
import type { Statistics } from './statistics';

/** One key of one parameter. */
export interface Step {
  readonly parameter: IndexedParameter;
  readonly form: Form;
  readonly key: Key;
}

export interface Access {
  readonly clause: PlannedClause;
  /** The group is filed under each of these. */
  readonly steps: readonly Step[];
  readonly probability: number;
}

interface Estimated {
  readonly steps: readonly Step[];
  readonly probability: number;
}

function ofValue({ parameter }: PlannedClause, value: ValueKeys, statistics: Statistics): Estimated {
  const { form, keys, isOneEnough } = value;
  const all = keys.map((key) => ({ parameter, form, key }));
  const estimates = keys.map((key) => statistics.probability(parameter, form, key));
  if (!isOneEnough) return { steps: all, probability: estimates.reduce((sum, each) => sum + each, 0) };
  const least = Math.min(...estimates);
  return { steps: [all[estimates.indexOf(least)]!], probability: least };
}

function accessBy(clause: PlannedClause, statistics: Statistics): Access {
  const values = clause.values!.map((value) => ofValue(clause, value, statistics));
  const probability = values.reduce((sum, each) => sum + each.probability, 0);
  return { clause, steps: each(values.flatMap(({ steps }) => steps)), probability };
}

/** Values may share a key; a group lies under it once. */
function each(steps: readonly Step[]): readonly Step[] {
  if (steps.length === 1) return steps;
  return [...new Map(steps.map((step) => [`${step.form.name} ${step.key}`, step])).values()];
}

/** The best clause to find a group by; undefined when none has keys. */
export function cheapest(clauses: readonly PlannedClause[], statistics: Statistics): Access | undefined {
  let best: Access | undefined;
  for (const clause of clauses) {
    if (!clause.values) continue;
    const access = accessBy(clause, statistics);
    if (!best || access.probability < best.probability) best = access;
  }
  return best;
}

/** Of long lists of values: asked for each of their keys, they would cost the square of their length. */
const listedKeys = new WeakMap<PlannedClause, ReadonlyMap<Form, ReadonlySet<Key>>>();

function listed(clause: PlannedClause): ReadonlyMap<Form, ReadonlySet<Key>> {
  const known = listedKeys.get(clause);
  if (known) return known;
  const byForm = new Map<Form, Set<Key>>();
  for (const { form, keys } of clause.values ?? []) {
    const listedOfForm = byForm.get(form) ?? new Set<Key>();
    for (const key of keys) listedOfForm.add(key);
    byForm.set(form, listedOfForm);
  }
  listedKeys.set(clause, byForm);
  return byForm;
}

function has(clause: PlannedClause, { parameter, form, key }: Step): boolean {
  const { values = [] } = clause;
  if (clause.parameter !== parameter) return false;
  if (values.length > LISTED_VALUES_MAX) return listed(clause).get(form)?.has(key) ?? false;
  return values.some((value) => value.form === form && value.keys.includes(key));
}

/** What of a clause is left to place a group by once a key of it led there: its bound, where the key does not prove it. */
export function afterKey(clauses: readonly PlannedClause[], used: PlannedClause): readonly PlannedClause[] {
  return clauses.flatMap((clause) => {
    if (clause !== used) return [clause];
    return used.bound && !used.isExact ? [{ ...used, values: undefined, window: undefined }] : [];
  });
}

/** The clauses of a group that are left to place it by in the bucket that `path` leads to. */
export function leftOf(clauses: readonly PlannedClause[], path: readonly Step[]): readonly PlannedClause[] {
  let left = clauses;
  for (const step of path) {
    const used = left.find((clause) => has(clause, step));
    if (used) left = afterKey(left, used);
  }
  return left;
}
