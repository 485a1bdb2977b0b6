// What every <type>.sql.ts offers: a clause turned into a condition on the resource row `r`. One list: search-conditions.ts.
import type { FhirDefinitions, SearchClause, SearchValue } from '../../fhir';
import { paramsOf, type Placement } from './placement';

/** Collects the values of a statement under construction. */
export class SqlValues {
  readonly list: unknown[] = [];

  /** Adds a value; out: how the statement refers to it, with its type, for example `$3::text[]`. */
  add(value: unknown, type: string): string {
    this.list.push(value);
    return `$${this.list.length}::${type}`;
  }
}

export interface ClauseSql {
  readonly definitions: FhirDefinitions;
  readonly type: string;
  readonly clause: SearchClause;
  readonly placement: Placement;
  readonly values: SqlValues;
  /** SQL of the tenant, for side tables. */
  readonly tenant: string;
}

/**
 * Out: SQL that is true for the rows that have any of the values; it may be null for rows without any. `:not` and
 * `:missing` are the caller's.
 */
export type SearchSql = (clause: ClauseSql) => string;

/** The values of one kind, typed. The parser makes only values of the parameter's own type. */
export function valuesOfKind<K extends SearchValue['kind']>(
  clause: SearchClause,
  kind: K,
): Extract<SearchValue, { kind: K }>[] {
  return clause.values.filter((value): value is Extract<SearchValue, { kind: K }> => value.kind === kind);
}

/** Side rows `s` of one parameter, wherever they stand. */
export function paramSql(placement: Placement, code: string, values: SqlValues): string {
  const params = paramsOf(placement, code);
  return `s.param = ${params.length === 1 ? values.add(params[0], 'text') : `any(${values.add(params, 'text[]')})`}`;
}

/** Rows of a side table that belong to the current version of `r`. */
export function sideRowsSql(
  table: string,
  { type, tenant, values, clause, placement }: ClauseSql,
  condition: string,
): string {
  const typeSql = values.add(type, 'text');
  const isOne = paramSql(placement, clause.parameter.code, values);
  return `(r.id, r.version) in (select s.id, s.version from ${table} s where s.tenant = ${tenant} and s.type = ${typeSql} and ${isOne} and (${condition}))`;
}
