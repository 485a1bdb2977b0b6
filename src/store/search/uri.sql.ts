// Uris ask for keys in `refs` (GIN).
import { hierarchySql } from './hierarchy.sql';
import { indexKey } from './index-keys';
import { valuesOfKind, type SearchSql } from './search-sql';

export const uriSql: SearchSql = (asked) => {
  const uris = valuesOfKind(asked.clause, 'uri');
  const placed = uris.flatMap(({ uri, hierarchy }) => (hierarchy ? [hierarchySql(uri, hierarchy, asked)] : []));
  if (placed.length > 0) return placed.join(' or ');
  const keys = uris.map(({ uri }) => indexKey(asked.clause.parameter.code, uri));
  return `r.refs && ${asked.values.add(keys, 'text[]')}`;
};
