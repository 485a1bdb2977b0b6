// Searches inside a compartment: what belongs to one Patient, Encounter, Practitioner, RelatedPerson or Device.
// http://hl7.org/fhir/R4/compartmentdefinition.html
import type { CompartmentName, FhirDefinitions } from '../definitions';
import { indexedParameters } from './indexed-parameters';
import type { SearchClause } from './search-query';

/** The compartments that FHIR defines; each is named for the type it is about. */
export const COMPARTMENTS: readonly CompartmentName[] = [
  'Patient',
  'Encounter',
  'Practitioner',
  'RelatedPerson',
  'Device',
];

export function isCompartment(name: string): name is CompartmentName {
  return (COMPARTMENTS as readonly string[]).includes(name);
}

function codesOf(definitions: FhirDefinitions, name: CompartmentName, type: string): readonly string[] {
  const parameters = indexedParameters(definitions, type);
  return definitions.compartmentParameters(name, type).filter((code) => code === '{def}' || parameters.has(code));
}

/** Types that can be in it, its own first of all, in order of name. */
export function compartmentTypes(definitions: FhirDefinitions, name: CompartmentName): readonly string[] {
  return definitions.resourceTypes.filter((type) => type === name || codesOf(definitions, name, type).length > 0);
}

/** Satisfied by what is in it: named by any of the definition's parameters, or what the compartment is about itself. */
export function compartmentClause(
  definitions: FhirDefinitions,
  type: string,
  { name, id }: { readonly name: CompartmentName; readonly id: string },
): SearchClause {
  const parameters = definitions.searchParameters(type);
  const itself = parameters.get('_id')!;
  const key = `${name}/${id}`;
  const clauses: SearchClause[] = codesOf(definitions, name, type)
    .filter((code) => code !== '{def}')
    .map((code) => ({ parameter: parameters.get(code)!, values: [{ kind: 'reference', key, text: key }] }));
  if (type === name) clauses.push({ parameter: itself, values: [{ kind: 'token', code: id, text: id }] });
  return { parameter: itself, values: [], link: { kind: 'any', clauses } };
}
