// Strings ask resource_string: a beginning as a range over the first characters of the folded text (collate "C", btree),
// `:exact` by the same range and the whole text, `:contains` by looking at every value of the parameter.
import { foldText, type StringValue } from '../../fhir';
import { sideRowsSql, valuesOfKind, type SearchSql, type SqlValues } from './search-sql';

/** As many characters of a value as its index entry holds: the index of migrations/0002-store.sql. */
const INDEXED_CHARACTERS = 100;
const indexed = `left(s.folded, ${INDEXED_CHARACTERS})`;

/** The least text above every text that begins so, in code point order; undefined when there is none. */
export function textAfter(beginning: string): string | undefined {
  const points = [...beginning];
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const next = last.codePointAt(0)! + 1;
    // Surrogates are no characters: after U+D7FF comes U+E000.
    if (next <= 0x10ffff) return points.join('') + String.fromCodePoint(next === 0xd800 ? 0xe000 : next);
  }
  return undefined;
}

function beginsSql(folded: string, values: SqlValues): string {
  const points = [...folded];
  if (points.length > INDEXED_CHARACTERS) {
    const head = values.add(points.slice(0, INDEXED_CHARACTERS).join(''), 'text');
    return `(${indexed} = ${head} and starts_with(s.folded, ${values.add(folded, 'text')}))`;
  }
  const after = textAfter(folded);
  const from = `${indexed} >= ${values.add(folded, 'text')}`;
  return after === undefined ? from : `(${from} and ${indexed} < ${values.add(after, 'text')})`;
}

function exactSql(value: string, values: SqlValues): string {
  const head = [...foldText(value)].slice(0, INDEXED_CHARACTERS).join('');
  return `(${indexed} = ${values.add(head, 'text')} and coalesce(s.exact, s.folded) = ${values.add(value, 'text')})`;
}

function valueSql({ mode, value }: StringValue, values: SqlValues): string {
  switch (mode) {
    case 'prefix':
      return beginsSql(value, values);
    case 'contains':
      return `strpos(s.folded, ${values.add(value, 'text')}) > 0`;
    case 'exact':
      return exactSql(value, values);
  }
}

export const stringSql: SearchSql = (asked) => {
  const conditions = valuesOfKind(asked.clause, 'string').map((value) => valueSql(value, asked.values));
  return sideRowsSql('resource_string', asked, conditions.join(' or '));
};
