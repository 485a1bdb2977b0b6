// Where the index keeps each search parameter. Decided once per resource type, from the parameter's type and from how many
// elements it can find; the write side (columns.ts) and the search side (*.sql.ts) both ask here.
import { indexedParameters, stringParts, type FhirDefinitions, type IndexedParameter } from '../../fhir';

export type Placement =
  /** The row's own identity and time. */
  | { readonly kind: 'id' }
  | { readonly kind: 'last-updated' }
  /** Keys in an array column of the row. */
  | { readonly kind: 'keys'; readonly column: 'tokens' | 'identifiers' | 'refs' }
  /** One reference in a column of its own; what is not `Type/id` goes to `refs`. */
  | { readonly kind: 'reference-column'; readonly column: 'subject_ref' | 'encounter_ref' }
  /** The one interval that stands in the row. */
  | { readonly kind: 'date-column' }
  /** Rows of a side table. */
  | { readonly kind: 'date-rows' }
  /** `params`: the parameter's own code, then those of parameters that find parts of what it finds. Their rows are its rows too, and are not repeated. */
  | { readonly kind: 'string-rows'; readonly params: readonly string[] }
  /** `params`: under which codes the rows stand. Where others together find the same, the parameter has no rows of its own. */
  | { readonly kind: 'number-rows'; readonly params: readonly string[] }
  /** Composites: nowhere of its own, each part is a parameter; or rows for each of the repeating elements. */
  | { readonly kind: 'parts' }
  | { readonly kind: 'element-rows' };

/** The parameter whose interval stands in the row: the first of these that the type has, finding one element at most. */
const mainDates = [
  'date',
  'period',
  'birthdate',
  'authoredon',
  'authored',
  'created',
  'recorded-date',
  'onset-date',
  'issued',
];

type Parameters = ReadonlyMap<string, IndexedParameter>;

function mainDate(parameters: Parameters): string | undefined {
  return mainDates.find((code) => {
    const parameter = parameters.get(code);
    return parameter?.definition.type === 'date' && parameter.isSingle && !parameter.definition.custom;
  });
}

function seesSameElements(one: IndexedParameter | undefined, other: IndexedParameter | undefined): boolean {
  return one !== undefined && other !== undefined && one.leafPaths.join() === other.leafPaths.join();
}

/** `patient` narrows `subject` to Patients on many types: one column then answers both, since its keys name the type. */
function referenceColumn(parameters: Parameters, parameter: IndexedParameter): Placement | undefined {
  const { code } = parameter.definition;
  // Columns belong to parameters of the standard: what is in them must not change with a SearchParameter.
  if (!parameter.isSingle || parameter.definition.custom) return undefined;
  if (code === 'encounter') return { kind: 'reference-column', column: 'encounter_ref' };
  const subject = parameters.get('subject');
  const holdsSubject =
    subject?.isSingle === true && subject.definition.type === 'reference' && !subject.definition.custom;
  const isSubject =
    code === 'subject' || (code === 'patient' && (!holdsSubject || seesSameElements(subject, parameter)));
  return isSubject ? { kind: 'reference-column', column: 'subject_ref' } : undefined;
}

/** It finds every element at its paths: nothing is filtered. */
function isPlain({ expression }: { readonly expression: string }): boolean {
  return !/where|\[/.test(expression);
}

/** Parameters of the standard, of one type, that find nothing but elements at these paths. */
function within(parameters: Parameters, type: string, paths: ReadonlySet<string>): IndexedParameter[] {
  return [...parameters.values()].filter(
    ({ definition, leafPaths }) =>
      definition.type === type &&
      !definition.custom &&
      leafPaths.length > 0 &&
      leafPaths.every((path) => paths.has(path)),
  );
}

const codesOf = (parameters: readonly IndexedParameter[]): string[] =>
  parameters.map(({ definition }) => definition.code);

/** Observation.combo-value-quantity finds what value-quantity and component-value-quantity find: their rows say it all. */
function numberParams(parameters: Parameters, { definition, leafPaths }: IndexedParameter): readonly string[] {
  if (definition.custom) return [definition.code];
  const narrower = within(parameters, definition.type, new Set(leafPaths)).filter(
    (other) => other.leafPaths.length < leafPaths.length && isPlain(other.definition),
  );
  const covered = new Set(narrower.flatMap((other) => other.leafPaths));
  const isCovered = isPlain(definition) && leafPaths.length > 0 && leafPaths.every((path) => covered.has(path));
  return isCovered ? codesOf(narrower) : [definition.code];
}

/** Patient.name finds what family and given find, and the parts that are neither. */
function stringParams(
  parameters: Parameters,
  { definition, leafPaths, leafTypes }: IndexedParameter,
): readonly string[] {
  if (definition.custom || !isPlain(definition)) return [definition.code];
  const names = leafTypes.flatMap((type) => stringParts[type] ?? []);
  const partPaths = new Set(leafPaths.flatMap((whole) => names.map((name) => `${whole}.${name}`)));
  return [definition.code, ...codesOf(within(parameters, definition.type, partPaths))];
}

function place(parameters: Parameters, parameter: IndexedParameter): Placement {
  const { code, type } = parameter.definition;
  if (code === '_id') return { kind: 'id' };
  if (code === '_lastUpdated') return { kind: 'last-updated' };
  switch (type) {
    case 'string':
      return { kind: 'string-rows', params: stringParams(parameters, parameter) };
    case 'date':
      return { kind: code === mainDate(parameters) ? 'date-column' : 'date-rows' };
    case 'reference':
      return referenceColumn(parameters, parameter) ?? { kind: 'keys', column: 'refs' };
    case 'number':
    case 'quantity':
      return { kind: 'number-rows', params: numberParams(parameters, parameter) };
    case 'composite':
      return { kind: parameter.isSingle ? 'parts' : 'element-rows' };
    case 'uri':
      return { kind: 'keys', column: 'refs' };
    default:
      return { kind: 'keys', column: parameter.leafTypes.join() === 'Identifier' ? 'identifiers' : 'tokens' };
  }
}

const placements = new WeakMap<Parameters, ReadonlyMap<string, Placement>>();

/** In: a resource type and one of its indexed parameters. Out: where its values are. Throws when it is not indexed. */
export function placementOf(definitions: FhirDefinitions, type: string, code: string): Placement {
  const parameters = indexedParameters(definitions, type);
  let known = placements.get(parameters);
  if (!known) {
    known = new Map([...parameters.values()].map((each) => [each.definition.code, place(parameters, each)]));
    placements.set(parameters, known);
  }
  const placement = known.get(code);
  if (!placement) throw new Error(`${type}.${code} is not indexed`);
  return placement;
}

/** Under which codes the side rows of a parameter stand. */
export function paramsOf(placement: Placement, code: string): readonly string[] {
  return 'params' in placement ? placement.params : [code];
}
