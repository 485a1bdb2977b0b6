// What the index can do with one clause of a query.
import type { IndexedParameter, SearchClause } from '../../fhir';
import type { ValueKeys } from './forms';
import type { Bound, Order } from './orders';

/** Where a window begins, among the windows of its bucket. */
export interface Window {
  readonly order: Order;
  readonly at: number;
}

export interface PlannedClause {
  /** Equal text, equal meaning. */
  readonly text: string;
  readonly clause: SearchClause;
  readonly parameter: IndexedParameter;
  /** One for each value, joined by OR; absent when the clause cannot be found by keys. */
  readonly values?: readonly ValueKeys[];
  /** To have one of the keys is to satisfy the clause. */
  readonly isExact: boolean;
  readonly bound?: Bound;
  /** It is found by `values` or by this, and satisfied by neither alone. */
  readonly window?: Window;
}
