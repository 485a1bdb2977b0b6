// Numbers and quantities ask resource_number: intervals [low, high] with both ends in them, as written or in base units. The prefixes mean what
// fhir/search/number-range.ts says.
import type { NumberValue, QuantityValue } from '../../fhir';
import { sideRowsSql, valuesOfKind, type SearchSql, type SqlValues } from './search-sql';

interface Columns {
  readonly low: string;
  readonly high: string;
}

const written = (row: string): Columns => ({ low: `${row}.low`, high: `${row}.high` });
const inUnit = (row: string): Columns => ({ low: `${row}.unit_low`, high: `${row}.unit_high` });

function comparison({ prefix, low, high }: NumberValue | QuantityValue, target: Columns, values: SqlValues): string {
  const lowIs = (operator: string, bound: number): string => `${target.low} ${operator} ${values.add(bound, 'float8')}`;
  const highIs = (operator: string, bound: number): string =>
    `${target.high} ${operator} ${values.add(bound, 'float8')}`;
  // What is inside also begins before the end: said twice, the index reads one stretch.
  const isInside = (): string => `${lowIs('>=', low)} and ${lowIs('<=', high)} and ${highIs('<=', high)}`;
  switch (prefix) {
    case 'eq':
      return `(${isInside()})`;
    case 'ne':
      return `not (${isInside()})`;
    case 'gt':
      return highIs('>', high);
    case 'lt':
      return lowIs('<', low);
    case 'ge':
      return `(${highIs('>=', low)} and (${highIs('>', high)} or (${isInside()})))`;
    case 'le':
      return `(${lowIs('<=', high)} and (${lowIs('<', low)} or (${isInside()})))`;
    case 'sa':
      return lowIs('>', high);
    case 'eb':
      return highIs('<', low);
    case 'ap':
      return `(${lowIs('<=', high)} and ${highIs('>=', low)})`;
  }
}

/** In: a value and the name of a row of resource_number. Out: the condition on that row. */
export function numberCondition(value: NumberValue | QuantityValue, row: string, values: SqlValues): string {
  if (value.kind === 'number') return comparison(value, written(row), values);
  if (value.unit !== undefined) {
    return `(${row}.unit = ${values.add(value.unit, 'text')} and ${comparison(value, inUnit(row), values)})`;
  }
  const compared = comparison(value, written(row), values);
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
