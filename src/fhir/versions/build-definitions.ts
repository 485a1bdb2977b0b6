// Turns the generated data of one FHIR version into FhirDefinitions. Types are unfolded when first asked for, so start is cheap.
import type {
  CompartmentName,
  ElementDefinition,
  FhirDefinitions,
  SearchParameterComponent,
  SearchParameterDefinition,
  SearchParameterType,
  TypeDefinition,
  TypeKind,
} from '../definitions';
import { unfoldElement, VALUE_SET_PREFIX } from './unfold-element';

export interface TypeData {
  kind: TypeKind;
  base?: string;
  abstract?: boolean;
  regex?: string;
  elements?: readonly string[];
}

export interface SearchParameterData {
  code: string;
  type: SearchParameterType;
  url: string;
  expression: string;
  targets?: string;
  components?: readonly SearchParameterComponent[];
}

/** The generated files of one version, as tools/definitions writes them. */
export interface VersionData {
  types: Readonly<Record<string, TypeData>>;
  codes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  searchParameters: Readonly<Record<string, readonly SearchParameterData[]>>;
  compartments: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

const SEARCH_PARAMETER_PREFIX = 'http://hl7.org/fhir/SearchParameter/';
const NO_PARAMETERS: ReadonlyMap<string, SearchParameterDefinition> = new Map();
const WITHOUT_ENDPOINT = new Set(['Parameters']);

/** Remembers what `make` gave per key; undefined is remembered too. */
function memo<T>(make: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    if (known.has(key)) return known.get(key) as T;
    const made = make(key);
    known.set(key, made);
    return made;
  };
}

function shortValueSet(canonical: string): string {
  const url = canonical.split('|', 1)[0] ?? '';
  return url.startsWith(VALUE_SET_PREFIX) ? url.slice(VALUE_SET_PREFIX.length) : url;
}

function unfoldType(types: VersionData['types'], name: string): TypeDefinition | undefined {
  const data = Object.hasOwn(types, name) ? types[name] : undefined;
  if (!data) return undefined;
  const elements = new Map<string, ElementDefinition>();
  const chain: TypeData[] = [data];
  for (let base = data.base; base && data.kind !== 'primitive'; base = types[base]?.base) chain.unshift(types[base]!);
  for (const line of chain.flatMap((link) => link.elements ?? [])) {
    for (const element of unfoldElement(line)) elements.set(element.name, element);
  }
  const regex = data.regex === undefined ? undefined : new RegExp(`^(?:${data.regex})$`);
  return Object.freeze({
    name,
    kind: data.kind,
    elements,
    ...(data.base && { base: data.base }),
    ...(data.abstract && { isAbstract: true }),
    ...(regex && { regex }),
  });
}

function unfoldParameter(data: SearchParameterData): SearchParameterDefinition {
  return Object.freeze({
    code: data.code,
    type: data.type,
    url: data.url.includes(':') ? data.url : SEARCH_PARAMETER_PREFIX + data.url,
    expression: data.expression,
    ...(data.targets && { targets: data.targets.split(' ') }),
    ...(data.components && { components: data.components }),
  });
}

function systemsByCode(lists: Readonly<Record<string, string>> | undefined): ReadonlyMap<string, string> | undefined {
  if (!lists) return undefined;
  const systems = new Map<string, string>();
  for (const [system, codes] of Object.entries(lists)) {
    for (const code of codes.split(' ')) if (!systems.has(code)) systems.set(code, system);
  }
  return systems;
}

/**
 * In: the generated files and how the version is called. Out: its definitions, frozen; the same object answers for the
 * life of the process and remembers what was unfolded.
 */
export function buildDefinitions(
  data: VersionData,
  version: Pick<FhirDefinitions, 'fhirVersion' | 'versionNumber'>,
): FhirDefinitions {
  const concrete = Object.keys(data.types).filter((name) => isConcreteResource(data.types[name]));
  const resourceTypes = Object.freeze(concrete.filter((name) => !WITHOUT_ENDPOINT.has(name)).sort());
  const endpointTypes = new Set(resourceTypes);
  const codeSystems = memo((valueSet) => systemsByCode(data.codes[valueSet]));
  const codeSets = memo((valueSet) => {
    const systems = codeSystems(valueSet);
    return systems && new Set(systems.keys());
  });
  const parameters = memo((resourceType) => {
    const list = Object.hasOwn(data.searchParameters, resourceType) ? data.searchParameters[resourceType] : undefined;
    return list ? new Map(list.map((item) => [item.code, unfoldParameter(item)])) : NO_PARAMETERS;
  });
  return Object.freeze({
    ...version,
    resourceTypes,
    isResourceType: (name: string) => endpointTypes.has(name),
    type: memo((name) => unfoldType(data.types, name)),
    searchParameters: parameters,
    compartmentParameters: (compartment: CompartmentName, resourceType: string) =>
      data.compartments[compartment]?.[resourceType] ?? [],
    codes: (valueSet: string) => codeSets(shortValueSet(valueSet)),
    systemOf: (valueSet: string, code: string) => codeSystems(shortValueSet(valueSet))?.get(code),
  });
}

function isConcreteResource(data: TypeData | undefined): boolean {
  return data?.kind === 'resource' && !data.abstract;
}
