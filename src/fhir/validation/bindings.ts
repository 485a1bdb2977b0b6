// Required bindings: a code must be one of the value set's. http://hl7.org/fhir/R4/terminologies.html#required
import type { FhirDefinitions } from '../definitions';
import { isJsonObject } from '../text/parse-resource';
import { quoted } from './findings';

const CODES_SHOWN_MAX = 12;

/** Checks a code, Coding or CodeableConcept; a text says what is wrong. */
export type BindingCheck = (value: unknown) => string | undefined;

// Value sets that cannot be listed but have a shape.
const SHAPES: Readonly<Record<string, { readonly shape: RegExp; readonly what: string }>> = {
  'http://hl7.org/fhir/ValueSet/currencies': {
    shape: /^[A-Z]{3}$/,
    what: 'a currency code of three capitals (ISO 4217)',
  },
};

function listed(codes: ReadonlySet<string>): string {
  const shown = [...codes].slice(0, CODES_SHOWN_MAX).join(', ');
  return codes.size > CODES_SHOWN_MAX ? `${shown}, … (${codes.size} codes)` : shown;
}

function codingsOf(value: unknown): unknown[] {
  if (!isJsonObject(value)) return [];
  return Array.isArray(value.coding) ? (value.coding as unknown[]) : [value];
}

function conceptCheck(definitions: FhirDefinitions, binding: string, codes: ReadonlySet<string>): BindingCheck {
  const isOneOf = (coding: unknown): boolean => {
    if (!isJsonObject(coding) || typeof coding.code !== 'string') return false;
    return codes.has(coding.code) && definitions.systemOf(binding, coding.code) === coding.system;
  };
  return (value) => {
    if (codingsOf(value).some(isOneOf)) return undefined;
    return `One coding must be of the value set ${binding}, with its system: ${listed(codes)}.`;
  };
}

/** In: a required value set and the type of the element bound to it. Out: the check; undefined when codes cannot be told. */
export function bindingCheck(definitions: FhirDefinitions, binding: string, type: string): BindingCheck | undefined {
  const codes = definitions.codes(binding);
  const shape = SHAPES[binding];
  if (type === 'code' && shape) {
    return (value) => (shape.shape.test(String(value)) ? undefined : `${quoted(value)} is not ${shape.what}.`);
  }
  if (!codes) return undefined;
  if (type === 'Coding' || type === 'CodeableConcept') return conceptCheck(definitions, binding, codes);
  return (value) => {
    if (typeof value === 'string' && codes.has(value)) return undefined;
    return `${quoted(value)} is not one of the allowed codes: ${listed(codes)}.`;
  };
}
