// Structures → one line per element: `name min..max type|type(target,target) [binding] [?!] [S]`.
// A type with a dot is a backbone path (also where the source says contentReference). `?!` = modifier, `S` = in the summary.
import { shortValueSet } from './codes.mjs';

const structurePrefix = 'http://hl7.org/fhir/StructureDefinition/';
const last = (url) => url.slice(url.lastIndexOf('/') + 1);
const isFhirType = (extension) => extension.url.endsWith('structuredefinition-fhir-type');
const isRegex = (extension) => extension.url.endsWith('/regex');

// The source says "string" for Resource.id; the specification's own text and its schema mean `id`.
const correctedTypes = { 'Resource.id': 'id' };

/** Elements the package carries although R4 4.0.1 has no such element (later versions leaked in). */
function isForeign(element, oracle) {
  const path = element.path.replace('[x]', '');
  return oracle !== undefined && !oracle.has(path);
}

function typeText(type, path) {
  if (correctedTypes[path]) return correctedTypes[path];
  if (type.code.startsWith('http://hl7.org/fhirpath/')) {
    return type.extension.find(isFhirType).valueUrl ?? type.extension.find(isFhirType).valueUri;
  }
  const targets = (type.targetProfile ?? []).map(last);
  const isOpen = targets.length === 0 || targets.includes('Resource');
  return isOpen ? type.code : `${type.code}(${[...new Set(targets)].join(',')})`;
}

function elementTypes(element, hasChildren) {
  if (element.contentReference) return element.contentReference.replace(/^.*#/, '');
  if (hasChildren) return element.path;
  return element.type.map((type) => typeText(type, element.path)).join('|');
}

function elementLine(element, hasChildren) {
  const name = element.path.slice(element.path.lastIndexOf('.') + 1);
  const parts = [name, `${element.min}..${element.max}`, elementTypes(element, hasChildren)];
  if (element.binding?.strength === 'required') parts.push(`#${shortValueSet(element.binding.valueSet)}`);
  if (element.isModifier) parts.push('?!');
  if (element.isSummary) parts.push('S');
  return parts.join(' ');
}

/** Elements a type declares itself; what it inherits is found through `base` when the file is read. */
function isOwn(element, typeName) {
  const declaredAt = element.base?.path ?? element.path;
  return declaredAt.split('.')[0] === typeName;
}

function addStructure(types, structure, oracle) {
  const name = structure.name;
  const elements = structure.snapshot.element.filter((element) => !isForeign(element, oracle) || element.path === name);
  const parents = new Set(elements.map((element) => element.path.slice(0, element.path.lastIndexOf('.'))));
  const base = structure.baseDefinition?.slice(structurePrefix.length);
  types[name] = {
    kind: structure.kind === 'resource' ? 'resource' : 'complex',
    ...(base && { base }),
    ...(structure.abstract && { abstract: true }),
    elements: [],
  };
  for (const element of elements.slice(1)) {
    if (!isOwn(element, name)) continue;
    const hasChildren = parents.has(element.path);
    const owner = element.path.slice(0, element.path.lastIndexOf('.'));
    if (hasChildren) types[element.path] = { kind: 'backbone', base: element.type[0].code, elements: [] };
    types[owner].elements.push(elementLine(element, hasChildren));
  }
}

function addPrimitive(types, structure) {
  const value = structure.snapshot.element.find((element) => element.path === `${structure.name}.value`);
  const regex = value.type[0].extension?.find(isRegex)?.valueString;
  const base = structure.baseDefinition.slice(structurePrefix.length);
  types[structure.name] = { kind: 'primitive', base, ...(regex && { regex }) };
}

/**
 * In: StructureDefinitions with snapshots, and the set of element paths R4 really has (undefined = trust the source).
 * Out: name or backbone path → definition, sorted by name, elements in the order of the specification.
 */
export function buildTypes(structures, oracle) {
  const types = {};
  for (const structure of structures) {
    if (structure.kind === 'primitive-type') addPrimitive(types, structure);
    else addStructure(types, structure, oracle);
  }
  return Object.fromEntries(Object.entries(types).sort(([a], [b]) => (a < b ? -1 : 1)));
}
