// Tokens ask for keys in `tokens` or `identifiers` (GIN), `_id` for the primary key.
import { indexKey, tokenForm } from './index-keys';
import { valuesOfKind, type SearchSql } from './search-sql';

export const tokenSql: SearchSql = ({ clause, placement, values }) => {
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
