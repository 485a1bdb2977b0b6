// How each search type asks Postgres, one line each, and a whole query as one condition on the resource row `r`.
import type {
  FhirDefinitions,
  Hierarchy,
  SearchClause,
  SearchParameterDefinition,
  SearchQuery,
  SearchValue,
} from '../../fhir';
import { compositeSql } from './composite.sql';
import { dateSql } from './date.sql';
import { isLongKey, referenceTargets, tokenForm, typedIdentifierForm } from './index-keys';
import { numberSql } from './number.sql';
import { placementOf, type Placement } from './placement';
import { referenceSql } from './reference.sql';
import { linkSql, type Asking } from './link.sql';
import type { SearchSql, SqlValues } from './search-sql';
import { stringSql } from './string.sql';
import { tokenSql } from './token.sql';
import { uriSql } from './uri.sql';

const searchSqls: Readonly<Partial<Record<SearchParameterDefinition['type'], SearchSql>>> = Object.freeze({
  date: dateSql,
  number: numberSql,
  quantity: numberSql,
  reference: referenceSql,
  string: stringSql,
  token: tokenSql,
  uri: uriSql,
});

/** Every row has an id and a time; of the other parameters `present` says whether they are there. */
function missingSql(isMissing: boolean, clause: SearchClause, placement: Placement, values: SqlValues): string {
  if (placement.kind === 'id' || placement.kind === 'last-updated') return isMissing ? 'false' : 'true';
  const isPresent = `r.present @> ${values.add([clause.parameter.code], 'text[]')}`;
  return isMissing ? `not (${isPresent})` : isPresent;
}

function clauseSql(clause: SearchClause, type: string, asking: Asking): string {
  const { definitions, values, tenant } = asking;
  if (clause.link) return linkSql(clause, clause.link, type, asking, clauseSql);
  const placement = placementOf(definitions, type, clause.parameter.code);
  const [first] = clause.values;
  if (first?.kind === 'missing') return missingSql(first.isMissing, clause, placement, values);
  if (clause.parameter.type === 'composite') {
    const asked = { definitions, type, clause, placement, values, tenant };
    return `(${compositeSql(asked, (part) => clauseSql(part, type, asking))})`;
  }
  const ask = searchSqls[clause.parameter.type];
  if (!ask) throw new Error(`No SQL for search parameters of type ${clause.parameter.type}`);
  const condition = ask({ definitions, type, clause, placement, values, tenant });
  return clause.modifier === 'not' ? `(${condition}) is not true` : `(${condition})`;
}

/**
 * In: a query, the statement's values so far, and the SQL of its tenant. Out: the conditions of its clauses, joined by AND
 * (`true` for none). They count on the indexes of migrations/0002-store.sql.
 */
export function queryCondition(
  definitions: FhirDefinitions,
  query: SearchQuery,
  values: SqlValues,
  tenant: string,
): string {
  const conditions = query.clauses.map((clause) => clauseSql(clause, query.type, { definitions, values, tenant }));
  return conditions.length === 0 ? 'true' : conditions.join(' and ');
}

function hasLongValue({ parameter: { code, components = [] }, values }: SearchClause): boolean {
  return values.some((value) =>
    isLong(
      code,
      value,
      components.map((component) => component.code),
    ),
  );
}

function isLong(code: string, value: SearchValue, parts: readonly string[]): boolean {
  switch (value.kind) {
    case 'composite':
      return value.parts.some((part, index) => isLong(parts[index] ?? code, part, []));
    case 'typed-identifier':
      return isLongKey(`${code}:of-type`, typedIdentifierForm(value));
    case 'token':
      return isLongKey(code, tokenForm(value));
    case 'reference-identifier':
      return isLongKey(`${code}:identifier`, tokenForm(value.identifier));
    case 'reference':
      return (
        isBelow(value.hierarchy) ||
        hierarchyTexts(value.hierarchy, referenceTargets(value)).some((target) => isLongKey(code, target))
      );
    case 'uri':
      return (
        isBelow(value.hierarchy) || hierarchyTexts(value.hierarchy, [value.uri]).some((text) => isLongKey(code, text))
      );
    case 'string':
    case 'token-text':
    case 'date':
    case 'number':
    case 'quantity':
    case 'missing':
      return false;
  }
}

/** What is below may stand in a key that shows its beginning only. */
function isBelow(hierarchy: Hierarchy | undefined): boolean {
  return hierarchy?.kind === 'below';
}

function hierarchyTexts(hierarchy: Hierarchy | undefined, own: readonly string[]): readonly string[] {
  return hierarchy?.kind === 'above' ? hierarchy.texts : own;
}

/** True when the condition compares hashes of long values: what it finds is then confirmed on the body (matchesQuery). */
export function needsConfirmation(query: SearchQuery): boolean {
  return ownClauses(query).some(hasLongValue);
}

/** What can be asked of the resource's own body: without what is asked of others. */
export function ownClauses({ clauses }: SearchQuery): readonly SearchClause[] {
  return clauses.filter(({ link }) => link === undefined);
}
