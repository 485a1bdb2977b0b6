// The order of a search and the place in it where a page begins, as SQL. Every order ends in the resource's identity, so no two are alike.
import type { SqlValues } from './search-sql';
import type { SortValue } from './sort-keys';

export interface OrderKey {
  /** Column of the rows that are ordered. */
  readonly name: string;
  readonly cast: string;
  readonly isDescending: boolean;
  /** Missing values come last, whichever way the others go. */
  readonly canBeMissing: boolean;
}

/** `isBackward`: the other way round, for the pages before. */
export function orderSql(keys: readonly OrderKey[], alias: string, isBackward: boolean): string {
  return keys
    .flatMap(({ name, isDescending, canBeMissing }) => {
      const way = isDescending !== isBackward ? ' desc' : '';
      const missing = canBeMissing ? [`(${alias}.${name} is null)${isBackward ? ' desc' : ''}`] : [];
      return [...missing, `${alias}.${name}${way}`];
    })
    .join(', ');
}

interface Bound {
  readonly key: OrderKey;
  readonly value: SortValue;
  /** The value as a parameter; absent when it is missing. */
  readonly sql: string;
}

function isBeyond({ key, value, sql }: Bound, alias: string, isBackward: boolean): string {
  const column = `${alias}.${key.name}`;
  if (value === undefined) return isBackward ? `${column} is not null` : 'false';
  const beyond = `${column} ${key.isDescending !== isBackward ? '<' : '>'} ${sql}`;
  return key.canBeMissing && !isBackward ? `(${beyond} or ${column} is null)` : beyond;
}

function isEqual({ key, value, sql }: Bound, alias: string): string {
  return value === undefined ? `${alias}.${key.name} is null` : `${alias}.${key.name} = ${sql}`;
}

/**
 * Rows that come after these values in the order (before them when `isBackward`). As one comparison of rows where all keys go the same way,
 * which an index answers.
 */
export function beyondSql(
  keys: readonly OrderKey[],
  place: readonly SortValue[],
  values: SqlValues,
  alias: string,
  isBackward: boolean,
): string {
  const bounds = keys.map((key, index): Bound => {
    const value = place[index];
    return { key, value, sql: value === undefined ? 'null' : values.add(value, key.cast) };
  });
  const isOneWay = keys.every((key) => !key.canBeMissing && key.isDescending === keys[0]!.isDescending);
  if (isOneWay) {
    const names = keys.map(({ name }) => `${alias}.${name}`);
    const operator = keys[0]!.isDescending !== isBackward ? '<' : '>';
    return `(${names.join(', ')}) ${operator} (${bounds.map(({ sql }) => sql).join(', ')})`;
  }
  const ways = bounds.map((bound, index) => {
    const equal = bounds.slice(0, index).map((before) => isEqual(before, alias));
    return `(${[...equal, isBeyond(bound, alias, isBackward)].join(' and ')})`;
  });
  return `(${ways.join(' or ')})`;
}
