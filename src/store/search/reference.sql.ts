// References ask for keys in `refs` (GIN); subject and encounter, where a resource has one at most, for a column of their own
// (btree). `:identifier` asks `identifiers`.
import { hierarchySql } from './hierarchy.sql';
import { indexKey, isPlainReference, referenceTargets, tokenForm } from './index-keys';
import { valuesOfKind, type ClauseSql, type SearchSql } from './search-sql';

function keysSql(
  column: 'refs' | 'identifiers',
  code: string,
  forms: readonly string[],
  { values }: ClauseSql,
): string {
  const keys = forms.map((form) => indexKey(code, form));
  return `r.${column} && ${values.add(keys, 'text[]')}`;
}

export const referenceSql: SearchSql = (asked) => {
  const { clause, placement, values } = asked;
  const { code } = clause.parameter;
  if (clause.modifier === 'identifier') {
    const forms = valuesOfKind(clause, 'reference-identifier').map(({ identifier }) => tokenForm(identifier));
    return keysSql('identifiers', `${code}:identifier`, forms, asked);
  }
  const references = valuesOfKind(clause, 'reference');
  const placed = references.flatMap(({ key, hierarchy }) => (hierarchy ? [hierarchySql(key!, hierarchy, asked)] : []));
  if (placed.length > 0) return placed.join(' or ');
  const targets = references.flatMap(referenceTargets);
  if (placement.kind !== 'reference-column') return keysSql('refs', code, targets, asked);
  const plain = targets.filter(isPlainReference);
  const others = targets.filter((target) => !isPlainReference(target));
  const conditions = [
    ...(plain.length > 0 ? [`r.${placement.column} = any(${values.add(plain, 'text[]')})`] : []),
    ...(others.length > 0 ? [keysSql('refs', code, others, asked)] : []),
  ];
  return conditions.join(' or ');
};
