// Clauses that ask other resources. Each is a query of its own for the targets' references (or for who is referred to), computed once
// and then looked up in the index of the reference: `subject_ref`, `encounter_ref` (btree) or `refs` (GIN). The inner `r` hides the outer one.
import type { ChainLink, ClauseLink, FhirDefinitions, ReverseLink, SearchClause } from '../../fhir';
import { partitionOf } from '../sql/partition';
import { placementOf } from './placement';
import type { SqlValues } from './search-sql';

/** What every part of a statement under construction shares. */
export interface Asking {
  readonly definitions: FhirDefinitions;
  readonly values: SqlValues;
  /** SQL of the tenant. */
  readonly tenant: string;
}

/** The condition of one clause on the row `r` of this type. */
export type ClauseCondition = (clause: SearchClause, type: string, asking: Asking) => string;

function rowsSql(selected: string, type: string, conditions: readonly string[], { tenant }: Asking): string {
  const where = [`r.tenant = ${tenant}`, 'not r.deleted', ...conditions].join(' and ');
  return `array(select ${selected} from ${partitionOf(type)} r where ${where})`;
}

function chainSql(
  { parameter }: SearchClause,
  { targets, logical }: ChainLink,
  type: string,
  asking: Asking,
  conditionOf: ClauseCondition,
): string {
  const placement = placementOf(asking.definitions, type, parameter.code);
  const isColumn = placement.kind === 'reference-column';
  const named = logical ? [conditionOf(logical, type, asking)] : [];
  const followed = targets.map((target) => {
    const beginning = asking.values.add(isColumn ? `${target.type}/` : `${parameter.code}=${target.type}/`, 'text');
    // An id is in collation C, the keys in refs are not: without this their index could not be asked.
    const key = isColumn ? `${beginning} || r.id` : `(${beginning} || r.id) collate "default"`;
    const found = rowsSql(key, target.type, [conditionOf(target.clause, target.type, asking)], asking);
    return isColumn ? `r.${placement.column} = any(${found})` : `r.refs && ${found}`;
  });
  return [...named, ...followed].join(' or ');
}

/** In `refs` a key with a version stands beside the one without, so only the latter need be read. */
function reverseSql(
  { type, reference, clause }: ReverseLink,
  targetType: string,
  asking: Asking,
  conditionOf: ClauseCondition,
): string {
  const placement = placementOf(asking.definitions, type, reference.code);
  const condition = conditionOf(clause, type, asking);
  const isColumn = placement.kind === 'reference-column';
  const beginning = isColumn ? `${targetType}/` : `${reference.code}=${targetType}/`;
  const begins = asking.values.add(beginning, 'text');
  const idIn = (key: string): string => `substr(${key}, ${asking.values.add(beginning.length + 1, 'int')})`;
  const found = isColumn
    ? rowsSql(idIn(`r.${placement.column}`), type, [condition, `starts_with(r.${placement.column}, ${begins})`], asking)
    : rowsSql(
        `unnest(array(select ${idIn('k')} from unnest(r.refs) k where starts_with(k, ${begins})))`,
        type,
        [condition],
        asking,
      );
  return `r.id = any(${found})`;
}

/** Out: a condition on the row `r`; null counts as false. */
export function linkSql(
  clause: SearchClause,
  link: ClauseLink,
  type: string,
  asking: Asking,
  conditionOf: ClauseCondition,
): string {
  switch (link.kind) {
    case 'chain':
      return `(${chainSql(clause, link, type, asking, conditionOf)})`;
    case 'has':
      return `(${reverseSql(link, type, asking, conditionOf)})`;
    case 'any':
      return `(${link.clauses.map((each) => conditionOf(each, type, asking)).join(' or ')})`;
  }
}
