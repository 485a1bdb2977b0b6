// The in-parameters of an operation, asked for by name: https://hl7.org/fhir/R4/parameters.html. Strict: what nobody asks for is refused, and
// every mistake is told with its place. Pure.
import { errorIssue, FhirError, isJsonObject, type FhirResource } from '../fhir';
import { PARAMETERS_MAX } from './limits';

interface Given {
  readonly place: string;
  readonly element: string;
  readonly value: unknown;
}

export class InputParameters {
  private constructor(private readonly given: ReadonlyMap<string, Given>) {}

  /** @throws FhirError 400 for a parameter that is not known, has no simple value, or is given twice */
  static of(parameters: FhirResource, names: readonly string[]): InputParameters {
    const list: unknown = parameters['parameter'] ?? [];
    if (!Array.isArray(list) || list.length > PARAMETERS_MAX)
      throw refusal('Parameters.parameter', `must be a list of at most ${PARAMETERS_MAX} parameters`);
    const given = new Map<string, Given>();
    for (const [index, one] of (list as unknown[]).entries()) {
      const { name, ...rest } = givenOf(one, `Parameters.parameter[${index}]`);
      if (!names.includes(name))
        throw refusal(`${rest.place}.name`, `'${name.slice(0, 64)}' is not known here; known are ${names.join(', ')}`);
      if (given.has(name)) throw refusal(rest.place, `'${name}' is given more than once`);
      given.set(name, rest);
    }
    return new InputParameters(given);
  }

  /** Given as valueString, valueCode, valueId or the like. */
  text(name: string): string | undefined {
    const found = this.given.get(name);
    if (found === undefined) return undefined;
    const isText = /^value(String|Code|Id|Uuid|Uri)$/.test(found.element);
    if (isText && typeof found.value === 'string' && found.value.trim() !== '') return found.value.trim();
    throw refusal(found.place, `'${name}' must be a text that is not empty (valueString)`);
  }

  flag(name: string): boolean {
    const found = this.given.get(name);
    if (found === undefined) return false;
    if (found.element === 'valueBoolean' && typeof found.value === 'boolean') return found.value;
    throw refusal(found.place, `'${name}' must be true or false (valueBoolean)`);
  }

  /** A whole number from 1 to `most`, as valueInteger (or its digits, as an address gives them). */
  count(name: string, most: number): number | undefined {
    const found = this.given.get(name);
    if (found === undefined) return undefined;
    const { element, value, place } = found;
    const isDigits = element === 'valueString' && typeof value === 'string' && /^\d{1,9}$/.test(value);
    const count = /^value(Integer|PositiveInt|UnsignedInt)$/.test(element) || isDigits ? Number(value) : Number.NaN;
    if (Number.isInteger(count) && count >= 1 && count <= most) return count;
    throw refusal(place, `'${name}' must be a whole number from 1 to ${most} (valueInteger)`);
  }

  /** A literal reference, as valueReference or as a text. */
  reference(name: string): string | undefined {
    const found = this.given.get(name);
    if (found?.element !== 'valueReference') return this.text(name);
    const literal = isJsonObject(found.value) ? found.value['reference'] : undefined;
    if (typeof literal === 'string' && literal.trim() !== '') return literal.trim();
    throw refusal(found.place, `'${name}' must have a literal reference (valueReference.reference)`);
  }

  /** A whole resource; undefined when the parameter is not given, or is given as something else. */
  resource(name: string): FhirResource | undefined {
    const found = this.given.get(name);
    if (found?.element !== 'resource') return undefined;
    const { value, place } = found;
    if (isJsonObject(value) && typeof value['resourceType'] === 'string') return value as FhirResource;
    throw refusal(place, `'${name}' must be a resource (with a resourceType)`);
  }

  /** A point in time with its zone. */
  time(name: string): Date | undefined {
    const found = this.given.get(name);
    if (found === undefined) return undefined;
    const { element, value, place } = found;
    const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
    const isTime = (element === 'valueInstant' || element === 'valueDateTime') && typeof value === 'string';
    const time = isTime && isInstant.test(value) ? new Date(value) : new Date(Number.NaN);
    if (!Number.isNaN(time.getTime())) return time;
    throw refusal(place, `'${name}' must be a time with seconds and zone (valueInstant)`);
  }

  /** @throws FhirError 400 naming the place of a parameter that was given, with what is wrong about it */
  refuse(name: string, problem: string, status = 400): FhirError {
    return refusal(this.given.get(name)?.place ?? 'Parameters.parameter', problem, status);
  }
}

function givenOf(one: unknown, place: string): Given & { name: string } {
  if (!isJsonObject(one) || typeof one['name'] !== 'string') throw refusal(place, 'has no name');
  const elements = Object.keys(one).filter((element) => element.startsWith('value') || element === 'resource');
  const [element] = elements;
  if (element === undefined || elements.length > 1)
    throw refusal(place, `'${one['name'].slice(0, 64)}' needs one value`);
  return { name: one['name'], place, element, value: one[element] };
}

function refusal(place: string, problem: string, status = 400): FhirError {
  return new FhirError(status, errorIssue('value', `The parameter ${problem}.`, place));
}
