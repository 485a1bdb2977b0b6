// Dates compare intervals [low, high): of the type's main date in the row, of every other in resource_date, of _lastUpdated as one
// millisecond wide. The prefixes mean what fhir/search/date.ts says; conditions that follow from others are there for the indexes.
import type { DateValue } from '../../fhir';
import { sideRowsSql, valuesOfKind, type SearchSql, type SqlValues } from './search-sql';
import { timestampText } from './timestamps';

interface Target {
  readonly low: string;
  readonly high: string;
  /** Milliseconds to take from what `high` is compared with: `last_updated` stands for an end that is one later. */
  readonly shift: number;
}

function comparison({ prefix, low, high }: DateValue, target: Target, values: SqlValues): string {
  const lowIs = (operator: string, ms: number): string =>
    `${target.low} ${operator} ${values.add(timestampText(ms), 'timestamptz')}`;
  const highIs = (operator: string, ms: number): string =>
    `${target.high} ${operator} ${values.add(timestampText(ms - target.shift), 'timestamptz')}`;
  // An interval is never empty, so what is inside also begins before the end: said twice, the index reads one stretch.
  const isInside = (): string => `${lowIs('>=', low)} and ${lowIs('<', high)} and ${highIs('<=', high)}`;
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
      return `(${highIs('>', low)} and (${highIs('>', high)} or (${isInside()})))`;
    case 'le':
      return `(${lowIs('<', high)} and (${lowIs('<', low)} or (${isInside()})))`;
    case 'sa':
      return lowIs('>=', high);
    case 'eb':
      return highIs('<=', low);
    case 'ap':
      return `(${lowIs('<', high)} and ${highIs('>', low)})`;
  }
}

const lastUpdated: Target = { low: 'r.last_updated', high: 'r.last_updated', shift: 1 };
const mainDate: Target = { low: 'r.date_low', high: 'r.date_high', shift: 0 };
const sideDate: Target = { low: 's.low', high: 's.high', shift: 0 };

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
