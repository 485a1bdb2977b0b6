// Tokens ask for keys in `tokens` or `identifiers` (GIN), `_id` for the primary key; `:text` looks at every text of the row.
import { indexKey, tokenForm, typedIdentifierForm } from './index-keys';
import { valuesOfKind, type ClauseSql, type SearchSql } from './search-sql';

function textSql({ clause, values }: ClauseSql): string {
  const beginnings = valuesOfKind(clause, 'token-text').map(({ folded }) => {
    return `starts_with(t, ${values.add(`${clause.parameter.code}=${folded}`, 'text')})`;
  });
  return `exists (select from unnest(r.texts) t where ${beginnings.join(' or ')})`;
}

function ofTypeSql({ clause, values }: ClauseSql): string {
  const wanted = valuesOfKind(clause, 'typed-identifier');
  const keys = wanted.map((value) => indexKey(`${clause.parameter.code}:of-type`, typedIdentifierForm(value)));
  return `r.identifiers && ${values.add(keys, 'text[]')}`;
}

export const tokenSql: SearchSql = (asked) => {
  const { clause, placement, values } = asked;
  if (clause.modifier === 'text') return textSql(asked);
  if (clause.modifier === 'of-type') return ofTypeSql(asked);
  const tokens = valuesOfKind(clause, 'token');
  if (placement.kind === 'id') {
    // An id has no system: `system|id` is nobody's, `|id` is id.
    const ids = tokens.filter(({ system }) => system === undefined || system === '').map(({ code }) => code);
    return `r.id = any(${values.add(ids, 'text[]')})`;
  }
  if (placement.kind !== 'keys') throw new Error(`A token is not kept in ${placement.kind}`);
  const keys = tokens.map((token) => indexKey(clause.parameter.code, tokenForm(token)));
  return `r.${placement.column} && ${values.add(keys, 'text[]')}`;
};
