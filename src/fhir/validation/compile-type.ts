// Types made ready for walking: everything a value's properties need to know is one look-up away. Compiled once per type.
import type { ElementDefinition, FhirDefinitions, TypeDefinition } from '../definitions';
import { bindingCheck, type BindingCheck } from './bindings';
import { narrativeFault } from './narrative';
import { primitiveCheck } from './primitives';
import type { IssueCode } from '../outcome/codes';

export type ValueCheck = (value: unknown) => { readonly code: IssueCode; readonly text: string } | undefined;

export interface CompiledElement {
  /** Property in JSON. */
  readonly name: string;
  /** Step in a FHIRPath: `value.ofType(Quantity)` for valueQuantity. */
  readonly step: string;
  readonly isArray: boolean;
  /** What the value is: a primitive, an object of `type`, a whole resource, `_x` beside a primitive, or resourceType. */
  readonly kind: 'primitive' | 'object' | 'resource' | 'sibling' | 'resourceType';
  /** Type name or backbone path. */
  readonly type: string;
  /** Position of the required element (or choice) this one satisfies, as one bit; 0 = not required. */
  readonly requiredBit: number;
  /** One bit per choice element of the type; 0 = not a choice. */
  readonly choiceBit: number;
  readonly choiceOf?: string;
  readonly targets?: readonly string[];
  readonly check?: ValueCheck;
  readonly binding?: BindingCheck;
}

export interface CompiledType {
  readonly name: string;
  readonly isResource: boolean;
  readonly isAbstract: boolean;
  readonly elements: ReadonlyMap<string, CompiledElement>;
  readonly requiredMask: number;
  /** Names of the required elements in the order of their bits, as the specification writes them (`value[x]`). */
  readonly required: readonly string[];
}

/** Gives each key the next free bit of a 31-bit set. */
class Bits {
  readonly keys: string[] = [];

  of(key: string): number {
    if (!this.keys.includes(key)) this.keys.push(key);
    const position = this.keys.indexOf(key);
    if (position > 30) throw new Error(`more than 31 ${key} in one type: the walk counts them in one integer`);
    return 1 << position;
  }
}

function stepOf(element: ElementDefinition): string {
  return element.choiceOf === undefined ? element.name : `${element.choiceOf.slice(0, -3)}.ofType(${element.type})`;
}

function kindOf(type: TypeDefinition): CompiledElement['kind'] {
  if (type.kind === 'resource') return 'resource';
  return type.kind === 'primitive' ? 'primitive' : 'object';
}

function compileElement(
  definitions: FhirDefinitions,
  element: ElementDefinition,
  required: Bits,
  choices: Bits,
): CompiledElement {
  const type = definitions.type(element.type);
  if (!type) throw new Error(`the definitions lack the type ${element.type}`);
  const kind = kindOf(type);
  const check = kind !== 'primitive' ? undefined : type.name === 'xhtml' ? narrativeFault : primitiveCheck(type);
  return {
    name: element.name,
    step: stepOf(element),
    isArray: element.max > 1,
    kind,
    type: element.type,
    requiredBit: element.min > 0 ? required.of(element.choiceOf ?? element.name) : 0,
    choiceBit: element.choiceOf === undefined ? 0 : choices.of(element.choiceOf),
    choiceOf: element.choiceOf,
    targets: element.targets,
    check,
    binding: element.binding === undefined ? undefined : bindingCheck(definitions, element.binding, element.type),
  };
}

const RESOURCE_TYPE: CompiledElement = Object.freeze({
  name: 'resourceType',
  step: 'resourceType',
  isArray: false,
  kind: 'resourceType',
  type: 'code',
  requiredBit: 0,
  choiceBit: 0,
});

function compileType(definitions: FhirDefinitions, type: TypeDefinition): CompiledType {
  const required = new Bits();
  const choices = new Bits();
  const elements = new Map<string, CompiledElement>();
  for (const element of type.elements.values()) {
    const compiled = compileElement(definitions, element, required, choices);
    elements.set(compiled.name, compiled);
    if (compiled.kind !== 'primitive') continue;
    elements.set(`_${compiled.name}`, { ...compiled, kind: 'sibling', type: 'Element' });
  }
  const isResource = type.kind === 'resource';
  if (isResource) elements.set('resourceType', RESOURCE_TYPE);
  return {
    name: type.name,
    isResource,
    isAbstract: type.isAbstract === true,
    elements,
    requiredMask: required.keys.reduce((mask, key) => mask | required.of(key), 0),
    required: required.keys,
  };
}

const compiled = new WeakMap<FhirDefinitions, Map<string, CompiledType | undefined>>();

/** In: a type name or backbone path. Out: the type ready for walking, made at first use; undefined when there is none. */
export function compiledType(definitions: FhirDefinitions, name: string): CompiledType | undefined {
  const types = compiled.get(definitions) ?? new Map<string, CompiledType | undefined>();
  if (types.size === 0) compiled.set(definitions, types);
  if (types.has(name)) return types.get(name);
  const type = definitions.type(name);
  const result = type && compileType(definitions, type);
  types.set(name, result);
  return result;
}
