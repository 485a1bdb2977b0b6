// `:above` asks for the keys of all that is above (GIN); `:below` looks at every key of the row for its beginning.
import type { Hierarchy } from '../../fhir';
import { HASHED_KEY, indexKey, keyBeginnings } from './index-keys';
import type { ClauseSql } from './search-sql';

/** In: a value with its hierarchy. Out: the condition on `r.refs`. What `:below` finds among hashed keys is confirmed on the body. */
export function hierarchySql(own: string, hierarchy: Hierarchy, { clause, values }: ClauseSql): string {
  const { code } = clause.parameter;
  if (hierarchy.kind === 'above') {
    return `r.refs && ${values.add(
      hierarchy.texts.map((text) => indexKey(code, text)),
      'text[]',
    )}`;
  }
  const { plain, hashed } = keyBeginnings(code, hierarchy.beginning);
  const ownKey = `r.refs @> ${values.add([indexKey(code, own)], 'text[]')}`;
  const isBelow = `starts_with(k, ${values.add(plain, 'text')})`;
  const mayBeBelow = `starts_with(k, ${values.add(hashed, 'text')}) and k ~ ${values.add(HASHED_KEY, 'text')}`;
  return `(${ownKey} or exists (select from unnest(r.refs) k where ${isBelow} or (${mayBeBelow})))`;
}
