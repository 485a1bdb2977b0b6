// Uris ask for keys in `refs` (GIN).
import { indexKey } from './index-keys';
import { valuesOfKind, type SearchSql } from './search-sql';

export const uriSql: SearchSql = ({ clause, values }) => {
  const keys = valuesOfKind(clause, 'uri').map(({ uri }) => indexKey(clause.parameter.code, uri));
  return `r.refs && ${values.add(keys, 'text[]')}`;
};
