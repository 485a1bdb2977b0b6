// Numbers and quantities ask resource_number: intervals [low, high] with both ends in them, as written or in base units.
import type { NumberValue, QuantityValue } from '../../fhir';
import { rangeCondition, type StoredEnds } from './range.sql';
import { sideRowsSql, valuesOfKind, type SearchSql, type SqlValues } from './search-sql';

type NumberColumns = 'written' | 'in-unit';

function endsOf(row: string, columns: NumberColumns, values: SqlValues): StoredEnds {
  const prefix = columns === 'written' ? '' : 'unit_';
  return {
    lowIs: (operator, bound) => `${row}.${prefix}low ${operator} ${values.add(bound, 'float8')}`,
    highIs: (operator, bound) => `${row}.${prefix}high ${operator} ${values.add(bound, 'float8')}`,
  };
}

/** In: a value and the name of a row of resource_number. Out: the condition on that row. */
export function numberCondition(value: NumberValue | QuantityValue, row: string, values: SqlValues): string {
  if (value.kind === 'number') return rangeCondition(value, endsOf(row, 'written', values));
  if (value.unit !== undefined) {
    return `(${row}.unit = ${values.add(value.unit, 'text')} and ${rangeCondition(value, endsOf(row, 'in-unit', values))})`;
  }
  const compared = rangeCondition(value, endsOf(row, 'written', values));
  if (value.code === undefined) return compared;
  const code = values.add(value.code, 'text');
  return `(${compared} and (${row}.code = ${code} or ${row}.label = ${code}))`;
}

export const numberSql: SearchSql = (asked) => {
  const { clause, values } = asked;
  const wanted = [...valuesOfKind(clause, 'number'), ...valuesOfKind(clause, 'quantity')];
  const conditions = wanted.map((value) => numberCondition(value, 's', values));
  return sideRowsSql('resource_number', asked, conditions.join(' or '));
};
