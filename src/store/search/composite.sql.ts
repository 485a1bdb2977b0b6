// Composites. Over one element at most every part is asked as the parameter it is. Over repeating elements resource_number has rows for each element,
// with the keys of its codes and references beside its numbers; parts with numbers of their own stand in rows that share the element.
import {
  indexedParameters,
  type CompositeValue,
  type NumberValue,
  type QuantityValue,
  type SearchClause,
  type SearchValue,
} from '../../fhir';
import { indexKey, referenceTargets, tokenForm } from './index-keys';
import { numberCondition } from './number.sql';
import { partKey, partName } from './number-rows';
import { placementOf } from './placement';
import type { ClauseSql } from './search-sql';

/** Parameters of the standard: their parts are parameters that find the same elements, and more. */
const STANDARD = 'http://hl7.org/fhir/SearchParameter/';

type PartSql = (clause: SearchClause) => string;

function wholeSql({ parts }: CompositeValue, { definitions, type, clause }: ClauseSql, partSql: PartSql): string {
  const parameters = indexedParameters(definitions, type).get(clause.parameter.code)!.parts!;
  const conditions = parts.map((value, index) =>
    partSql({ parameter: parameters[index]!.definition, values: [value] }),
  );
  return `(${conditions.join(' and ')})`;
}

function isNumeric(value: SearchValue): value is NumberValue | QuantityValue {
  return value.kind === 'number' || value.kind === 'quantity';
}

/** What the row itself shows of the codes in its elements, so that an index finds it. Says less than the rows of the elements. */
function prefilterSql(value: SearchValue, part: number, { definitions, type, clause, values }: ClauseSql): string[] {
  const { url, components = [] } = clause.parameter;
  const code = components[part]?.code ?? '';
  const isToken = indexedParameters(definitions, type).get(code)?.definition.type === 'token';
  if (value.kind !== 'token' || !isToken || !url.startsWith(STANDARD)) return [];
  const placement = placementOf(definitions, type, code);
  if (placement.kind !== 'keys') return [];
  return [`r.${placement.column} && ${values.add([indexKey(code, tokenForm(value))], 'text[]')}`];
}

function keysSql(value: SearchValue, part: number, { values }: ClauseSql): string[] {
  const forms =
    value.kind === 'token' ? [tokenForm(value)] : value.kind === 'reference' ? referenceTargets(value) : undefined;
  if (!forms) return [];
  return [
    `s.keys::jsonb ?| ${values.add(
      forms.map((form) => partKey(part, form)),
      'text[]',
    )}`,
  ];
}

function otherNumberSql(value: NumberValue | QuantityValue, part: number, { clause, values }: ClauseSql): string {
  const name = values.add(partName(clause.parameter.code, part), 'text');
  return `exists (select from resource_number t where t.tenant = s.tenant and t.type = s.type and t.id = s.id
      and t.version = s.version and t.element = s.element and t.param = ${name} and ${numberCondition(value, 't', values)})`;
}

function elementSql({ parts }: CompositeValue, asked: ClauseSql): string {
  const { clause, type, tenant, values } = asked;
  const first = parts.findIndex(isNumeric);
  const name = values.add(partName(clause.parameter.code, first < 0 ? undefined : first), 'text');
  const conditions = [`s.tenant = ${tenant}`, `s.type = ${values.add(type, 'text')}`, `s.param = ${name}`];
  for (const [part, value] of parts.entries()) {
    conditions.push(...keysSql(value, part, asked));
    if (!isNumeric(value)) continue;
    conditions.push(part === first ? numberCondition(value, 's', values) : otherNumberSql(value, part, asked));
  }
  const rows = `select s.id, s.version from resource_number s where ${conditions.join(' and ')}`;
  const prefilters = parts.flatMap((value, part) => prefilterSql(value, part, asked));
  return [...prefilters, `(r.id, r.version) in (${rows})`].join(' and ');
}

/** In: a clause of a composite, and how a clause of one of its parts is asked. */
export function compositeSql(asked: ClauseSql, partSql: PartSql): string {
  const { clause, placement } = asked;
  const conditions = clause.values.map((value) => {
    if (value.kind !== 'composite') throw new Error(`A composite is not asked for ${value.kind}`);
    return placement.kind === 'parts' ? wholeSql(value, asked, partSql) : elementSql(value, asked);
  });
  return conditions.map((condition) => `(${condition})`).join(' or ');
}
