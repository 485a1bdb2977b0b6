// Dates compare intervals [low, high): of the type's main date in the row, of every other in resource_date, of _lastUpdated as one
// millisecond wide.
import type { DateValue } from '../../fhir';
import { rangeCondition } from './range.sql';
import { sideRowsSql, valuesOfKind, type SearchSql, type SqlValues } from './search-sql';
import { timestampText } from './timestamps';

interface Target {
  readonly low: string;
  readonly high: string;
  /** Milliseconds from the last one inside to what `high` holds. */
  readonly beyond: 0 | 1;
}

function comparison({ prefix, low, high }: DateValue, target: Target, values: SqlValues): string {
  const is = (column: string, operator: string, ms: number): string =>
    `${column} ${operator} ${values.add(timestampText(ms), 'timestamptz')}`;
  return rangeCondition(
    { prefix, low, high: high - 1 },
    {
      lowIs: (operator, bound) => is(target.low, operator, bound),
      highIs: (operator, bound) => is(target.high, operator, bound + target.beyond),
    },
  );
}

const lastUpdated: Target = { low: 'r.last_updated', high: 'r.last_updated', beyond: 0 };
const mainDate: Target = { low: 'r.date_low', high: 'r.date_high', beyond: 1 };
const sideDate: Target = { low: 's.low', high: 's.high', beyond: 1 };

export const dateSql: SearchSql = (asked) => {
  const { clause, placement, values } = asked;
  const anyOf = (target: Target): string =>
    valuesOfKind(clause, 'date')
      .map((value) => comparison(value, target, values))
      .join(' or ');
  if (placement.kind === 'last-updated') return anyOf(lastUpdated);
  if (placement.kind === 'date-column') return anyOf(mainDate);
  return sideRowsSql('resource_date', asked, anyOf(sideDate));
};
