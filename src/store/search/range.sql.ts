// How a stored interval is compared with a wanted one, both with their ends in them. The same in memory: fhir/search/number-range.ts.
import type { SearchPrefix } from '../../fhir';

/** Conditions on the ends of the stored interval; `bound` as the wanted interval has it. */
export interface StoredEnds {
  readonly lowIs: (operator: string, bound: number) => string;
  readonly highIs: (operator: string, bound: number) => string;
}

/** In: the prefix and the wanted interval. Out: the condition. */
export function rangeCondition(
  { prefix, low, high }: { readonly prefix: SearchPrefix; readonly low: number; readonly high: number },
  { lowIs, highIs }: StoredEnds,
): string {
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
